import { message } from '../wire/message-codec.ts';
import { bool, int16, int32, int32s, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's AlterPartitionReassignmentsRequest, API key 45. */
export const alterPartitionReassignmentsRequest = message('AlterPartitionReassignmentsRequest', 0, {
  timeoutMs: int32('0+', { default: 60000 }),
  allowReplicationFactorChange: bool('1+', { default: true }),
  topics: structs('0+', {
    name: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      replicas: int32s('0+', { nullable: '0+', default: null }),
    }),
  }),
});

/** Kafka's AlterPartitionReassignmentsResponse, API key 45. */
export const alterPartitionReassignmentsResponse = message('AlterPartitionReassignmentsResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  allowReplicationFactorChange: bool('1+', { default: true }),
  errorCode: int16('0+'),
  errorMessage: string('0+', { nullable: '0+' }),
  responses: structs('0+', {
    name: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
    }),
  }),
});
