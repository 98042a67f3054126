import { message } from '../wire/message-codec.ts';
import { int16, int32, int32s, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's ListPartitionReassignmentsRequest, API key 46. */
export const listPartitionReassignmentsRequest = message('ListPartitionReassignmentsRequest', 0, {
  timeoutMs: int32('0+', { default: 60000 }),
  topics: structs(
    '0+',
    {
      name: string('0+'),
      partitionIndexes: int32s('0+'),
    },
    { nullable: '0+', default: null },
  ),
});

/** Kafka's ListPartitionReassignmentsResponse, API key 46. */
export const listPartitionReassignmentsResponse = message('ListPartitionReassignmentsResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
  errorMessage: string('0+', { nullable: '0+' }),
  topics: structs('0+', {
    name: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      replicas: int32s('0+'),
      addingReplicas: int32s('0+'),
      removingReplicas: int32s('0+'),
    }),
  }),
});
