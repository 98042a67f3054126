import { checkEach } from '../../../authorization/access-check.ts';
import { mayAccess } from '../../../authorization/authorize.ts';
import {
  alterPartitionsCountSchema,
  type CreateKafkaTopic,
  createKafkaTopicSchema,
  type KafkaTopic,
} from '../../../contracts/rest-proxy-v3.ts';
import { failed, ok, type Result } from '../../../errors/result.ts';
import type { CreateTopicRequest, TopicDescription } from '../../../topics/catalog-rpc.ts';
import { nominalBrokerId, nominalReplicationFactor } from '../../../topics/nominal-broker.ts';
import { readJson } from '../../request-body.ts';
import { emptyRestAnswer, restAnswer } from '../rest-answer.ts';
import type { RestCall, RestHandler } from '../rest-call.ts';
import { clusterUrl, listAt, related, resourceOf, topicOf } from './resource.ts';
import { topicPage } from './topic-page.ts';

/** Topics one list has: what clients that know no pages can see, and a few megabytes of answer. */
const topicsPerList = 5_000;

/** What may be done with a topic at most. */
const topicAccesses = [
  'ALTER',
  'ALTER_CONFIGS',
  'CREATE',
  'DELETE',
  'DESCRIBE',
  'DESCRIBE_CONFIGS',
  'READ',
  'WRITE',
] as const;

const listTopics: RestHandler = async (call) => {
  const self = clusterUrl(call, 'topics');
  const page = await topicPage(call, self, topicsPerList);
  if (!page.ok) return page;
  const topics = page.value.topics.map((topic) => topicJson(call, topic));
  return restAnswer(call, listAt('KafkaTopicList', self, topics, page.value.next));
};

const createTopic: RestHandler = async (call) => {
  const body = await readJson(call.request, createKafkaTopicSchema);
  if (!body.ok) return body;
  const allowed = checkEach(call.services.principal, 'CREATE', 'TOPIC', [body.value.topic_name]);
  if (!allowed.ok) return allowed;
  const request = createRequestOf(body.value);
  if (!request.ok) return request;
  const { catalog, cluster, routes } = call.services;
  const created = await catalog.createTopic(cluster, request.value);
  if (!created.ok) return created;
  routes.forget(request.value.topic);
  const topic = topicJson(call, created.value);
  const status = request.value.validateOnly === true ? 200 : 201;
  return restAnswer(call, topic, status, { location: topic.metadata.self });
};

const getTopic: RestHandler = async (call) => {
  const { catalog, cluster } = call.services;
  const described = await catalog.describeTopic(cluster, topicOf(call));
  return described.ok ? restAnswer(call, topicJson(call, described.value)) : described;
};

const alterPartitionsCount: RestHandler = async (call) => {
  const body = await readJson(call.request, alterPartitionsCountSchema);
  if (!body.ok) return body;
  const { catalog, cluster, routes } = call.services;
  const topic = topicOf(call);
  const partitionCount = body.value.partitions_count;
  const described = await catalog.describeTopic(cluster, topic);
  if (!described.ok) return described;
  if (partitionCount === described.value.partitionCount) {
    return failed('INVALID_PARTITIONS', `Topic ${topic} has ${partitionCount} partitions already; ask for more.`);
  }
  const altered = await catalog.alterTopic(cluster, { topic, partitionCount });
  if (!altered.ok) return altered;
  routes.forget(topic);
  return restAnswer(call, topicJson(call, altered.value));
};

const deleteTopic: RestHandler = async (call) => {
  const { catalog, cluster, routes } = call.services;
  const topic = topicOf(call);
  const deleted = await catalog.deleteTopic(cluster, topic);
  if (!deleted.ok) return deleted;
  routes.forget(topic);
  return emptyRestAnswer();
};

export const topicHandlers = { listTopics, createTopic, getTopic, alterPartitionsCount, deleteTopic } as const;

/** -1 is Kafka's way to ask for the default (CreateTopics, KIP-464). */
function createRequestOf(body: CreateKafkaTopic): Result<CreateTopicRequest> {
  const replication = body.replication_factor ?? -1;
  if (replication !== -1 && replication !== nominalReplicationFactor) {
    return failed(
      'INVALID_REPLICATION_FACTOR',
      `replication_factor ${replication} cannot be had: the cluster shows one broker, and storage is replicated by itself. Leave it out, or send ${nominalReplicationFactor}.`,
      { replication_factor: replication },
    );
  }
  const partitions = partitionCountOf(body);
  if (!partitions.ok) return partitions;
  const config: Record<string, string> = {};
  for (const { name, value } of body.configs ?? []) {
    if (Object.hasOwn(config, name)) return failed('INVALID_REQUEST', `configs has ${name.slice(0, 80)} twice.`);
    if (typeof value === 'string') config[name] = value;
  }
  return ok({
    topic: body.topic_name,
    config,
    ...(partitions.value === null ? {} : { partitionCount: partitions.value }),
    ...(body.validate_only === true ? { validateOnly: true } : {}),
  });
}

function partitionCountOf(body: CreateKafkaTopic): Result<number | null> {
  const asked = body.partitions_count ?? -1;
  const assignments = body.replicas_assignments ?? [];
  if (assignments.length === 0) return ok(asked === -1 ? null : asked);
  if (asked !== -1) {
    return failed('INVALID_REQUEST', 'Give partitions_count or replicas_assignments, which counts them, not both.');
  }
  const isOnBroker = assignments.every(
    ({ broker_ids: [only, ...more] }) => only === nominalBrokerId && more.length === 0,
  );
  const isWhole = new Set(assignments.map(({ partition_id: id }) => id)).size === assignments.length;
  const isConsecutive = assignments.every(({ partition_id: id }) => id >= 0 && id < assignments.length);
  if (isOnBroker && isWhole && isConsecutive) return ok(assignments.length);
  return failed(
    'INVALID_REPLICA_ASSIGNMENT',
    `replicas_assignments must have every partition from 0 on once, each on broker ${nominalBrokerId} alone.`,
  );
}

function topicJson(call: RestCall, { topic, partitionCount }: TopicDescription): KafkaTopic {
  const self = clusterUrl(call, 'topics', topic);
  const isAsked = new URL(call.request.url).searchParams.get('include_authorized_operations') === 'true';
  return {
    ...resourceOf(call, 'KafkaTopic', self, [['topic', topic]]),
    topic_name: topic,
    is_internal: topic.startsWith('__'),
    replication_factor: nominalReplicationFactor,
    partitions_count: partitionCount,
    partitions: related(`${self}/partitions`),
    configs: related(`${self}/configs`),
    partition_reassignments: related(`${self}/partitions/-/reassignment`),
    authorized_operations: isAsked ? authorizedOperations(call, topic) : [],
  };
}

function authorizedOperations({ services: { principal } }: RestCall, topic: string): string[] {
  return topicAccesses.filter((operation) =>
    mayAccess(principal, { operation, resourceType: 'TOPIC', resourceName: topic }),
  );
}
