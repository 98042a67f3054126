import { message } from '../wire/message-codec.ts';
import { int16, int32, int32s, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's AlterReplicaLogDirsRequest, API key 34. */
export const alterReplicaLogDirsRequest = message('AlterReplicaLogDirsRequest', 2, {
  dirs: structs('0+', {
    path: string('0+'),
    topics: structs('0+', {
      name: string('0+'),
      partitions: int32s('0+'),
    }),
  }),
});

/** Kafka's AlterReplicaLogDirsResponse, API key 34. */
export const alterReplicaLogDirsResponse = message('AlterReplicaLogDirsResponse', 2, {
  throttleTimeMs: throttleTimeMs('0+'),
  results: structs('0+', {
    topicName: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
    }),
  }),
});
