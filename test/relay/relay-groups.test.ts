import { describe, expect, it } from 'vitest';
import type { ServerFrame } from '../../src/contracts/websocket.ts';
import { MemoryGroups } from '../support/memory-groups.ts';
import { MemoryTopics } from '../support/memory-topics.ts';
import type { MemorySocket } from './memory-socket.ts';
import { RelayHarness } from './relay-harness.ts';

const ref = { orgId: 'local', clusterId: 'local', groupId: 'g' };

/** A relay and a group's real object, which call each other. */
function world(partitionCount: number) {
  const topics = new MemoryTopics();
  const groups = new MemoryGroups({
    clock: { nowMs: () => relay.nowMs },
    catalog: () => topics.catalog,
    relay: () => relay.asGroupRelay,
  });
  const relay: RelayHarness = new RelayHarness(partitionCount, groups.service(ref));
  topics.adopt({ ...relay.topic.route });
  return { relay, groups, topics };
}

const subscribe = (memberId: string, more: object = {}) => ({
  type: 'subscribe',
  id: 's',
  group: 'g',
  topics: ['flights'],
  member_id: memberId,
  ...more,
});

const types = (frames: readonly ServerFrame[]) => frames.map(({ type }) => type);

const one = <Type extends ServerFrame['type']>(frames: readonly ServerFrame[], type: Type) =>
  frames.find((frame): frame is Extract<ServerFrame, { type: Type }> => frame.type === type)!;

const valuesOf = (frames: readonly ServerFrame[]) =>
  frames.flatMap((frame) => (frame.type === 'records' ? frame.records.map(({ value }) => value) : []));

async function joined(relay: RelayHarness, memberId: string, more: object = {}): Promise<MemorySocket> {
  const socket = relay.connect();
  await relay.send(socket, subscribe(memberId, more));
  await relay.settle();
  return socket;
}

