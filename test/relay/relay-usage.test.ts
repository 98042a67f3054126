import { expect, it } from 'vitest';
import { noAuthority } from '../../src/authorization/principal-authority.ts';
import { failed, ok } from '../../src/errors/result.ts';
import type { UsageCounts } from '../../src/log/usage/usage-counts.ts';
import { binding, keyPrincipal } from '../authorization/principals.ts';
import { RelayHarness } from './relay-harness.ts';

const local = { orgId: 'local', clusterId: 'local' };
const member = keyPrincipal([binding({ operation: 'ALL' })], local);

type Counted = { keyId: string | null; topic: string | null; counts: Partial<UsageCounts>; atMs: number | undefined };

/** A relay that counts into a list. */
function countingRelay(): { harness: RelayHarness; counted: Counted[] } {
  const harness = new RelayHarness(1);
  const counted: Counted[] = [];
  harness.usage = { count: ({ keyId }, topic, counts, atMs) => counted.push({ keyId, topic, counts, atMs }) };
  harness.principals = {
    authority: {
      ...noAuthority,
      epoch: async () => ok(7),
      find: async (_, asked) => ok(asked.map(() => member)),
    },
    refused: () => {},
    resolve: async () => failed('SASL_AUTHENTICATION_FAILED', 'unknown'),
  };
  harness.evict();
  return { harness, counted };
}

it('counts what each socket was sent, to the record and the byte, and no frame without records', async () => {
  const { harness, counted } = countingRelay();
  const [one, other] = [harness.connect('flights', member), harness.connect('flights', member)];
  for (const socket of [one, other]) await harness.send(socket, { type: 'subscribe', id: 's', from: 'earliest' });
  await harness.settle();
  harness.topic.partitions[0]!.append(['1', '"é"', '3']);
  harness.deliverAll();
  await harness.settle();
  const texts = one.take().filter(({ type }) => type === 'records');
  expect(texts).toHaveLength(1);
  const bytes = new TextEncoder().encode(JSON.stringify(texts[0])).length;
  expect(counted).toHaveLength(2);
  for (const one of counted) {
    expect(one).toMatchObject({ keyId: 'key', topic: 'flights', counts: { recordsOut: 3, bytesOut: bytes } });
  }
});

it('counts how long each socket is open, once, by days, whenever the relay leaves memory', async () => {
  const { harness, counted } = countingRelay();
  harness.nowMs = Date.UTC(2026, 10, 20, 23, 59);
  const openedMs = harness.nowMs;
  const [one, other] = [harness.connect('flights', member), harness.connect('flights', member)];
  await harness.settle();
  for (let round = 0; round < 6; round += 1) {
    harness.nowMs += 40_000;
    await harness.send(one, { type: 'ping' });
    await harness.settle();
    if (round % 2 === 1) harness.evict();
  }
  harness.disconnect(other);
  harness.evict();
  harness.nowMs += 10_000;
  harness.disconnect(one);
  harness.evict();
  harness.disconnect(one);
  await harness.settle();
  const openMs = counted.map(({ counts }) => counts.connectionMs ?? 0);
  expect(openMs.reduce((sum, ms) => sum + ms, 0)).toBe(240_000 + 250_000);
  expect(counted.every(({ keyId, topic }) => keyId === 'key' && topic === 'flights')).toBe(true);
  const first = counted.filter(({ atMs }) => atMs! < Date.UTC(2026, 10, 21));
  expect(first.map(({ counts, atMs }) => [counts.connectionMs, atMs])).toEqual([
    [60_000, openedMs],
    [60_000, openedMs],
  ]);
});

it('counts no socket of open mode', async () => {
  const { harness, counted } = countingRelay();
  const socket = harness.connect('flights');
  harness.nowMs += 600_000;
  harness.disconnect(socket);
  await harness.settle();
  expect(counted).toEqual([]);
});
