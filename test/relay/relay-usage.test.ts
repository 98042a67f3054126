import { expect, it } from 'vitest';
import { noAuthority } from '../../src/authorization/principal-authority.ts';
import { failed, ok } from '../../src/errors/result.ts';
import type { UsageCounts } from '../../src/log/usage/usage-counts.ts';
import { binding, keyPrincipal } from '../authorization/principals.ts';
import { RelayHarness } from './relay-harness.ts';

const local = { orgId: 'local', clusterId: 'local' };
const member = keyPrincipal([binding({ operation: 'ALL' })], local);

it('counts what each socket was sent, to the record and the byte, and no frame without records', async () => {
  const harness = new RelayHarness(1);
  const counted: { keyId: string | null; topic: string | null; counts: Partial<UsageCounts> }[] = [];
  harness.usage = { count: ({ keyId }, topic, counts) => counted.push({ keyId, topic, counts }) };
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
