import { message } from '../wire/message-codec.ts';
import { bool, int16, int32, int32s, string, structs, throttleTimeMs, uuid } from '../wire/schema.ts';

/** Kafka's MetadataRequest, API key 3. */
export const metadataRequest = message('MetadataRequest', 9, {
  topics: structs(
    '0+',
    {
      topicId: uuid('10+'),
      name: string('0+', { nullable: '10+' }),
    },
    { nullable: '1+' },
  ),
  allowAutoTopicCreation: bool('4+', { default: true }),
  includeClusterAuthorizedOperations: bool('8-10'),
  includeTopicAuthorizedOperations: bool('8+'),
});

/** Kafka's MetadataResponse, API key 3. */
export const metadataResponse = message('MetadataResponse', 9, {
  throttleTimeMs: throttleTimeMs('3+'),
  brokers: structs('0+', {
    nodeId: int32('0+'),
    host: string('0+'),
    port: int32('0+'),
    rack: string('1+', { nullable: '1+', default: null }),
  }),
  clusterId: string('2+', { nullable: '2+', default: null }),
  controllerId: int32('1+', { default: -1 }),
  topics: structs('0+', {
    errorCode: int16('0+'),
    name: string('0+', { nullable: '12+' }),
    topicId: uuid('10+'),
    isInternal: bool('1+', { default: false }),
    partitions: structs('0+', {
      errorCode: int16('0+'),
      partitionIndex: int32('0+'),
      leaderId: int32('0+'),
      leaderEpoch: int32('7+', { default: -1 }),
      replicaNodes: int32s('0+'),
      isrNodes: int32s('0+'),
      offlineReplicas: int32s('5+'),
    }),
    topicAuthorizedOperations: int32('8+', { default: -2147483648 }),
  }),
  clusterAuthorizedOperations: int32('8-10', { default: -2147483648 }),
  errorCode: int16('13+'),
});
