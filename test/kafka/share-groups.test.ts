import { beforeEach, expect, test } from 'vitest';
import {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
} from '../../src/kafka/messages/consumer-group-heartbeat.ts';
import { deleteGroupsRequest, deleteGroupsResponse } from '../../src/kafka/messages/delete-groups.ts';
import { listGroupsRequest, listGroupsResponse } from '../../src/kafka/messages/list-groups.ts';
import { shareAcknowledgeRequest, shareAcknowledgeResponse } from '../../src/kafka/messages/share-acknowledge.ts';
import { shareFetchRequest, shareFetchResponse } from '../../src/kafka/messages/share-fetch.ts';
import {
  shareGroupDescribeRequest,
  shareGroupDescribeResponse,
} from '../../src/kafka/messages/share-group-describe.ts';
import {
  shareGroupHeartbeatRequest,
  shareGroupHeartbeatResponse,
} from '../../src/kafka/messages/share-group-heartbeat.ts';
import type { MessageOf } from '../../src/kafka/wire/message-codec.ts';
import { limits } from '../../src/limits.ts';
import { batchOf, produceApi, produceRequestOf } from '../support/kafka-requests.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

const heartbeatApi = { key: 76, request: shareGroupHeartbeatRequest, response: shareGroupHeartbeatResponse };
const describeApi = { key: 77, request: shareGroupDescribeRequest, response: shareGroupDescribeResponse };
const fetchApi = { key: 78, request: shareFetchRequest, response: shareFetchResponse };
const acknowledgeApi = { key: 79, request: shareAcknowledgeRequest, response: shareAcknowledgeResponse };
const listApi = { key: 16, request: listGroupsRequest, response: listGroupsResponse };
const deleteApi = { key: 42, request: deleteGroupsRequest, response: deleteGroupsResponse };
const consumerApi = { key: 68, request: consumerGroupHeartbeatRequest, response: consumerGroupHeartbeatResponse };

type Batch = { firstOffset: number; lastOffset: number; acknowledgeTypes: number[] };
type Fetch = Partial<MessageOf<typeof shareFetchRequest>> & { readonly batches?: readonly Batch[] };

const groupId = 'workers';

let platform: MemoryPlatform;
let topicId: string;
beforeEach(async () => {
  platform = new MemoryPlatform();
  const { catalog, cluster } = platform.services;
  const created = await catalog.createTopic(cluster, { topic: 'jobs', partitionCount: 1 });
  if (created.ok) topicId = created.value.topicId;
});

const all = (firstOffset: number, lastOffset: number, type: number): Batch[] => [
  { firstOffset, lastOffset, acknowledgeTypes: [type] },
];

/** A worker on a connection of its own. */
class Worker {
  readonly connection = new KafkaTestConnection({ platform });
  readonly memberId: string;
  sessionEpoch = 0;

  constructor(memberId: string) {
    this.memberId = memberId;
  }

  async join(): Promise<this> {
    const joined = await this.beat(0, ['jobs']);
    expect(joined).toMatchObject({ errorCode: 0, memberEpoch: 1, heartbeatIntervalMs: 5_000 });
    expect(joined.assignment).toEqual({ topicPartitions: [{ topicId, partitions: [0] }] });
    return this;
  }

  beat(memberEpoch: number, subscribedTopicNames: string[] | null = null) {
    const { memberId } = this;
    return this.connection.ask(heartbeatApi, 1, { groupId, memberId, memberEpoch, subscribedTopicNames });
  }

  /** The next fetch of the session, which it opens as needed. */
  async fetch({ batches = [], ...more }: Fetch = {}, version = 2) {
    const partitions = [{ partitionIndex: 0, acknowledgementBatches: batches }];
    const answer = await this.connection.ask(fetchApi, version, {
      groupId,
      memberId: this.memberId,
      shareSessionEpoch: this.sessionEpoch,
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1 << 20,
      maxRecords: 100,
      batchSize: 100,
      topics: this.sessionEpoch === 0 || batches.length > 0 ? [{ topicId, partitions }] : [],
      forgottenTopicsData: [],
      ...more,
    });
    if (answer.errorCode === 0) this.sessionEpoch += 1;
    const [partition] = answer.responses[0]?.partitions ?? [];
    const acquired = (partition?.acquiredRecords ?? []).map(({ firstOffset, lastOffset, deliveryCount }) => [
      firstOffset,
      lastOffset,
      deliveryCount,
    ]);
    return { ...answer, partition, acquired };
  }

