import { z } from 'zod';
import * as v2 from '../../../contracts/rest-proxy-v2.ts';
import { consumerTypes, consumeTypes, produceTypes } from '../media-types.ts';
import type { RestOperation } from '../rest-operation.ts';

const topic = '/topics/{topic_name}';
const partition = `${topic}/partitions/{partition_id}`;

const get = (path: string, tag: string, summary: string, schema: z.ZodType): RestOperation => ({
  method: 'GET',
  path,
  tag,
  summary,
  answers: { 200: schema },
});

const produce = (path: string, summary: string): RestOperation => ({
  method: 'POST',
  path,
  tag: 'Records (v2)',
  summary,
  request: v2.produceRequestV2Schema,
  consumes: produceTypes,
  answers: { 200: v2.produceAnswerV2Schema },
});

const group = '/consumers/{group_name}';
const instance = `${group}/instances/{instance}`;

const ofConsumer = (
  method: RestOperation['method'],
  path: string,
  summary: string,
  { request, answer }: { readonly request?: z.ZodType; readonly answer?: z.ZodType },
): RestOperation => ({
  method,
  path,
  tag: 'Consumers (v2)',
  summary,
  ...(request === undefined ? {} : { request, consumes: consumerTypes }),
  produces: consumerTypes,
  answers: answer === undefined ? { 204: null } : { 200: answer },
});

const consumerOperations = {
  createInstance: ofConsumer('POST', group, 'Create a consumer instance', {
    request: v2.createInstanceSchema,
    answer: v2.instanceSchema,
  }),
  deleteInstance: ofConsumer('DELETE', instance, 'Delete a consumer instance', {}),
  subscribe: ofConsumer('POST', `${instance}/subscription`, 'Subscribe to topics or a pattern', {
    request: v2.subscriptionRequestSchema,
  }),
  getSubscription: ofConsumer('GET', `${instance}/subscription`, 'List the topics subscribed to', {
    answer: v2.subscriptionSchema,
  }),
  unsubscribe: ofConsumer('DELETE', `${instance}/subscription`, 'Give up the subscription', {}),
  assign: ofConsumer('POST', `${instance}/assignments`, 'Assign partitions by hand', {
    request: v2.partitionListSchema,
  }),
  getAssignments: ofConsumer('GET', `${instance}/assignments`, 'List the partitions it has', {
    answer: v2.partitionListSchema,
  }),
  commitOffsets: ofConsumer('POST', `${instance}/offsets`, 'Commit offsets, or all that was read', {
    request: v2.offsetsRequestSchema,
    answer: v2.commitAnswerSchema,
  }),
  getCommittedOffsets: ofConsumer('GET', `${instance}/offsets`, 'Get the committed offsets of partitions', {
    request: v2.partitionListSchema,
    answer: v2.committedOffsetsSchema,
  }),
  setPositions: ofConsumer('POST', `${instance}/positions`, 'Read on from other offsets', {
    request: v2.positionsRequestSchema,
  }),
  seekToBeginning: ofConsumer('POST', `${instance}/positions/beginning`, 'Read on from the beginning', {
    request: v2.partitionListSchema,
  }),
  seekToEnd: ofConsumer('POST', `${instance}/positions/end`, 'Read on from the end', {
    request: v2.partitionListSchema,
  }),
  readRecords: {
    ...ofConsumer('GET', `${instance}/records`, 'Read on', { answer: v2.consumedRecordsSchema }),
    produces: consumeTypes,
    hasEffect: true,
    query: {
      timeout: 'How long to wait for records, in ms; -1 for as long as the instance does.',
      max_bytes: 'About how many bytes of keys and values the answer has at most; -1 for as many as it may.',
    },
  },
} as const satisfies Record<string, RestOperation>;

/** Every route of the REST Proxy's API v2. */
export const v2Operations = {
  root: get('/', 'Metadata (v2)', 'See that the door is there', v2.rootSchema),
  postRoot: {
    method: 'POST',
    path: '/',
    tag: 'Metadata (v2)',
    summary: 'See that the door is there',
    request: z.unknown(),
    answers: { 200: v2.rootSchema },
  },
  listTopicNames: get('/topics', 'Metadata (v2)', 'List the names of topics', v2.topicNamesSchema),
  getTopicV2: get(topic, 'Metadata (v2)', 'Get a topic', v2.topicV2Schema),
  listPartitionsV2: get(`${topic}/partitions`, 'Metadata (v2)', 'List partitions', v2.partitionsV2Schema),
  getPartitionV2: get(partition, 'Metadata (v2)', 'Get a partition', v2.partitionV2Schema),
  getPartitionOffsetsV2: get(
    `${partition}/offsets`,
    'Metadata (v2)',
    'Get the first and the next offset of a partition',
    v2.partitionOffsetsV2Schema,
  ),
  listBrokersV2: get('/brokers', 'Metadata (v2)', 'List brokers', v2.brokersV2Schema),
  produceToTopic: produce(topic, 'Produce records to a topic'),
  produceToPartition: produce(partition, 'Produce records to a partition'),
  ...consumerOperations,
} as const satisfies Record<string, RestOperation>;
