import { beforeEach, expect, test } from 'vitest';
import { deleteGroupsRequest, deleteGroupsResponse } from '../../src/kafka/messages/delete-groups.ts';
import { describeGroupsRequest, describeGroupsResponse } from '../../src/kafka/messages/describe-groups.ts';
import { listGroupsRequest, listGroupsResponse } from '../../src/kafka/messages/list-groups.ts';
import { offsetCommitRequest, offsetCommitResponse } from '../../src/kafka/messages/offset-commit.ts';
import { offsetDeleteRequest, offsetDeleteResponse } from '../../src/kafka/messages/offset-delete.ts';
import { offsetFetchRequest, offsetFetchResponse } from '../../src/kafka/messages/offset-fetch.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

const commitApi = { key: 8, request: offsetCommitRequest, response: offsetCommitResponse };
const fetchApi = { key: 9, request: offsetFetchRequest, response: offsetFetchResponse };
const deleteApi = { key: 47, request: offsetDeleteRequest, response: offsetDeleteResponse };
const listApi = { key: 16, request: listGroupsRequest, response: listGroupsResponse };
const describeApi = { key: 15, request: describeGroupsRequest, response: describeGroupsResponse };
const deleteGroupsApi = { key: 42, request: deleteGroupsRequest, response: deleteGroupsResponse };

let platform: MemoryPlatform;
let connection: KafkaTestConnection;
let topicId: string;
beforeEach(async () => {
  platform = new MemoryPlatform();
  connection = new KafkaTestConnection({ platform });
  const { catalog, cluster } = platform.services;
  const created = await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 3 });
  if (created.ok) topicId = created.value.topicId;
});

type Commit = readonly [partition: number, offset: number];

async function commit(version: number, commits: readonly Commit[], group: Partial<Record<string, unknown>> = {}) {
  const { topics } = await connection.ask(commitApi, version, {
    groupId: 'readers',
    memberId: '',
    topics: [
      {
        name: 'orders',
        topicId,
        partitions: commits.map(([partitionIndex, committedOffset]) => ({
          partitionIndex,
          committedOffset,
          committedMetadata: `at ${committedOffset}`,
        })),
      },
    ],
    ...group,
  });
  return topics[0]!.partitions.map(({ errorCode }) => errorCode);
}

async function committed(version: number, partitionIndexes: readonly number[] | null, groupId = 'readers') {
  const topics = partitionIndexes === null ? null : [{ name: 'orders', topicId, partitionIndexes }];
  const groups = [{ groupId, topics }];
  const answer = await connection.ask(fetchApi, version, { groupId, topics, groups });
  const found = version < 8 ? answer : answer.groups[0]!;
  expect(found.errorCode).toBe(0);
  return found.topics.flatMap(({ partitions }) =>
    partitions.map(({ partitionIndex, committedOffset, metadata }) => [partitionIndex, committedOffset, metadata]),
  );
}

/** A member of the kind that the server assigns. */
async function join(memberId: string): Promise<void> {
  const joined = await platform.services.groups.rpc.heartbeat({
    ref: { ...platform.services.cluster, groupId: 'readers' },
    memberId,
    instanceId: null,
    memberEpoch: 0,
    wish: {
      subscription: { topics: ['orders'], pattern: null },
      assignor: null,
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 60_000,
    },
    clientId: 'somebody',
    relay: null,
    commits: [],
    mayRejoin: false,
  });
  expect(joined.ok).toBe(true);
}

test.each([2, 8, 9, 10])('keeps what a program commits that is no member (OffsetCommit %i)', async (version) => {
  expect(
    await commit(version, [
      [0, 5],
      [1, 7],
      [9, 1],
      [2, -3],
      [-1, 0],
    ]),
  ).toEqual([0, 0, 3, 42, 42]);
  for (const fetchVersion of [1, 2, 7, 8, 10]) {
    expect(await committed(fetchVersion, [1, 2])).toEqual([
      [1, 7, 'at 7'],
      [2, -1, ''],
    ]);
  }
  for (const fetchVersion of [2, 8, 10]) {
    expect(await committed(fetchVersion, null)).toEqual([
      [0, 5, 'at 5'],
      [1, 7, 'at 7'],
    ]);
  }
  expect(await committed(8, [0], 'others')).toEqual([[0, -1, '']]);
});

