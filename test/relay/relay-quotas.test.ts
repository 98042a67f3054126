import { describe, expect, it } from 'vitest';
import type { QuotaKind } from '../../src/authorization/quota-rates.ts';
import type { ServerFrame } from '../../src/contracts/websocket.ts';
import { failed, ok } from '../../src/errors/result.ts';
import { binding, keyPrincipal } from '../authorization/principals.ts';
import { QuotaWorld } from '../support/quota-world.ts';
import type { MemorySocket } from './memory-socket.ts';
import { RelayHarness } from './relay-harness.ts';

const local = { orgId: 'local', clusterId: 'local' };
const member = keyPrincipal([binding({ operation: 'ALL' })], local);
const free = { ...member, id: 'User:free', isSuper: true };

function worldOf(kind: QuotaKind, perSecond: number) {
  const harness = new RelayHarness(1);
  const quotas = new QuotaWorld([{ subject: 'organization:', kind, perSecond }], () => harness.nowMs);
  harness.nowMs = 1_000_000;
  harness.quotas = quotas.gate;
  let pauses: { readonly ms: number; readonly end: () => void }[] = [];
  harness.pause = (ms) => new Promise((end) => pauses.push({ ms, end }));
  harness.evict();
  const bounded = quotas.bound(member);
  // What an organization says of it when it is asked, since quotas do not travel with a socket.
  harness.principals = {
    authority: {
      connections: async () => ok([]),
      epoch: async () => ok(7),
      find: async (_org, asked) => ok(asked.map(({ principalId }) => (principalId === free.id ? free : bounded))),
    },
    refused: () => {},
    resolve: async () => failed('SASL_AUTHENTICATION_FAILED', 'unknown'),
  };
  harness.evict();
  /** Time goes on to the end of the pauses that are under way. */
  const elapse = async () => {
    const due = pauses;
    pauses = [];
    harness.nowMs += Math.max(0, ...due.map(({ ms }) => ms));
    for (const { end } of due) end();
    await harness.settle();
  };
  const append = async (...values: readonly string[]) => {
    harness.topic.partitions[0]!.append(values);
    harness.deliverAll();
    await harness.settle();
  };
  return { harness, quotas, bounded, elapse, append };
}

const typesOf = (frames: readonly ServerFrame[]): string[] =>
  frames.map((frame) => (frame.type === 'error' ? frame.code : frame.type));

async function subscribe(harness: RelayHarness, socket: MemorySocket): Promise<void> {
  await harness.send(socket, { type: 'subscribe', id: 's', from: 'earliest' });
  await harness.settle();
  expect(typesOf(socket.take())).toEqual(['subscribed']);
}

const large = JSON.stringify('x'.repeat(5_000));

