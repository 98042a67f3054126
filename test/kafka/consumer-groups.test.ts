import { beforeEach, expect, test } from 'vitest';
import { apiVersionsRequest, apiVersionsResponse } from '../../src/kafka/messages/api-versions.ts';
import {
  consumerGroupDescribeRequest,
  consumerGroupDescribeResponse,
} from '../../src/kafka/messages/consumer-group-describe.ts';
import {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
} from '../../src/kafka/messages/consumer-group-heartbeat.ts';
import { joinGroupRequest, joinGroupResponse } from '../../src/kafka/messages/join-group.ts';
import { listGroupsRequest, listGroupsResponse } from '../../src/kafka/messages/list-groups.ts';
import { offsetCommitRequest, offsetCommitResponse } from '../../src/kafka/messages/offset-commit.ts';
import { offsetFetchRequest, offsetFetchResponse } from '../../src/kafka/messages/offset-fetch.ts';
import type { MessageOf } from '../../src/kafka/wire/message-codec.ts';
import { subscriptionTo } from '../groups/classic/members.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

const versionsApi = { key: 18, request: apiVersionsRequest, response: apiVersionsResponse };
const heartbeatApi = { key: 68, request: consumerGroupHeartbeatRequest, response: consumerGroupHeartbeatResponse };
const describeApi = { key: 69, request: consumerGroupDescribeRequest, response: consumerGroupDescribeResponse };
const joinApi = { key: 11, request: joinGroupRequest, response: joinGroupResponse };
const listApi = { key: 16, request: listGroupsRequest, response: listGroupsResponse };
const commitApi = { key: 8, request: offsetCommitRequest, response: offsetCommitResponse };
const fetchApi = { key: 9, request: offsetFetchRequest, response: offsetFetchResponse };

type Heartbeat = Partial<MessageOf<typeof consumerGroupHeartbeatRequest>>;

const groupId = 'readers';

let platform: MemoryPlatform;
let connection: KafkaTestConnection;
let topicId: string;
beforeEach(async () => {
  // Who waits lets time pass.
  platform = new MemoryPlatform(undefined, async (ms) => {
    platform.nowMs += ms;
  });
  connection = new KafkaTestConnection({ platform });
  const { catalog, cluster } = platform.services;
  const created = await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 4 });
  if (created.ok) topicId = created.value.topicId;
});

/** What a member says when it joins. */
const joining = {
  memberEpoch: 0,
  rebalanceTimeoutMs: 30_000,
  subscribedTopicNames: ['orders'],
  topicPartitions: [],
} as const;

function ask(heartbeat: Heartbeat, version = 1) {
  return connection.ask(heartbeatApi, version, { groupId, memberId: 'ada', memberEpoch: 0, ...heartbeat });
}

/** A member that knows what the answers told it. */
class Member {
  readonly memberId: string;
  epoch = 0;
  partitions: readonly number[] = [];

  constructor(memberId: string) {
    this.memberId = memberId;
  }

  async join(more: Heartbeat = {}): Promise<this> {
    await this.beat({ ...joining, ...more });
    return this;
  }

  async beat(more: Heartbeat = {}) {
    const answer = await ask({ memberId: this.memberId, memberEpoch: this.epoch, ...more });
    expect([answer.errorCode, answer.errorMessage]).toEqual([0, null]);
    this.epoch = answer.memberEpoch;
    if (answer.assignment !== null) {
      this.partitions = answer.assignment.topicPartitions.flatMap(({ partitions }) => partitions);
    }
    return answer;
  }

  /** Says that it holds exactly these partitions. */
  report(partitions = this.partitions) {
    return this.beat({ topicPartitions: [{ topicId, partitions }] });
  }

  async commit(partition: number, offset: number, version = 9): Promise<number> {
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: '' }];
    const { memberId, epoch: generationIdOrMemberEpoch } = this;
    const topics = [{ name: 'orders', topicId, partitions }];
    const answer = await connection.ask(commitApi, version, { groupId, memberId, generationIdOrMemberEpoch, topics });
    return answer.topics[0]!.partitions[0]!.errorCode;
  }

  async committed(partition: number, memberEpoch = this.epoch) {
    const topics = [{ name: 'orders', topicId, partitionIndexes: [partition] }];
    const groups = [{ groupId, memberId: this.memberId, memberEpoch, topics }];
    const [group] = (await connection.ask(fetchApi, 9, { groupId, groups, requireStable: false })).groups;
    return group!.errorCode === 0 ? group!.topics[0]!.partitions[0]!.committedOffset : `error ${group!.errorCode}`;
  }
}