  async acknowledge(batches: readonly Batch[], more: { shareSessionEpoch?: number; isRenewAck?: boolean } = {}) {
    const partitions = [{ partitionIndex: 0, acknowledgementBatches: batches }];
    const { memberId, sessionEpoch: shareSessionEpoch } = this;
    const topics = batches.length === 0 ? [] : [{ topicId, partitions }];
    const answer = await this.connection.ask(acknowledgeApi, 2, {
      groupId,
      memberId,
      shareSessionEpoch,
      topics,
      ...more,
    });
    if (answer.errorCode === 0) this.sessionEpoch += 1;
    return answer.errorCode || (answer.responses[0]?.partitions[0]?.errorCode ?? 0);
  }
}

async function produce(...values: string[]): Promise<void> {
  const connection = new KafkaTestConnection({ platform });
  await connection.ask(produceApi, 9, produceRequestOf('jobs', { 0: batchOf(...values) }));
}

test('workers are given batches as they are, with what of them is theirs, until they decide', async () => {
  const ada = await new Worker('ada').join();
  expect((await ada.fetch()).acquired).toEqual([]);
  await produce('a', 'b', 'c');
  const { partition, acquired, acquisitionLockTimeoutMs } = await ada.fetch({ maxRecords: 2 });
  expect([acquired, acquisitionLockTimeoutMs]).toEqual([[[0, 1, 1]], 30_000]);
  expect(partition!.records!.length).toBe(batchOf('a', 'b', 'c').length);

  const bob = await new Worker('bob').join();
  expect((await bob.fetch()).acquired, 'what the other one does not have').toEqual([[2, 2, 1]]);
  expect(await ada.acknowledge([{ firstOffset: 0, lastOffset: 1, acknowledgeTypes: [1, 2] }])).toBe(0);
  expect((await bob.fetch({ batches: all(2, 2, 3) })).acquired, 'what was released comes again').toEqual([[1, 1, 2]]);
  expect(await ada.acknowledge(all(0, 0, 1)), 'it was decided before').toBe(121);
  expect(await ada.acknowledge(all(1, 1, 1)), 'it is not this worker').toBe(121);
});

test('what a connection was given comes back when it ends, or its session does', async () => {
  const ada = await new Worker('ada').join();
  await ada.fetch();
  await produce('a', 'b');
  expect((await ada.fetch()).acquired).toEqual([[0, 1, 1]]);
  ada.connection.stream.finish();
  await ada.connection.served;
  const bob = await new Worker('bob').join();
  expect((await bob.fetch()).acquired).toEqual([[0, 1, 2]]);
  expect(await bob.acknowledge(all(0, 0, 1), { shareSessionEpoch: -1 })).toBe(0);
  const eve = await new Worker('eve').join();
  expect((await eve.fetch()).acquired).toEqual([[1, 1, 3]]);
  expect(await eve.fetch({ shareSessionEpoch: -1 })).toMatchObject({ errorCode: 0, acquired: [] });
  eve.sessionEpoch = 0;
  expect((await eve.fetch()).acquired).toEqual([[1, 1, 4]]);
});

test('a lock that is renewed lasts, and one that is not runs out', async () => {
  const ada = await new Worker('ada').join();
  await ada.fetch();
  await produce('a', 'b');
  await ada.fetch();
  platform.nowMs += 20_000;
  expect(await ada.acknowledge(all(0, 0, 4)), 'it did not say that it would').toBe(42);
  expect(await ada.acknowledge(all(0, 0, 4), { isRenewAck: true })).toBe(0);
  const renewing = { batches: all(1, 1, 4), isRenewAck: true, maxWaitMs: 0, maxRecords: 0, maxBytes: 0 };
  expect((await ada.fetch(renewing)).partition).toMatchObject({ acknowledgeErrorCode: 0, acquiredRecords: [] });
  platform.nowMs += 20_000;
  expect(await ada.acknowledge(all(0, 0, 1))).toBe(0);
  platform.nowMs += 20_000;
  expect((await ada.fetch({ batches: all(1, 1, 1) })).partition).toMatchObject({
    errorCode: 0,
    acknowledgeErrorCode: 121,
    acquiredRecords: [{ firstOffset: 1, deliveryCount: 2 }],
  });
});

