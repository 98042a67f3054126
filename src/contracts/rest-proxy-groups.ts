import { z } from 'zod';
import { relatedSchema, restListOf, restResource } from './rest-proxy-v3.ts';

/** Consumer groups as the REST Proxy's API v3 shows them. */

const groupShape = { consumer_group_id: z.string() };

export const kafkaConsumerGroupSchema = restResource('KafkaConsumerGroup', {
  ...groupShape,
  is_simple: z.boolean(),
  partition_assignor: z.string().describe('Empty in lists, which ask no group.'),
  state: z.enum(['EMPTY', 'PREPARING_REBALANCE', 'STABLE']),
  coordinator: relatedSchema,
  consumer: relatedSchema,
  consumers: relatedSchema,
  lag_summary: relatedSchema,
});

const consumerShape = { ...groupShape, consumer_id: z.string() };

export const kafkaConsumerSchema = restResource('KafkaConsumer', {
  ...consumerShape,
  instance_id: z.string().nullable(),
  client_id: z.string(),
  assignments: relatedSchema,
});

const partitionShape = { topic_name: z.string(), partition_id: z.int() };

export const kafkaConsumerAssignmentSchema = restResource('KafkaConsumerAssignment', {
  ...consumerShape,
  ...partitionShape,
  partition: relatedSchema,
  lag: relatedSchema,
});

export const kafkaConsumerLagSchema = restResource('KafkaConsumerLag', {
  ...consumerShape,
  ...partitionShape,
  instance_id: z.string().nullable(),
  client_id: z.string(),
  current_offset: z.int(),
  log_end_offset: z.int(),
  lag: z.int(),
});

export const kafkaLagSummarySchema = restResource('KafkaConsumerGroupLagSummary', {
  ...groupShape,
  max_lag_consumer_id: z.string().describe('Empty when no member reads the partition.'),
  max_lag_instance_id: z.string().nullable(),
  max_lag_client_id: z.string(),
  max_lag_topic_name: z.string(),
  max_lag_partition_id: z.int(),
  max_lag: z.int(),
  total_lag: z.int(),
  max_lag_consumer: relatedSchema,
  max_lag_partition: relatedSchema,
});

export const kafkaConsumerGroupListSchema = restListOf('KafkaConsumerGroupList', kafkaConsumerGroupSchema);
export const kafkaConsumerListSchema = restListOf('KafkaConsumerList', kafkaConsumerSchema);
export const kafkaConsumerAssignmentListSchema = restListOf(
  'KafkaConsumerAssignmentList',
  kafkaConsumerAssignmentSchema,
);
export const kafkaConsumerLagListSchema = restListOf('KafkaConsumerLagList', kafkaConsumerLagSchema);

export type KafkaConsumerGroup = z.infer<typeof kafkaConsumerGroupSchema>;
export type KafkaConsumer = z.infer<typeof kafkaConsumerSchema>;
export type KafkaConsumerAssignment = z.infer<typeof kafkaConsumerAssignmentSchema>;
export type KafkaConsumerLag = z.infer<typeof kafkaConsumerLagSchema>;
export type KafkaLagSummary = z.infer<typeof kafkaLagSummarySchema>;