test('a partition moves once its member reports that it gave it back, not when it was told to', async () => {
  const ada = await new Member('ada').join();
  expect(ada.partitions).toEqual([0, 1, 2, 3]);
  expect((await ada.beat()).assignment).toBeNull();
  const bob = await new Member('bob').join();
  expect(bob.partitions).toEqual([]);

  expect((await ada.beat()).heartbeatIntervalMs).toBe(5_000);
  expect(ada.partitions).toEqual([0, 1]);
  await ada.beat();
  await ada.report([0, 1, 2, 3]);
  await bob.beat();
  expect(bob.partitions, 'it is still giving back').toEqual([]);
  expect([await ada.commit(2, 7), await ada.commit(0, 5, 10)], 'and commits what it gives back').toEqual([0, 0]);

  await ada.report();
  await bob.beat();
  expect(bob.partitions).toEqual([2, 3]);
  expect([await ada.commit(2, 9), await bob.commit(2, 8)]).toEqual([113, 0]);
  expect([await bob.committed(2), await bob.committed(0)]).toEqual([8, 5]);
  expect((await bob.report()).assignment, 'nothing new').toBeNull();
});

test('a member that does not give back in time is taken out', async () => {
  const ada = await new Member('ada').join();
  const bob = await new Member('bob').join();
  for (let seconds = 0; seconds < 30; seconds += 5) {
    await ada.beat();
    await bob.beat();
    expect(bob.partitions).toEqual([]);
    platform.nowMs += 5_000;
    await platform.groupObjects.runAlarms();
  }
  await bob.beat();
  expect(bob.partitions).toEqual([0, 1, 2, 3]);
  expect(await ask({ memberEpoch: ada.epoch })).toMatchObject({ errorCode: 25, memberId: null, assignment: null });
  expect(await ada.commit(0, 1)).toBe(25);
});

test('epochs that are over are fenced in heartbeats, and stale for offsets', async () => {
  const ada = await new Member('ada').join();
  expect(await ask({ memberEpoch: ada.epoch + 1 })).toMatchObject({ errorCode: 110 });
  const stale = new Member('ada');
  stale.epoch = ada.epoch + 1;
  expect([await stale.commit(0, 1), await stale.committed(0)]).toEqual([113, 'error 113']);
  const nobody = new Member('nobody');
  nobody.epoch = ada.epoch;
  expect([await nobody.commit(0, 1), await nobody.committed(0)]).toEqual([25, 'error 25']);

  const bob = await new Member('bob').join();
  const before = ada.epoch;
  await ada.beat();
  // The answer was lost: the same is said again, and nothing is given back by that.
  const again = await ask({ memberEpoch: before, topicPartitions: [{ topicId, partitions: [0, 1] }] });
  expect(again).toMatchObject({ errorCode: 0, memberEpoch: ada.epoch, assignment: { topicPartitions: [{ topicId }] } });
  await bob.beat();
  expect(bob.partitions).toEqual([]);
  expect(await ask({ groupId: 'others', memberEpoch: 4 })).toMatchObject({ errorCode: 69 });
});

test('members leave, and static ones come back to their place', async () => {
  const ada = await new Member('ada').join({ instanceId: 'desk-1' });
  const bob = await new Member('bob').join();
  await ada.beat();
  await ada.report();
  await bob.beat();
  expect(bob.partitions).toEqual([2, 3]);

  const rival = { ...joining, memberId: 'eve', instanceId: 'desk-1' };
  expect(await ask(rival)).toMatchObject({ errorCode: 111 });
  expect(await ask({ memberEpoch: -2, instanceId: 'desk-1' })).toMatchObject({ errorCode: 0, memberEpoch: -2 });
  await bob.beat();
  expect(bob.partitions, 'what is kept for a member that is away').toEqual([2, 3]);
  const back = await new Member('ada-2').join({ instanceId: 'desk-1' });
  expect(back.partitions).toEqual([0, 1]);
  expect(await ask({ memberEpoch: ada.epoch, instanceId: 'desk-1' })).toMatchObject({ errorCode: 82 });

  expect(await ask({ memberId: 'bob', memberEpoch: -1 })).toMatchObject({ errorCode: 0, memberEpoch: -1 });
  await back.beat();
  expect(back.partitions).toEqual([0, 1, 2, 3]);
  expect(await ask({ memberId: 'bob', memberEpoch: -1 })).toMatchObject({ errorCode: 25 });
});

