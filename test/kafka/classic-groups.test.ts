import { beforeEach, expect, test } from 'vitest';
import { describeGroupsRequest, describeGroupsResponse } from '../../src/kafka/messages/describe-groups.ts';
import { heartbeatRequest, heartbeatResponse } from '../../src/kafka/messages/heartbeat.ts';
import { joinGroupRequest, joinGroupResponse } from '../../src/kafka/messages/join-group.ts';
import { leaveGroupRequest, leaveGroupResponse } from '../../src/kafka/messages/leave-group.ts';
import { offsetCommitRequest, offsetCommitResponse } from '../../src/kafka/messages/offset-commit.ts';
import { offsetDeleteRequest, offsetDeleteResponse } from '../../src/kafka/messages/offset-delete.ts';
import { syncGroupRequest, syncGroupResponse } from '../../src/kafka/messages/sync-group.ts';
import { subscriptionTo } from '../groups/classic/members.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

const joinApi = { key: 11, request: joinGroupRequest, response: joinGroupResponse };
const heartbeatApi = { key: 12, request: heartbeatRequest, response: heartbeatResponse };
const leaveApi = { key: 13, request: leaveGroupRequest, response: leaveGroupResponse };
const syncApi = { key: 14, request: syncGroupRequest, response: syncGroupResponse };
const commitApi = { key: 8, request: offsetCommitRequest, response: offsetCommitResponse };
const describeApi = { key: 15, request: describeGroupsRequest, response: describeGroupsResponse };
const offsetDeleteApi = { key: 47, request: offsetDeleteRequest, response: offsetDeleteResponse };

const groupId = 'readers';
const given = (text: string) => new TextEncoder().encode(text);

/** Calls that wait do so until the test lets time pass. */
let pauses: { readonly atMs: number; readonly end: () => void }[];
let platform: MemoryPlatform;
beforeEach(async () => {
  pauses = [];
  platform = new MemoryPlatform(undefined, (ms) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    pauses.push({ atMs: platform.nowMs + ms, end: resolve });
    return promise;
  });
  const { catalog, cluster } = platform.services;
  await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 3 });
});

async function pass(ms: number): Promise<void> {
  platform.nowMs += ms;
  const due = pauses.filter(({ atMs }) => atMs <= platform.nowMs);
  pauses = pauses.filter(({ atMs }) => atMs > platform.nowMs);
  for (const { end } of due) end();
  await platform.groupObjects.runAlarms();
  await settled();
}

/** Lets everything run that waits for nothing but its turn. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

type Joining = { memberId?: string; groupInstanceId?: string | null; protocolType?: string };

const joinRequest = ({ memberId = '', groupInstanceId = null, protocolType = 'consumer' }: Joining = {}) => ({
  groupId,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 30_000,
  memberId,
  groupInstanceId,
  protocolType,
  protocols: [{ name: 'range', metadata: subscriptionTo('orders') }],
});

/** A member on a connection of its own. */
class Member {
  readonly connection = new KafkaTestConnection({ platform });
  memberId = '';
  generationId = -1;

  /** Asks to join, and answers once it has an id. */
  async begin(version = 9, joining: Joining = {}): Promise<void> {
    if (version >= 4 && this.memberId === '' && joining.groupInstanceId === undefined) {
      const named = await this.connection.ask(joinApi, version, joinRequest(joining));
      expect(named.errorCode).toBe(79);
      this.memberId = named.memberId;
    }
    this.connection.send(joinApi, version, joinRequest({ ...joining, memberId: this.memberId }));
    await settled();
  }

  async joined(version = 9) {
    const { body } = await this.connection.answer(joinApi, version);
    this.memberId = body.memberId;
    this.generationId = body.generationId;
    return body;
  }

  syncRequest(assignments: { memberId: string; assignment: Uint8Array }[] = []) {
    return { groupId, generationId: this.generationId, memberId: this.memberId, assignments };
  }

  async heartbeat(version = 4): Promise<number> {
    const { memberId, generationId } = this;
    return (await this.connection.ask(heartbeatApi, version, { groupId, memberId, generationId })).errorCode;
  }

  async commit(offset: number, version = 9): Promise<number> {
    const { memberId, generationId } = this;
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }];
    const { topics } = await this.connection.ask(commitApi, version, {
      groupId,
      memberId,
      generationIdOrMemberEpoch: generationId,
      topics: [{ name: 'orders', topicId: '00000000-0000-4000-8000-000000000001', partitions }],
    });
    return topics[0]!.partitions[0]!.errorCode;
  }
}

