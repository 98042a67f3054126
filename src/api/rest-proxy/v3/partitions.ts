import { describePartition } from '../partition-offsets.ts';
import { brokerOf, partitionOf } from '../path-values.ts';
import { refused } from '../refusal.ts';
import { restAnswer } from '../rest-answer.ts';
import type { RestHandler } from '../rest-call.ts';
import { partitionJson, replicaJson } from './partition-json.ts';
import { clusterUrl, listAt, resourceOf, topicOf } from './resource.ts';

const offsetType = 'earliest_and_latest';

const listPartitions: RestHandler = async (call) => {
  const route = await call.services.routes.find(topicOf(call));
  if (!route.ok) return route;
  const { topic, partitionCount } = route.value;
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partitionJson(call, topic, partition));
  return restAnswer(call, listAt('KafkaPartitionList', clusterUrl(call, 'topics', topic, 'partitions'), partitions));
};

const getPartition: RestHandler = async (call) => {
  const found = await partitionOf(call);
  return found.ok ? restAnswer(call, partitionJson(call, found.value.route.topic, found.value.partition)) : found;
};

const getPartitionOffsets: RestHandler = async (call) => {
  const asked = new URL(call.request.url).searchParams.get('offset_type') ?? offsetType;
  if (asked !== offsetType) {
    return refused(400, 'INVALID_REQUEST', `offset_type "${asked.slice(0, 50)}" is not known; it is ${offsetType}.`);
  }
  const found = await partitionOf(call);
  if (!found.ok) return found;
  const { route, partition } = found.value;
  const described = await describePartition(call.services, route, partition);
  if (!described.ok) return described;
  const self = clusterUrl(call, 'topics', route.topic, 'partitions', partition, 'offset');
  const name = [
    ['topic', route.topic] as const,
    ['partition', partition] as const,
    ['offset_type', offsetType] as const,
  ];
  return restAnswer(call, {
    ...resourceOf(call, 'KafkaPartitionWithOffsets', self, name),
    topic_name: route.topic,
    partition_id: partition,
    earliest_offset: described.value.logStartOffset,
    latest_offset: described.value.highWatermark,
  });
};

const listReplicas: RestHandler = async (call) => {
  const found = await partitionOf(call);
  if (!found.ok) return found;
  const { route, partition } = found.value;
  const self = clusterUrl(call, 'topics', route.topic, 'partitions', partition, 'replicas');
  return restAnswer(call, listAt('KafkaReplicaList', self, [replicaJson(call, route.topic, partition)]));
};

const getReplica: RestHandler = async (call) => {
  const found = await partitionOf(call);
  if (!found.ok) return found;
  const broker = brokerOf(call);
  return broker.ok ? restAnswer(call, replicaJson(call, found.value.route.topic, found.value.partition)) : broker;
};

/** The platform moves partitions without anyone seeing it, so nothing is ever being reassigned. */
const listReassignments: RestHandler = (call) => {
  const self = clusterUrl(call, 'topics', '-', 'partitions', '-', 'reassignment');
  return restAnswer(call, listAt('KafkaReassignmentList', self, []));
};

const listTopicReassignments: RestHandler = async (call) => {
  const route = await call.services.routes.find(topicOf(call));
  if (!route.ok) return route;
  const self = clusterUrl(call, 'topics', route.value.topic, 'partitions', '-', 'reassignment');
  return restAnswer(call, listAt('KafkaReassignmentList', self, []));
};

const getReassignment: RestHandler = async (call) => {
  const found = await partitionOf(call);
  if (!found.ok) return found;
  return refused(
    404,
    'ROUTE_NOT_FOUND',
    `Partition ${found.value.partition} of topic ${found.value.route.topic} is not being reassigned.`,
  );
};

export const partitionHandlers = {
  listPartitions,
  getPartition,
  getPartitionOffsets,
  listReplicas,
  getReplica,
  listReassignments,
  listTopicReassignments,
  getReassignment,
} as const;
