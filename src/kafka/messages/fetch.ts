import { message } from '../wire/message-codec.ts';
import {
  bytes,
  int8,
  int16,
  int32,
  int32s,
  int64,
  string,
  struct,
  structs,
  throttleTimeMs,
  uuid,
} from '../wire/schema.ts';

/** Kafka's FetchRequest, API key 1. */
export const fetchRequest = message('FetchRequest', 12, {
  clusterId: string('12+', { nullable: '12+', default: null, tag: 0 }),
  replicaId: int32('0-14', { default: -1 }),
  replicaState: struct(
    '15+',
    {
      replicaId: int32('15+', { default: -1 }),
      replicaEpoch: int64('15+', { default: -1 }),
    },
    { tag: 1 },
  ),
  maxWaitMs: int32('0+'),
  minBytes: int32('0+'),
  maxBytes: int32('3+', { default: 2147483647 }),
  isolationLevel: int8('4+', { default: 0 }),
  sessionId: int32('7+', { default: 0 }),
  sessionEpoch: int32('7+', { default: -1 }),
  topics: structs('0+', {
    topic: string('0-12'),
    topicId: uuid('13+'),
    partitions: structs('0+', {
      partition: int32('0+'),
      currentLeaderEpoch: int32('9+', { default: -1 }),
      fetchOffset: int64('0+'),
      lastFetchedEpoch: int32('12+', { default: -1 }),
      logStartOffset: int64('5+', { default: -1 }),
      partitionMaxBytes: int32('0+'),
      replicaDirectoryId: uuid('17+', { tag: 0 }),
      highWatermark: int64('18+', { default: 2 ** 63, tag: 1 }),
    }),
  }),
  forgottenTopicsData: structs('7+', {
    topic: string('7-12'),
    topicId: uuid('13+'),
    partitions: int32s('7+'),
  }),
  rackId: string('11+', { default: '' }),
});

/** Kafka's FetchResponse, API key 1. */
export const fetchResponse = message('FetchResponse', 12, {
  throttleTimeMs: throttleTimeMs('1+'),
  errorCode: int16('7+'),
  sessionId: int32('7+', { default: 0 }),
  responses: structs('0+', {
    topic: string('0-12'),
    topicId: uuid('13+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
      highWatermark: int64('0+'),
      lastStableOffset: int64('4+', { default: -1 }),
      logStartOffset: int64('5+', { default: -1 }),
      divergingEpoch: struct(
        '12+',
        {
          epoch: int32('12+', { default: -1 }),
          endOffset: int64('12+', { default: -1 }),
        },
        { tag: 0 },
      ),
      currentLeader: struct(
        '12+',
        {
          leaderId: int32('12+', { default: -1 }),
          leaderEpoch: int32('12+', { default: -1 }),
        },
        { tag: 1 },
      ),
      snapshotId: struct(
        '12+',
        {
          endOffset: int64('0+', { default: -1 }),
          epoch: int32('0+', { default: -1 }),
        },
        { tag: 2 },
      ),
      abortedTransactions: structs(
        '4+',
        {
          producerId: int64('4+'),
          firstOffset: int64('4+'),
        },
        { nullable: '4+' },
      ),
      preferredReadReplica: int32('11+', { default: -1 }),
      records: bytes('0+', { nullable: '0+' }),
    }),
  }),
  nodeEndpoints: structs(
    '16+',
    {
      nodeId: int32('16+'),
      host: string('16+'),
      port: int32('16+'),
      rack: string('16+', { nullable: '16+', default: null }),
    },
    { tag: 0 },
  ),
});
