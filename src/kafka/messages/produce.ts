import { message } from '../wire/message-codec.ts';
import { bytes, int16, int32, int64, string, struct, structs, uuid } from '../wire/schema.ts';

/** Kafka's ProduceRequest, API key 0. */
export const produceRequest = message('ProduceRequest', 9, {
  transactionalId: string('3+', { nullable: '3+', default: null }),
  acks: int16('0+'),
  timeoutMs: int32('0+'),
  topicData: structs('0+', {
    name: string('0-12'),
    topicId: uuid('13+'),
    partitionData: structs('0+', {
      index: int32('0+'),
      records: bytes('0+', { nullable: '0+' }),
    }),
  }),
});

/** Kafka's ProduceResponse, API key 0. */
export const produceResponse = message('ProduceResponse', 9, {
  responses: structs('0+', {
    name: string('0-12'),
    topicId: uuid('13+'),
    partitionResponses: structs('0+', {
      index: int32('0+'),
      errorCode: int16('0+'),
      baseOffset: int64('0+'),
      logAppendTimeMs: int64('2+', { default: -1 }),
      logStartOffset: int64('5+', { default: -1 }),
      recordErrors: structs('8+', {
        batchIndex: int32('8+'),
        batchIndexErrorMessage: string('8+', { nullable: '8+', default: null }),
      }),
      errorMessage: string('8+', { nullable: '8+', default: null }),
      currentLeader: struct(
        '10+',
        {
          leaderId: int32('10+', { default: -1 }),
          leaderEpoch: int32('10+', { default: -1 }),
        },
        { tag: 0 },
      ),
    }),
  }),
  throttleTimeMs: int32('1+', { default: 0 }),
  nodeEndpoints: structs(
    '10+',
    {
      nodeId: int32('10+'),
      host: string('10+'),
      port: int32('10+'),
      rack: string('10+', { nullable: '10+', default: null }),
    },
    { tag: 0 },
  ),
});
