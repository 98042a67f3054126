import { message } from '../wire/message-codec.ts';
import { bytes, int32, int32s, string, strings, structs } from '../wire/schema.ts';

/** Kafka's ConsumerProtocolAssignment. */
export const consumerProtocolAssignment = message('ConsumerProtocolAssignment', null, {
  assignedPartitions: structs('0+', {
    topic: string('0+'),
    partitions: int32s('0+'),
  }),
  userData: bytes('0+', { nullable: '0+', default: null }),
});

/** Kafka's ConsumerProtocolSubscription. */
export const consumerProtocolSubscription = message('ConsumerProtocolSubscription', null, {
  topics: strings('0+'),
  userData: bytes('0+', { nullable: '0+', default: null }),
  ownedPartitions: structs('1+', {
    topic: string('1+'),
    partitions: int32s('1+'),
  }),
  generationId: int32('2+', { default: -1 }),
  rackId: string('3+', { nullable: '3+', default: null }),
});