/** Two members of a generation that the first one has divided. */
async function twoMembers(): Promise<[Member, Member]> {
  const [ada, bob] = [new Member(), new Member()];
  await ada.begin();
  await bob.begin();
  await pass(500);
  const led = await ada.joined();
  const followed = await bob.joined();
  expect(led).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range', leader: ada.memberId });
  expect(led.members.map(({ memberId }) => memberId)).toEqual([ada.memberId, bob.memberId]);
  expect(followed).toMatchObject({ errorCode: 0, generationId: 1, leader: ada.memberId, members: [] });
  bob.connection.send(syncApi, 5, bob.syncRequest());
  await settled();
  const assignments = [
    { memberId: ada.memberId, assignment: given('0,1') },
    { memberId: bob.memberId, assignment: given('2') },
  ];
  expect(await ada.connection.ask(syncApi, 5, ada.syncRequest(assignments))).toMatchObject({
    errorCode: 0,
    assignment: given('0,1'),
  });
  expect((await bob.connection.answer(syncApi, 5)).body).toMatchObject({ errorCode: 0, assignment: given('2') });
  return [ada, bob];
}

test('members join together, one of them assigns, and all commit', async () => {
  const [ada, bob] = await twoMembers();
  expect(await ada.heartbeat()).toBe(0);
  expect([await bob.commit(7), await bob.commit(8, 10)]).toEqual([0, 0]);
  bob.generationId = 0;
  expect([await bob.commit(9), await bob.heartbeat()]).toEqual([22, 22]);
  bob.memberId = 'nobody';
  expect([await bob.commit(9), await bob.heartbeat()]).toEqual([25, 25]);
  const described = await platform.services.groups.rpc.describe({ ...platform.services.cluster, groupId });
  expect(described).toMatchObject({
    value: { state: 'stable', offsets: [{ offset: 8 }], members: [{ memberId: ada.memberId }, {}] },
  });
});

test.each([
  [0, 0, 0, 0],
  [1, 1, 1, 1],
  [3, 2, 1, 1],
  [5, 3, 3, 3],
  [6, 4, 4, 4],
  [9, 5, 5, 4],
])(
  'a member alone, by JoinGroup %i, SyncGroup %i, LeaveGroup %i, Heartbeat %i',
  async (join, sync, leave, heartbeat) => {
    const member = new Member();
    await member.begin(join);
    await pass(500);
    expect(await member.joined(join)).toMatchObject({ errorCode: 0, generationId: 1, leader: member.memberId });
    const own = [{ memberId: member.memberId, assignment: given('all') }];
    const synced = await member.connection.ask(syncApi, sync, member.syncRequest(own));
    expect(synced).toMatchObject({ errorCode: 0, assignment: given('all') });
    expect(await member.heartbeat(heartbeat)).toBe(0);
    const { memberId } = member;
    const left = { groupId, memberId, members: [{ memberId }, { memberId: 'nobody' }] };
    const answer = await member.connection.ask(leaveApi, leave, left);
    expect(answer).toMatchObject({ errorCode: 0 });
    expect(answer.members.map(({ errorCode }) => errorCode)).toEqual(leave < 3 ? [] : [0, 25]);
    expect(await member.heartbeat(heartbeat)).toBe(25);
  },
);

test('a third member has the others join again; one that does not is taken out', async () => {
  const [ada, bob] = await twoMembers();
  const eve = new Member();
  await eve.begin();
  expect(await ada.heartbeat()).toBe(27);
  await ada.begin();
  // Calls that wait are a sign of life; bob says nothing and its session ends.
  for (let waited = 0; waited < 12_000; waited += 4_000) await pass(4_000);
  expect(await ada.joined()).toMatchObject({ errorCode: 0, generationId: 2, leader: ada.memberId });
  expect(await eve.joined()).toMatchObject({ errorCode: 0, generationId: 2 });
  expect(await bob.heartbeat()).toBe(25);
  expect(await eve.commit(1)).toBe(27);
});

test('members survive the loss of memory of the object, but for a generation on its way', async () => {
  const [ada, bob] = await twoMembers();
  const ref = { ...platform.services.cluster, groupId };
  platform.groupObjects.restart(ref);
  expect([await ada.heartbeat(), await bob.commit(3)]).toEqual([0, 0]);
  expect(await bob.connection.ask(syncApi, 5, bob.syncRequest())).toMatchObject({ assignment: given('2') });
  await ada.begin();
  await bob.begin();
  expect([await ada.joined(), await bob.joined()]).toMatchObject([{ generationId: 2 }, { generationId: 2 }]);
  platform.groupObjects.restart(ref);
  expect([await ada.heartbeat(), await bob.heartbeat()]).toEqual([27, 27]);
});

