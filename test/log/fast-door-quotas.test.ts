import { describe, expect, test } from 'vitest';
import type { QuotaKind } from '../../src/authorization/quota-rates.ts';
import { failed, ok } from '../../src/errors/result.ts';
import {
  encodeProduceFrame,
  encodeSubscribeFrame,
  serverFrame,
  subscribeEarliest,
} from '../../src/log/fast-door-frames.ts';
import { holderOf } from '../../src/log/fast-session.ts';
import { readInt64 } from '../../src/log/varint.ts';
import { binding, keyPrincipal } from '../authorization/principals.ts';
import {
  looseValues,
  PartitionHarness,
  RecordingSocket,
  settled,
  testRef,
  unwrap,
} from '../support/partition-harness.ts';
import { QuotaWorld } from '../support/quota-world.ts';

const member = keyPrincipal([binding({ operation: 'ALL' })]);
const free = { ...member, id: 'User:free', isSuper: true };

async function worldOf(kind: QuotaKind, perSecond: number) {
  const partition = new PartitionHarness();
  const quotas = new QuotaWorld([{ subject: 'topic:cluster/orders', kind, perSecond }], () => partition.nowMs);
  const bounded = quotas.bound(member);
  let pauses: { readonly ms: number; readonly end: () => void }[] = [];
  partition.wrapPorts = (ports) => ({
    ...ports,
    authority: {
      connections: async () => ok([]),
      epoch: async () => ok(3),
      find: async (_, asked) => ok(asked.map((one) => (one.principalId === free.id ? free : bounded))),
    },
    quotas: quotas.gate,
    pause: (ms) => new Promise<void>((end) => pauses.push({ ms, end })),
  });
  partition.restart();
  await partition.open();
  const connect = (principal = bounded): RecordingSocket => {
    const socket = new RecordingSocket();
    unwrap(partition.service.fastDoor(testRef, 1)).open(socket, unwrap(holderOf(principal)));
    return socket;
  };
  const send = async (socket: RecordingSocket, ...frames: readonly Uint8Array[]) => {
    for (const frame of frames) partition.service.onFrame(socket, frame);
    for (let turn = 0; turn < 10; turn += 1) await settled();
  };
  const elapse = async () => {
    const due = pauses;
    pauses = [];
    partition.nowMs += Math.max(0, ...due.map(({ ms }) => ms));
    for (const { end } of due) end();
    for (let turn = 0; turn < 10; turn += 1) await settled();
  };
  return { partition, quotas, connect, send, elapse };
}

type Seen = { readonly kind: string; readonly from?: number; readonly code?: string; readonly ms?: number };

function take(socket: RecordingSocket): Seen[] {
  return socket.frames.splice(0).map((frame): Seen => {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    const text = () => JSON.parse(new TextDecoder().decode(frame.subarray(5))) as { code: string };
    switch (frame[0]) {
      case serverFrame.records:
        return { kind: 'records', from: readInt64(frame, 1) };
      case serverFrame.throttle:
        return { kind: 'throttle', ms: view.getUint32(1), ...text() };
      case serverFrame.error:
        return { kind: 'error', from: view.getUint32(1), ...text() };
      default:
        return { kind: Object.entries(serverFrame).find(([, type]) => type === frame[0])?.[0] ?? 'unknown' };
    }
  });
}

const kinds = (socket: RecordingSocket): string[] => take(socket).map(({ kind }) => kind);
const produce = (id: number, value = 'a') => encodeProduceFrame('produceRecords', id, looseValues(1, value));
const subscribe = encodeSubscribeFrame(1_000_000, subscribeEarliest);
const large = 'x'.repeat(5_000);

describe('a socket of the binary door with quotas', () => {
  test('has frames refused that are too many, each by its number, and stores nothing of them', async () => {
    const { partition, quotas, connect, send } = await worldOf('requests', 5);
    const [socket, other] = [connect(), connect(free)];
    await send(socket, ...Array.from({ length: 50 }, (_, id) => produce(id)));
    const answers = take(socket);
    const refused = answers.filter(({ kind }) => kind === 'error');
    expect(refused.length).toBeGreaterThan(30);
    expect(refused.every(({ code }) => code === 'THROTTLING_QUOTA_EXCEEDED')).toBe(true);
    expect(refused.at(-1)?.from).toBe(49);
    const stored = unwrap(await partition.service.describe(testRef, 1)).highWatermark;
    expect(stored).toBe(50 - refused.length);
    const { calls } = quotas;
    await send(socket, ...Array.from({ length: 50 }, (_, id) => produce(id)));
    expect(quotas.calls - calls, 'calls for 50 refused frames').toBe(0);
    await send(other, produce(1));
    expect(kinds(other)).toEqual(['acks']);
  });

  test('is told that it is throttled, gets nothing meanwhile, and all of it afterwards, in order', async () => {
    const { partition, connect, send, elapse } = await worldOf('fetchBytes', 1_000);
    const [writer, socket, other] = [connect(free), connect(), connect(free)];
    await send(socket, subscribe);
    await send(other, subscribe);
    expect([kinds(socket), kinds(other)]).toEqual([['subscribed'], ['subscribed']]);
    for (let id = 0; id < 4; id += 1) await send(writer, produce(id, large));
    expect(kinds(other)).toEqual(Array(4).fill('records'));
    const seen = take(socket);
    expect(seen.map(({ kind }) => kind)).toEqual(['records', 'throttle']);
    expect(seen[1]).toMatchObject({ code: 'THROTTLING_QUOTA_EXCEEDED' });
    expect(seen[1]!.ms).toBeGreaterThanOrEqual(3_000);
    const startMs = partition.nowMs;
    const offsets: number[] = [];
    for (let round = 0; round < 100 && offsets.at(-1) !== 3; round += 1) {
      await elapse();
      for (const { kind, from } of take(socket)) if (kind === 'records') offsets.push(from!);
    }
    expect(offsets[0]).toBe(1);
    expect(partition.nowMs - startMs).toBeGreaterThanOrEqual(3_000);
  });

  test('is throttled again after its object was out of memory', async () => {
    const { partition, connect, send, elapse } = await worldOf('fetchBytes', 1_000);
    const [writer, socket] = [connect(free), connect()];
    await send(socket, subscribe);
    await send(writer, produce(0, large));
    await send(writer, produce(1, large));
    expect(kinds(socket)).toEqual(['subscribed', 'records', 'throttle']);
    partition.restart();
    const next = connect(free);
    partition.service.openDoor?.restore(socket);
    await send(next, produce(2, large));
    await elapse();
    expect(kinds(socket)).toEqual(['records', 'throttle']);
  });

  test('has its subscription ended by what no waiting helps against, and its frames refused', async () => {
    const { quotas, connect, send } = await worldOf('fetchBytes', 1_000_000);
    const [writer, socket] = [connect(free), connect()];
    await send(socket, subscribe);
    quotas.refusal = failed('POLICY_VIOLATION', 'The budget is used up.').error;
    await send(writer, produce(0));
    await send(socket, produce(1), subscribe);
    const codes = take(socket).map(({ kind, code }) => code ?? kind);
    expect(codes).toEqual(['subscribed', 'records', ...Array(3).fill('POLICY_VIOLATION')]);
  });
});
