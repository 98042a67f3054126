import { z } from 'zod';
import * as v2 from '../../../contracts/rest-proxy-v2.ts';
import { produceTypes } from '../media-types.ts';
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
} as const satisfies Record<string, RestOperation>;