test('a static member takes its place back, and whoever had it is fenced', async () => {
  const [first, second] = [new Member(), new Member()];
  await first.begin(9, { groupInstanceId: 'rack-1' });
  await pass(500);
  expect((await first.joined()).memberId).toMatch(/^rack-1-/);
  const own = [{ memberId: first.memberId, assignment: given('all') }];
  await first.connection.ask(syncApi, 5, first.syncRequest(own));
  await second.begin(9, { groupInstanceId: 'rack-1' });
  expect(await second.joined()).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment: true });
  const synced = await second.connection.ask(syncApi, 5, second.syncRequest());
  expect(synced).toMatchObject({ errorCode: 0, assignment: given('all') });
  const { memberId, generationId } = first;
  const beat = { groupId, memberId, generationId, groupInstanceId: 'rack-1' };
  expect((await first.connection.ask(heartbeatApi, 4, beat)).errorCode).toBe(82);
});

test('a static member that waits is fenced as soon as another one takes its place', async () => {
  const [ada, first, second] = [new Member(), new Member(), new Member()];
  await ada.begin();
  await first.begin(5, { groupInstanceId: 'rack-1' });
  await second.begin(5, { groupInstanceId: 'rack-1' });
  expect((await first.connection.answer(joinApi, 5)).body.errorCode).toBe(82);
  await pass(500);
  expect(await second.joined(5)).toMatchObject({ errorCode: 0, generationId: 1 });
});

test('DescribeGroups shows what members exchange, and offsets of topics that they read stay', async () => {
  const [ada, bob] = await twoMembers();
  await bob.commit(7);
  const asked = { groups: [groupId], includeAuthorizedOperations: false };
  const { groups } = await bob.connection.ask(describeApi, 5, asked);
  expect(groups).toMatchObject([{ groupState: 'Stable', protocolType: 'consumer', protocolData: 'range' }]);
  expect(groups[0]!.members).toMatchObject([
    {
      memberId: ada.memberId,
      clientId: 'test',
      memberMetadata: subscriptionTo('orders'),
      memberAssignment: given('0,1'),
    },
    { memberId: bob.memberId, memberAssignment: given('2') },
  ]);
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }];
  expect(await bob.connection.ask(offsetDeleteApi, 0, { groupId, topics })).toMatchObject({
    topics: [{ partitions: [{ errorCode: 86 }] }],
  });
  await ada.begin();
  const { groups: moving } = await bob.connection.ask(describeApi, 5, asked);
  expect(moving).toMatchObject([{ groupState: 'PreparingRebalance' }]);
});

test('refuses what cannot be a member', async () => {
  const { connection } = new Member();
  const code = async (changes: object) =>
    (await connection.ask(joinApi, 9, { ...joinRequest(), ...changes })).errorCode;
  expect(await code({ groupId: '' })).toBe(24);
  expect(await code({ sessionTimeoutMs: 5_999 })).toBe(26);
  expect(await code({ sessionTimeoutMs: 1_800_001 })).toBe(26);
  expect(await code({ memberId: 'nobody' })).toBe(25);
  expect(await code({ groupInstanceId: 'x', protocols: [] })).toBe(23);
  expect(await code({ protocols: [{ name: 'range', metadata: new Uint8Array(1024 * 1024) }] })).toBe(42);
  const [protocol] = joinRequest().protocols;
  expect(await code({ protocols: Array.from({ length: 33 }, () => protocol) })).toBe(42);
  const members = Array.from({ length: 1_001 }, () => ({ memberId: 'nobody' }));
  expect(await connection.ask(leaveApi, 5, { groupId, memberId: '', members })).toMatchObject({ errorCode: 42 });
});

const wish = {
  subscription: { topics: ['orders'], pattern: null },
  assignor: null,
  sessionTimeoutMs: 45_000,
  rebalanceTimeoutMs: 60_000,
};

test('a group has members of one protocol at a time', async () => {
  const { groups, cluster } = platform.services;
  const ref = { ...cluster, groupId };
  const beat = { memberId: 'served', instanceId: null, memberEpoch: 0, wish, clientId: '', relay: null };
  const request = { ref, ...beat, commits: [], mayRejoin: true };
  const [ada, bob] = await twoMembers();
  expect(await groups.rpc.heartbeat(request)).toMatchObject({ error: { code: 'INCONSISTENT_GROUP_PROTOCOL' } });
  expect(await groups.rpc.deleteGroup(ref)).toMatchObject({ error: { code: 'NON_EMPTY_GROUP' } });
  const members = [{ memberId: ada.memberId }, { memberId: bob.memberId }];
  await ada.connection.ask(leaveApi, 5, { groupId, memberId: '', members });
  expect(await groups.rpc.heartbeat(request)).toMatchObject({ ok: true });
  const refused = await ada.connection.ask(joinApi, 9, joinRequest());
  expect(refused.errorCode).toBe(23);
});