test('a member may read what a pattern matches, and change its mind', async () => {
  const { catalog, cluster } = platform.services;
  await catalog.createTopic(cluster, { topic: 'other', partitionCount: 1 });
  const ada = await new Member('ada').join({ subscribedTopicNames: null, subscribedTopicRegex: 'ord.*' });
  expect(ada.partitions).toEqual([0, 1, 2, 3]);
  await ada.beat({ subscribedTopicNames: ['other'], subscribedTopicRegex: '' });
  expect(ada.partitions, 'what it was to forget first').toEqual([]);
  await ada.report();
  expect(ada.partitions).toEqual([0]);
  await ada.beat({ subscribedTopicNames: [] });
  expect(ada.partitions).toEqual([]);
  expect(await ask({ memberEpoch: ada.epoch, subscribedTopicRegex: '(' })).toMatchObject({ errorCode: 128 });
});

test('an early client is given its id', async () => {
  const joined = await ask({ ...joining, memberId: '' }, 0);
  expect(joined).toMatchObject({ errorCode: 0, memberId: expect.stringMatching(/./) });
  expect(await ask({ memberId: joined.memberId!, memberEpoch: joined.memberEpoch }, 0)).toMatchObject({ errorCode: 0 });
});

test.each<[string, Heartbeat, number]>([
  ['no member id', { ...joining, memberId: '' }, 42],
  ['no rebalance timeout', { ...joining, rebalanceTimeoutMs: -1 }, 42],
  ['partitions of an earlier life', { ...joining, topicPartitions: [{ topicId: '', partitions: [1] }] }, 42],
  ['nothing said of partitions', { ...joining, topicPartitions: null }, 42],
  ['no subscription', { ...joining, subscribedTopicNames: null }, 42],
  ['an empty instance id', { ...joining, instanceId: '' }, 42],
  ['an epoch that is none', { memberEpoch: -3 }, 42],
  ['a return without an instance', { memberEpoch: -2 }, 42],
  ['an unknown assignor', { ...joining, serverAssignor: 'sticky' }, 112],
  ['no group', { ...joining, groupId: '' }, 24],
])('refuses a heartbeat with %s', async (_name, heartbeat, errorCode) => {
  const given = heartbeat.topicPartitions?.length ? { topicPartitions: [{ topicId, partitions: [1] }] } : {};
  expect(await ask({ ...heartbeat, ...given })).toMatchObject({ errorCode, errorMessage: expect.any(String) });
});

test('shows a group of such members, and lists it by its type', async () => {
  await new Member('ada').join({ serverAssignor: 'uniform' });
  const described = (ids: string[]) =>
    connection.ask(describeApi, 1, { groupIds: ids, includeAuthorizedOperations: true });
  const has = { topicPartitions: [{ topicId, topicName: 'orders', partitions: [0, 1, 2, 3] }] };
  expect((await described([groupId, 'others'])).groups).toMatchObject([
    {
      errorCode: 0,
      groupState: 'Stable',
      groupEpoch: 1,
      assignmentEpoch: 1,
      assignorName: 'uniform',
      members: [
        { memberId: 'ada', subscribedTopicNames: ['orders'], assignment: has, targetAssignment: has, memberType: 1 },
      ],
    },
    { groupId: 'others', errorCode: 69 },
  ]);

  const classicId = 'classic-readers';
  const protocols = [{ name: 'range', metadata: subscriptionTo('orders') }];
  const timeouts = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 30_000 };
  const join = { ...timeouts, memberId: '', groupInstanceId: 'desk', protocolType: 'consumer', protocols };
  expect((await connection.ask(joinApi, 5, { groupId: classicId, ...join })).errorCode).toBe(0);
  expect((await described([classicId])).groups).toMatchObject([{ errorCode: 69 }]);
  expect(await ask({ groupId: classicId, ...joining })).toMatchObject({
    errorCode: 69,
    errorMessage: expect.stringContaining('classic protocol'),
  });
  expect((await connection.ask(joinApi, 5, { groupId, ...join })).errorCode).toBe(23);

  platform.nowMs += 2_000;
  await platform.groupObjects.runAlarms();
  const listed = async (typesFilter: string[]) =>
    (await connection.ask(listApi, 5, { statesFilter: [], typesFilter })).groups.map(({ groupId: id, groupType }) => [
      id,
      groupType,
    ]);
  expect(await listed([])).toEqual([
    [classicId, 'Classic'],
    [groupId, 'Consumer'],
  ]);
  expect([await listed(['consumer']), await listed(['Share'])]).toEqual([[[groupId, 'Consumer']], []]);
});

test('says that it speaks the protocol', async () => {
  const request = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
  const { finalizedFeatures, supportedFeatures } = await connection.ask(versionsApi, 4, request);
  expect(finalizedFeatures).toContainEqual({ name: 'group.version', minVersionLevel: 1, maxVersionLevel: 1 });
  expect(supportedFeatures).toContainEqual({ name: 'group.version', minVersion: 0, maxVersion: 1 });
  expect(supportedFeatures).toContainEqual({ name: 'share.version', minVersion: 0, maxVersion: 1 });
});