test('refuses commits of whoever says to be a member, and those beside members', async () => {
  expect(await commit(9, [[0, 5]], { memberId: 'x', generationIdOrMemberEpoch: 3 })).toEqual([25]);
  expect(await commit(9, [[0, 5]], { groupId: '' })).toEqual([24]);
  await join('reader-1');
  expect(await commit(9, [[0, 5]])).toEqual([25]);
});

test.each([7, 8, 10])('says so where a transaction may yet change an offset (OffsetFetch %i)', async (version) => {
  await commit(9, [[0, 5]]);
  const ref = { ...platform.services.cluster, groupId: 'readers' };
  const commits = [{ topic: 'orders', partition: 1, offset: 9, metadata: '', leaderEpoch: -1 }];
  const transaction = { producerId: 7, producerEpoch: 0, transactionNumber: 1 };
  const kept = await platform.services.groups.rpc.commitInTransaction({ ref, claim: null, commits, transaction });
  expect(kept.ok).toBe(true);
  const asked = async (requireStable: boolean) => {
    const topics = [{ name: 'orders', topicId, partitionIndexes: [0, 1] }];
    const groups = [{ groupId: 'readers', topics }];
    const answer = await connection.ask(fetchApi, version, { groupId: 'readers', topics, groups, requireStable });
    const found = version < 8 ? answer : answer.groups[0]!;
    return found.topics[0]!.partitions.map(({ committedOffset, errorCode }) => [committedOffset, errorCode]);
  };
  expect(await asked(true)).toEqual([
    [5, 0],
    [-1, 88],
  ]);
  expect(await asked(false)).toEqual([
    [5, 0],
    [-1, 0],
  ]);
});

test('lists, shows and deletes groups, and forgets offsets', async () => {
  await commit(9, [
    [0, 5],
    [1, 7],
  ]);
  const { groups } = await connection.ask(listApi, 5, { statesFilter: [], typesFilter: [] });
  expect(groups).toMatchObject([{ groupId: 'readers', protocolType: 'consumer' }]);
  const none = await connection.ask(listApi, 5, { statesFilter: ['Stable'], typesFilter: [] });
  expect(none.groups).toEqual([]);
  const asked = { groups: ['readers', 'nobody'], includeAuthorizedOperations: true };
  const shown = await connection.ask(describeApi, 5, asked);
  expect(shown.groups).toMatchObject([
    { errorCode: 0, groupState: 'Empty', members: [] },
    { errorCode: 0, groupState: 'Dead' },
  ]);
  expect((await connection.ask(describeApi, 6, asked)).groups[1]).toMatchObject({ errorCode: 69 });
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }];
  expect(await connection.ask(deleteApi, 0, { groupId: 'readers', topics })).toMatchObject({
    errorCode: 0,
    topics: [{ partitions: [{ errorCode: 0 }] }],
  });
  expect(await committed(8, null)).toEqual([[1, 7, 'at 7']]);
  const deleted = await connection.ask(deleteGroupsApi, 2, { groupsNames: ['readers', 'nobody'] });
  expect(deleted.results.map(({ errorCode }) => errorCode)).toEqual([0, 69]);
  expect(await committed(8, null)).toEqual([]);
});

test('knows a group whose members are assigned by the server as no classic one', async () => {
  await join('reader-1');
  const described = async (version: number) => {
    const request = { groups: ['readers'], includeAuthorizedOperations: false };
    return (await connection.ask(describeApi, version, request)).groups[0]!;
  };
  expect(await described(5)).toMatchObject({ errorCode: 0, groupState: 'Dead', members: [] });
  expect(await described(6)).toMatchObject({
    errorCode: 69,
    errorMessage: 'Group "readers" is not a classic group.',
    groupState: 'Dead',
  });
  const deleted = await connection.ask(deleteGroupsApi, 2, { groupsNames: ['readers'] });
  expect(deleted.results).toMatchObject([{ errorCode: 68 }]);
});