describe('a socket with quotas', () => {
  it('is told that it is throttled, gets nothing meanwhile, and all of it afterwards, in order', async () => {
    const { harness, bounded, elapse, append } = worldOf('fetchBytes', 1_000);
    const [held, other] = [harness.connect('flights', bounded), harness.connect('flights', free)];
    for (const socket of [held, other]) await subscribe(harness, socket);
    for (let index = 0; index < 4; index += 1) await append(large);
    expect(typesOf(other.take())).toEqual(Array(4).fill('records'));
    const frames = held.take();
    expect(typesOf(frames)).toEqual(['records', 'throttle']);
    const throttle = frames[1] as Extract<ServerFrame, { type: 'throttle' }>;
    expect(throttle).toMatchObject({ id: 's', code: 'THROTTLING_QUOTA_EXCEEDED' });
    // Two seconds' rate were there; what it was sent beyond them is paid for first.
    expect(throttle.throttle_ms).toBeGreaterThanOrEqual(3_000);
    const offsets: number[] = [];
    for (let round = 0; round < 100 && offsets.length < 3; round += 1) {
      await elapse();
      for (const frame of held.take()) if (frame.type === 'records') offsets.push(frame.from, frame.to);
    }
    expect(offsets[0]).toBe(1);
    expect(offsets.at(-1)).toBe(4);
  });

  it('asks its organization at most twice a second, whatever is pushed', async () => {
    const { harness, quotas, bounded, elapse, append } = worldOf('fetchBytes', 1_000);
    const socket = harness.connect('flights', bounded);
    await subscribe(harness, socket);
    const { calls } = quotas;
    const startMs = harness.nowMs;
    for (let index = 0; index < 50; index += 1) {
      await append(large);
      await elapse();
    }
    expect(quotas.calls - calls).toBeLessThanOrEqual(2 + (harness.nowMs - startMs) / 500);
  });

  it('has frames refused that are too many, with how long to wait, and stores nothing of them', async () => {
    const { harness, quotas, bounded, elapse } = worldOf('requests', 5);
    let stored = 0;
    harness.producer = {
      produce: async () => {
        stored += 1;
        return ok([]);
      },
    };
    const socket = harness.connect('flights', bounded);
    const produce = { type: 'produce', id: 'p', records: [{ value: 1 }] };
    await Promise.all(Array.from({ length: 100 }, () => harness.send(socket, produce)));
    await harness.settle();
    const answers = socket.take();
    const refused = answers.filter((frame) => frame.type === 'error');
    expect(refused.length).toBe(100 - stored);
    expect(stored).toBeLessThanOrEqual(12);
    expect(refused[0]).toMatchObject({ id: 'p', code: 'THROTTLING_QUOTA_EXCEEDED', fatal: false });
    expect(Number(refused[0]?.detail?.retry_after_ms)).toBeGreaterThanOrEqual(500);
    const { calls } = quotas;
    await Promise.all(Array.from({ length: 100 }, () => harness.send(socket, produce)));
    expect(quotas.calls - calls, 'calls for 100 refused frames').toBe(0);
    harness.nowMs += 2_000;
    await elapse();
    socket.take();
    await harness.send(socket, produce);
    expect(typesOf(socket.take())).toEqual(['ack']);
  });

  it('is answered in the order in which it sent, whoever waits for a lease', async () => {
    const { harness, bounded } = worldOf('produceBytes', 1_000_000);
    const order: string[] = [];
    harness.producer = {
      produce: async (_topic, records) => {
        order.push(new TextDecoder().decode(records[0]!.value ?? new Uint8Array(0)));
        return ok([]);
      },
    };
    const socket = harness.connect('flights', bounded);
    const sends = Array.from({ length: 20 }, (_, index) =>
      harness.send(socket, { type: 'produce', id: `p${index}`, records: [{ value: index }] }),
    );
    await Promise.all(sends);
    await harness.settle();
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
  });

  it('has its subscription ended, with the reason, by what no waiting helps against', async () => {
    const { harness, quotas, bounded, append } = worldOf('fetchBytes', 1_000_000);
    const socket = harness.connect('flights', bounded);
    await subscribe(harness, socket);
    quotas.refusal = failed('POLICY_VIOLATION', 'The budget is used up.').error;
    await append('1');
    expect(typesOf(socket.take())).toEqual(['records', 'POLICY_VIOLATION']);
    await append('2');
    await harness.send(socket, { type: 'produce', id: 'p', records: [{ value: 1 }] });
    await harness.send(socket, { type: 'subscribe', id: 's' });
    expect(typesOf(socket.take())).toEqual(['POLICY_VIOLATION', 'POLICY_VIOLATION']);
  });

  it('follows quotas that are set while it is open', async () => {
    const { harness, bounded, append } = worldOf('fetchBytes', 1_000);
    let { epoch } = member;
    const connections = async () => ok([]);
    const authority = { epoch: async () => ok(epoch), find: async () => ok([bounded]), connections };
    harness.principals = { ...harness.principals, authority };
    harness.evict();
    const socket = harness.connect('flights', member);
    await subscribe(harness, socket);
    for (let index = 0; index < 3; index += 1) await append(large);
    expect(typesOf(socket.take())).toEqual(['records', 'records', 'records']);
    epoch = 8;
    harness.nowMs += 5_000;
    for (let index = 0; index < 3; index += 1) await append(large);
    expect(typesOf(socket.take())).toContain('throttle');
  });
});