test('sessions are opened by fetches, and go on call by call', async () => {
  const ada = await new Worker('ada').join();
  expect(await ada.acknowledge(all(0, 0, 1))).toBe(123);
  expect(await ada.acknowledge([], { shareSessionEpoch: 1 })).toBe(122);
  expect(await ada.fetch({ shareSessionEpoch: 1 })).toMatchObject({ errorCode: 122, responses: [] });
  expect(await ada.fetch({ batches: all(0, 0, 1) })).toMatchObject({ errorCode: 42 });
  expect(await ada.fetch({ memberId: '' })).toMatchObject({ errorCode: 42 });
  await ada.fetch();
  expect(await ada.fetch({ shareSessionEpoch: 5 })).toMatchObject({ errorCode: 123 });
  expect((await ada.fetch()).errorCode).toBe(0);
  const unknown = 'ffffffff-ffff-4fff-8fff-ffffffffffff';
  const partitions = [{ partitionIndex: 0, partitionMaxBytes: 0, acknowledgementBatches: [] }];
  expect((await ada.fetch({ topics: [{ topicId: unknown, partitions }] })).partition).toMatchObject({ errorCode: 100 });
  const forgottenTopicsData = [{ topicId: unknown, partitions: [0] }];
  expect((await ada.fetch({ forgottenTopicsData })).responses).toEqual([]);
  for (let others = 1; others < limits.kafkaShareSessions.value; others += 1) {
    expect(await ada.fetch({ memberId: `m${others}`, shareSessionEpoch: 0 })).toMatchObject({ errorCode: 0 });
  }
  expect(await ada.fetch({ memberId: 'one-more', shareSessionEpoch: 0 })).toMatchObject({ errorCode: 133 });
});

test('members say what they read when they join, and are shown and deleted as a share group', async () => {
  const ada = new Worker('ada');
  expect(await ada.beat(0)).toMatchObject({ errorCode: 42 });
  expect(await ada.beat(3)).toMatchObject({ errorCode: 25 });
  await ada.join();
  expect(await ada.beat(1)).toMatchObject({ errorCode: 0, memberEpoch: 1, assignment: null });
  expect(await ada.beat(2)).toMatchObject({ errorCode: 110 });
  const groupIds = [groupId, 'others'];
  const request = { groupIds, includeAuthorizedOperations: false };
  expect((await ada.connection.ask(describeApi, 1, request)).groups).toMatchObject([
    {
      errorCode: 0,
      groupState: 'Stable',
      members: [
        { memberId: 'ada', subscribedTopicNames: ['jobs'], assignment: { topicPartitions: [{ topicName: 'jobs' }] } },
      ],
    },
    { errorCode: 69 },
  ]);
  const joining = { memberEpoch: 0, rebalanceTimeoutMs: 9_000, subscribedTopicNames: ['jobs'], topicPartitions: [] };
  expect(await ada.connection.ask(consumerApi, 1, { groupId, memberId: 'x', ...joining })).toMatchObject({
    errorCode: 69,
  });
  const listed = await ada.connection.ask(listApi, 5, { statesFilter: [], typesFilter: ['Share'] });
  expect(listed.groups).toMatchObject([{ groupId, protocolType: 'share', groupType: 'Share' }]);

  const deleted = async () =>
    (await ada.connection.ask(deleteApi, 2, { groupsNames: [groupId] })).results[0]!.errorCode;
  expect(await deleted()).toBe(68);
  expect(await ada.beat(-1)).toMatchObject({ errorCode: 0, memberEpoch: -1 });
  expect([await deleted(), await deleted()]).toEqual([0, 69]);
});
