import { message } from '../wire/message-codec.ts';
import { int16, int32, int64, string, structs, uint16, uuid } from '../wire/schema.ts';

/** Kafka's DescribeQuorumRequest, API key 55. */
export const describeQuorumRequest = message('DescribeQuorumRequest', 0, {
  topics: structs('0+', {
    topicName: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
    }),
  }),
});

const replicaStateFields = {
  replicaId: int32('0+'),
  replicaDirectoryId: uuid('2+'),
  logEndOffset: int64('0+'),
  lastFetchTimestamp: int64('1+', { default: -1 }),
  lastCaughtUpTimestamp: int64('1+', { default: -1 }),
} as const;

/** Kafka's DescribeQuorumResponse, API key 55. */
export const describeQuorumResponse = message('DescribeQuorumResponse', 0, {
  errorCode: int16('0+'),
  errorMessage: string('2+', { nullable: '2+' }),
  topics: structs('0+', {
    topicName: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
      errorMessage: string('2+', { nullable: '2+' }),
      leaderId: int32('0+'),
      leaderEpoch: int32('0+'),
      highWatermark: int64('0+'),
      currentVoters: structs('0+', replicaStateFields),
      observers: structs('0+', replicaStateFields),
    }),
  }),
  nodes: structs('2+', {
    nodeId: int32('2+'),
    listeners: structs('2+', {
      name: string('2+'),
      host: string('2+'),
      port: uint16('2+'),
    }),
  }),
});