describe('a subscription in a group', () => {
  it('is assigned partitions, is sent their records, and commits', async () => {
    const { relay, groups } = world(2);
    relay.topic.partitions[0]!.append(['"a"', '"b"']);
    const socket = await joined(relay, 'm1');
    const frames = socket.take();
    expect(one(frames, 'assign')).toMatchObject({
      member_id: 'm1',
      member_epoch: 1,
      partitions: { flights: { 0: { from: 0, high_watermark: 2 }, 1: { from: 0, high_watermark: 0 } } },
    });
    expect(valuesOf(frames)).toEqual(['a', 'b']);
    expect(one(frames, 'records')).toMatchObject({ id: 's', topic: 'flights', partition: 0, from: 0, to: 2 });
    relay.topic.partitions[1]!.append(['"c"']);
    relay.deliverAll();
    expect(valuesOf(socket.take())).toEqual(['c']);
    await relay.send(socket, { type: 'commit', id: 's', ref: 'x', offsets: { flights: { 0: 2, 1: 9 } } });
    expect(one(socket.take(), 'committed')).toMatchObject({
      ref: 'x',
      refused: [{ topic: 'flights', partition: 1, offset: 9, code: 'OFFSET_OUT_OF_RANGE' }],
    });
    const described = await groups.service(ref).describe(ref);
    expect(described).toMatchObject({ value: { offsets: [{ topic: 'flights', partition: 0, offset: 2 }] } });
    // Whoever comes next goes on there.
    await relay.send(socket, { type: 'unsubscribe', id: 's' });
    await relay.settle();
    const next = await joined(relay, 'm2');
    expect(one(next.take(), 'assign')).toMatchObject({ partitions: { flights: { 0: { from: 2 } } } });
  });

  it('[I-3a] is told of a revocation, and the partition goes on only once it has confirmed', async () => {
    const { relay } = world(2);
    const first = await joined(relay, 'm1');
    first.take();
    const second = await joined(relay, 'm2');
    await relay.settle();
    const revoke = one(first.take(), 'revoke');
    expect(revoke.partitions).toEqual({ flights: [1] });
    expect(one(second.take(), 'assign').partitions).toEqual({});
    // Records of a revoked partition are sent to nobody until somebody has it.
    relay.topic.partitions[1]!.append(['"late"']);
    relay.deliverAll();
    await relay.settle();
    expect([first.take(), second.take()]).toEqual([[], []]);
    await relay.send(first, { type: 'revoked', id: 's', member_epoch: revoke.member_epoch });
    await relay.settle();
    const frames = second.take();
    expect(types(frames)).toEqual(['assign', 'records']);
    expect(valuesOf(frames)).toEqual(['late']);
  });

  it('[I-3b] may commit what it was told to give back until it confirms, and not after', async () => {
    const { relay } = world(2);
    relay.topic.partitions[1]!.append(['"a"']);
    const first = await joined(relay, 'm1');
    first.take();
    await joined(relay, 'm2');
    await relay.settle();
    const revoke = one(first.take(), 'revoke');
    const commit = { type: 'commit', id: 's', offsets: { flights: { 1: 1 } } };
    await relay.send(first, commit);
    expect(one(first.take(), 'committed').refused).toEqual([]);
    await relay.send(first, { type: 'revoked', id: 's', member_epoch: revoke.member_epoch });
    await relay.send(first, commit);
    expect(one(first.take(), 'committed').refused).toMatchObject([{ code: 'FENCED_MEMBER_EPOCH' }]);
  });

  it('leaves when its socket is gone, and the others have its partitions at once', async () => {
    const { relay } = world(2);
    const first = await joined(relay, 'm1');
    const second = await joined(relay, 'm2');
    await relay.settle();
    second.take();
    relay.disconnect(first);
    await relay.settle();
    expect(one(second.take(), 'assign').partitions).toMatchObject({ flights: { 0: {}, 1: {} } });
  });

  it('goes on after the relay was out of memory in the middle of a revocation', async () => {
    const { relay } = world(2);
    const first = await joined(relay, 'm1');
    const second = await joined(relay, 'm2');
    await relay.settle();
    const revoke = one(first.take(), 'revoke');
    second.take();
    relay.evict();
    relay.topic.partitions[0]!.append(['"a"']);
    relay.deliverAll();
    await relay.settle();
    expect(valuesOf(first.take())).toEqual(['a']);
    await relay.send(first, { type: 'revoked', id: 's', member_epoch: revoke.member_epoch });
    await relay.settle();
    expect(one(second.take(), 'assign').partitions).toMatchObject({ flights: { 1: {} } });
  });

  it('stays as long as its client pings, and is taken out when it has fallen silent', async () => {
    const { relay, groups } = world(1);
    const socket = await joined(relay, 'm1');
    socket.take();
    relay.nowMs = 40_000;
    socket.lastPingMs = 40_000;
    relay.nowMs = 50_000;
    await groups.runAlarms();
    await relay.settle();
    expect(socket.take()).toEqual([]);
    expect(await groups.service(ref).describe(ref)).toMatchObject({ value: { members: [{ memberId: 'm1' }] } });
    relay.nowMs = 100_000;
    await groups.runAlarms();
    await relay.settle();
    expect(one(socket.take(), 'error')).toMatchObject({ id: 's', code: 'UNKNOWN_MEMBER_ID', fatal: true });
  });

  it('shares its credit among its partitions', async () => {
    const { relay } = world(2);
    for (const partition of relay.topic.partitions) partition.append(['"a"', '"b"']);
    const socket = await joined(relay, 'm1', { credit: 1 });
    expect(types(socket.take())).toEqual(['assign', 'records']);
    await relay.send(socket, { type: 'credit', id: 's', bytes: 10_000 });
    await relay.settle();
    expect(types(socket.take())).toEqual(['records']);
  });

  it('begins at the end when it is told to, and keeps that place', async () => {
    const { relay } = world(1);
    relay.topic.partitions[0]!.append(['"a"']);
    const socket = await joined(relay, 'm1', { from: 'latest' });
    expect(one(socket.take(), 'assign')).toMatchObject({ partitions: { flights: { 0: { from: 1 } } } });
    relay.topic.partitions[0]!.append(['"b"']);
    relay.disconnect(socket);
    await relay.settle();
    const next = await joined(relay, 'm2', { from: 'latest' });
    expect(valuesOf(next.take())).toEqual(['b']);
  });

  it.each([
    [{ from: 'x' }, 'INVALID_REQUEST'],
    [{ partitions: [0] }, 'INVALID_REQUEST'],
    [{ topics: ['no-such-topic'] }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    [{ topics: [] }, 'INVALID_REQUEST'],
    [{ assignor: 'fair' }, 'UNSUPPORTED_ASSIGNOR'],
    [{ topics_pattern: '(' }, 'INVALID_REGULAR_EXPRESSION'],
    [{ session_timeout_ms: 5 }, 'INVALID_SESSION_TIMEOUT'],
  ])('is refused with %j', async (more, code) => {
    const { relay } = world(1);
    const socket = await joined(relay, 'm1', more);
    expect(socket.take()).toMatchObject([{ type: 'error', id: 's', code, fatal: true }]);
    await relay.send(socket, { type: 'commit', id: 's', offsets: {} });
    expect(socket.take()).toMatchObject([{ type: 'error', id: 's', code: 'INVALID_REQUEST', fatal: false }]);
  });
});
