import { describable } from '../../../authorization/access-check.ts';
import type { PartitionV2 } from '../../../contracts/rest-proxy-v2.ts';
import { limits } from '../../../limits.ts';
import type { ListTopicsRequest } from '../../../topics/catalog-rpc.ts';
import { nominalBrokerId } from '../../../topics/nominal-broker.ts';
import { topicConfigStrings } from '../../../topics/topic-config.ts';
import { describePartition } from '../partition-offsets.ts';
import { partitionOf } from '../path-values.ts';
import { restAnswer } from '../rest-answer.ts';
import { pathParameter, type RestHandler } from '../rest-call.ts';

const root: RestHandler = (call) => restAnswer(call, {});

const listTopicNames: RestHandler = async (call) => {
  const { catalog, cluster } = call.services;
  const names: string[] = [];
  let after: string | null = null;
  do {
    const page: ListTopicsRequest = { prefix: '', limit: limits.topicsPerPage.max, after };
    const listed = await catalog.findTopics(cluster, page);
    if (!listed.ok) return listed;
    names.push(...listed.value.topics.map(({ topic }) => topic));
    after = listed.value.next;
  } while (after !== null && names.length < limits.topicsPerCluster.value);
  return restAnswer(
    call,
    describable(call.services.principal, 'TOPIC', names, (name) => name),
  );
};

const getTopicV2: RestHandler = async (call) => {
  const { catalog, cluster } = call.services;
  const described = await catalog.describeTopic(cluster, pathParameter(call, 'topic_name'));
  if (!described.ok) return described;
  const { topic, config, partitionCount } = described.value;
  const configs = topicConfigStrings(config);
  return restAnswer(call, { name: topic, configs, partitions: partitionsJson(partitionCount) });
};

const listPartitionsV2: RestHandler = async (call) => {
  const route = await call.services.routes.find(pathParameter(call, 'topic_name'));
  return route.ok ? restAnswer(call, partitionsJson(route.value.partitionCount)) : route;
};

const getPartitionV2: RestHandler = async (call) => {
  const found = await partitionOf(call);
  return found.ok ? restAnswer(call, partitionJson(found.value.partition)) : found;
};

const getPartitionOffsetsV2: RestHandler = async (call) => {
  const found = await partitionOf(call);
  if (!found.ok) return found;
  const described = await describePartition(call.services, found.value.route, found.value.partition);
  if (!described.ok) return described;
  const { logStartOffset, highWatermark } = described.value;
  return restAnswer(call, { beginning_offset: logStartOffset, end_offset: highWatermark });
};

const listBrokersV2: RestHandler = (call) => restAnswer(call, { brokers: [nominalBrokerId] });

export const metadataHandlers = {
  root,
  postRoot: root,
  listTopicNames,
  getTopicV2,
  listPartitionsV2,
  getPartitionV2,
  getPartitionOffsetsV2,
  listBrokersV2,
} as const;

const partitionsJson = (count: number) => Array.from({ length: count }, (_, partition) => partitionJson(partition));

const partitionJson = (partition: number): PartitionV2 => ({
  partition,
  leader: nominalBrokerId,
  replicas: [{ broker: nominalBrokerId, leader: true, in_sync: true }],
});
