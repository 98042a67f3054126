import { message } from '../wire/message-codec.ts';
import { int8, int16, int32, int32s, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's ElectLeadersRequest, API key 43. */
export const electLeadersRequest = message('ElectLeadersRequest', 2, {
  electionType: int8('1+'),
  topicPartitions: structs(
    '0+',
    {
      topic: string('0+'),
      partitions: int32s('0+'),
    },
    { nullable: '0+' },
  ),
  timeoutMs: int32('0+', { default: 60000 }),
});

/** Kafka's ElectLeadersResponse, API key 43. */
export const electLeadersResponse = message('ElectLeadersResponse', 2, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('1+'),
  replicaElectionResults: structs('0+', {
    topic: string('0+'),
    partitionResult: structs('0+', {
      partitionId: int32('0+'),
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
    }),
  }),
});
