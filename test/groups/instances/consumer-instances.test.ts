import { beforeEach, describe, expect, it } from 'vitest';
import type { GroupDescription, HeartbeatRequest } from '../../../src/groups/group-rpc.ts';
import type { InstanceCommand, InstanceView } from '../../../src/groups/instances/instance-rpc.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';

const ref = { ...localCluster, groupId: 'readers' };

let platform: MemoryPlatform;

beforeEach(async () => {
  platform = new MemoryPlatform();
  await platform.catalog.createTopic(localCluster, { topic: 'orders', partitionCount: 4 });
});

const call = (name: string, command: InstanceCommand) =>
  platform.services.groups.rpc.callInstance({ ref, name, command });

async function done(name: string, command: InstanceCommand): Promise<InstanceView> {
  const called = await call(name, command);
  if (!called.ok) throw new Error(JSON.stringify(called.error));
  return called.value;
}

const config = {
  createdBy: 'creation-1',
  format: 'binary',
  isAutoCommit: false,
  offsetReset: 'earliest' as const,
  fetchMinBytes: 1,
  requestTimeoutMs: 1_000,
};

const subscription = { topics: ['orders'], pattern: null };

async function subscribed(name: string): Promise<InstanceView> {
  await done(name, { kind: 'create', config: { ...config, createdBy: name } });
  return done(name, { kind: 'subscribe', subscription });
}

async function describeGroup(): Promise<GroupDescription> {
  const described = await platform.services.groups.rpc.describe(ref);
  if (!described.ok) throw new Error(JSON.stringify(described.error));
  return described.value;
}

/** A member that calls by itself. */
const heartbeat = (memberEpoch: number) => {
  const wish = { subscription, assignor: null, sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 60_000 };
  const request: HeartbeatRequest = {
    ref,
    memberId: 'native',
    instanceId: null,
    memberEpoch,
    wish,
    clientId: '',
    relay: null,
    commits: [],
    mayRejoin: true,
  };
  return platform.services.groups.rpc.heartbeat(request);
};

describe('a creation that is repeated', () => {
  it('is recognised, and told from one of somebody else', async () => {
    const first = await done('one', { kind: 'create', config });
    expect(await done('one', { kind: 'create', config })).toEqual(first);
    expect(await call('one', { kind: 'create', config: { ...config, createdBy: 'creation-2' } })).toMatchObject({
      error: { code: 'UNRELEASED_INSTANCE_ID' },
    });
  });
});

describe('an idle instance', () => {
  it('gives back at once what another member is to have, without being called', async () => {
    expect((await subscribed('idle')).partitions).toHaveLength(4);
    const joined = await heartbeat(0);
    expect(joined).toMatchObject({ ok: true, value: { assigned: [] } });
    const epoch = joined.ok ? joined.value.memberEpoch : 0;
    const heldByIdle = async () =>
      (await describeGroup()).members.find(({ memberId }) => memberId === 'rest-proxy:idle')?.assigned.length;
    await expect.poll(heldByIdle).toBe(2);
    expect(await heartbeat(epoch)).toMatchObject({ ok: true, value: { assigned: [{}, {}] } });
    expect((await describeGroup()).state).toBe('stable');
    expect((await done('idle', { kind: 'describe' })).partitions).toHaveLength(2);
  });
});

describe('a read that is overtaken', () => {
  const positionsOf = (view: InstanceView, offset: number) =>
    view.partitions.map(({ topic, topicId, partition }) => ({ topic, topicId, partition, offset }));
  const fromOf = (view: InstanceView) => view.partitions.map(({ from }) => from);

  it('by a seek, a new subscription or another read has no say any more', async () => {
    await subscribed('one');
    const early = await done('one', { kind: 'poll' });
    await done('one', { kind: 'seek', positions: positionsOf(early, 7) });
    const ignored = await done('one', { kind: 'advance', version: early.version, positions: positionsOf(early, 3) });
    expect(fromOf(ignored)).toEqual([7, 7, 7, 7]);
    const late = await done('one', { kind: 'poll' });
    await done('one', { kind: 'advance', version: late.version, positions: positionsOf(late, 9) });
    await done('one', { kind: 'advance', version: late.version, positions: positionsOf(late, 8) });
    expect(fromOf(await done('one', { kind: 'poll' }))).toEqual([9, 9, 9, 9]);
    await done('one', { kind: 'unsubscribe' });
    await done('one', { kind: 'subscribe', subscription });
    await done('one', { kind: 'advance', version: late.version, positions: positionsOf(late, 9) });
    expect(fromOf(await done('one', { kind: 'poll' }))).toEqual([null, null, null, null]);
  });

  it('by the loss of a partition keeps its place in the others only', async () => {
    await subscribed('one');
    const early = await done('one', { kind: 'poll' });
    await subscribed('two');
    await done('one', { kind: 'advance', version: early.version, positions: positionsOf(early, 5) });
    const left = await done('one', { kind: 'poll' });
    expect(fromOf(left)).toEqual([5, 5]);
    await done('two', { kind: 'delete' });
    const whole = await done('one', { kind: 'poll' });
    expect(fromOf(whole).filter((from) => from === null)).toHaveLength(2);
  });
});

describe('commands to one instance at once', () => {
  it('are done one after the other', async () => {
    await subscribed('one');
    const versions = await Promise.all(
      Array.from({ length: 20 }, async () => (await done('one', { kind: 'subscribe', subscription })).version),
    );
    expect(new Set(versions).size).toBe(20);
  });
});

describe('the group of an instance', () => {
  it('cannot be deleted while it subscribes, and takes it along otherwise', async () => {
    await subscribed('one');
    const { rpc } = platform.services.groups;
    expect(await rpc.deleteGroup(ref)).toMatchObject({ error: { code: 'NON_EMPTY_GROUP' } });
    await done('one', { kind: 'unsubscribe' });
    expect(await rpc.deleteGroup(ref)).toMatchObject({ ok: true });
    expect(await call('one', { kind: 'describe' })).toMatchObject({ error: { code: 'UNKNOWN_MEMBER_ID' } });
    expect((await subscribed('one')).partitions).toHaveLength(4);
  });

  it('that was deleted with its topic leaves nothing to read', async () => {
    await subscribed('one');
    await platform.catalog.deleteTopic(localCluster, 'orders');
    platform.nowMs += 60_000;
    await done('one', { kind: 'poll' });
    expect((await done('one', { kind: 'poll' })).partitions).toEqual([]);
  });
});
