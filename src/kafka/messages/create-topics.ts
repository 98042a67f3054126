import { message } from '../wire/message-codec.ts';
import { bool, int8, int16, int32, int32s, string, structs, throttleTimeMs, uuid } from '../wire/schema.ts';

/** Kafka's CreateTopicsRequest, API key 19. */
export const createTopicsRequest = message('CreateTopicsRequest', 5, {
  topics: structs('0+', {
    name: string('0+'),
    numPartitions: int32('0+'),
    replicationFactor: int16('0+'),
    assignments: structs('0+', {
      partitionIndex: int32('0+'),
      brokerIds: int32s('0+'),
    }),
    configs: structs('0+', {
      name: string('0+'),
      value: string('0+', { nullable: '0+' }),
    }),
  }),
  timeoutMs: int32('0+', { default: 60000 }),
  validateOnly: bool('1+', { default: false }),
});

/** Kafka's CreateTopicsResponse, API key 19. */
export const createTopicsResponse = message('CreateTopicsResponse', 5, {
  throttleTimeMs: throttleTimeMs('2+'),
  topics: structs('0+', {
    name: string('0+'),
    topicId: uuid('7+'),
    errorCode: int16('0+'),
    errorMessage: string('1+', { nullable: '0+' }),
    topicConfigErrorCode: int16('5+', { tag: 0 }),
    numPartitions: int32('5+', { default: -1 }),
    replicationFactor: int16('5+', { default: -1 }),
    configs: structs(
      '5+',
      {
        name: string('5+'),
        value: string('5+', { nullable: '5+' }),
        readOnly: bool('5+'),
        configSource: int8('5+', { default: -1 }),
        isSensitive: bool('5+'),
      },
      { nullable: '5+' },
    ),
  }),
});
