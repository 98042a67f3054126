import { checkAccess } from '../../authorization/access-check.ts';
import { mayAccess } from '../../authorization/authorize.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import type { CreateTopicRequest, TopicDescription } from '../../topics/catalog-rpc.ts';
import { nominalReplicationFactor } from '../../topics/nominal-broker.ts';
import { topicConfigStrings } from '../../topics/topic-config.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import type { BrokerList } from '../kafka-services.ts';
import { createPartitionsRequest, createPartitionsResponse } from '../messages/create-partitions.ts';
import { createTopicsRequest, createTopicsResponse } from '../messages/create-topics.ts';
import { deleteTopicsRequest, deleteTopicsResponse } from '../messages/delete-topics.ts';
import { configSource } from '../topic-config-entries.ts';
import { findTopic } from '../topic-lookup.ts';
import { zeroUuid } from '../wire/byte-reader.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

export const createTopicsApi = kafkaApi({
  key: 19,
  name: 'CreateTopics',
  versions: { min: 2, max: 7 },
  request: createTopicsRequest,
  response: createTopicsResponse,
  handle: createTopics,
});

export const deleteTopicsApi = kafkaApi({
  key: 20,
  name: 'DeleteTopics',
  versions: { min: 1, max: 6 },
  request: deleteTopicsRequest,
  response: deleteTopicsResponse,
  handle: deleteTopics,
});

export const createPartitionsApi = kafkaApi({
  key: 37,
  name: 'CreatePartitions',
  versions: { min: 0, max: 3 },
  request: createPartitionsRequest,
  response: createPartitionsResponse,
  handle: createPartitions,
});

type CreateRequest = MessageOf<typeof createTopicsRequest>;
type WantedTopic = CreateRequest['topics'][number];
type DeleteRequest = MessageOf<typeof deleteTopicsRequest>;
type WantedPartitions = MessageOf<typeof createPartitionsRequest>['topics'][number];

/** Kafka's way to ask for the default (KIP-464). */
const useDefault = -1;

async function createTopics(call: KafkaCall, { topics, validateOnly }: CreateRequest) {
  const names = topics.map(({ name }) => name);
  const created = await inWaves(topics, async (topic) => {
    const isTwice = names.indexOf(topic.name) !== names.lastIndexOf(topic.name);
    const twice = () => failed('INVALID_REQUEST', `The request has topic "${topic.name}" more than once.`);
    return answerOfCreation(call, topic.name, isTwice ? twice() : await createTopic(call, topic, validateOnly));
  });
  return { topics: created };
}

function createTopic(
  { services, session }: KafkaCall,
  wanted: WantedTopic,
  validateOnly: boolean,
): Result<never> | Promise<Result<TopicDescription>> {
  const may = checkAccess(services.principal, {
    operation: 'CREATE',
    resourceType: 'TOPIC',
    resourceName: wanted.name,
  });
  if (!may.ok) return may;
  const request = creationOf(wanted, session.brokers);
  if (!request.ok) return request;
  return services.catalog.createTopic(services.cluster, { ...request.value, validateOnly });
}

function creationOf(wanted: WantedTopic, brokers: BrokerList): Result<CreateTopicRequest> {
  const { name, numPartitions, replicationFactor, assignments, configs } = wanted;
  const config: Record<string, string> = {};
  for (const { name: key, value } of configs) {
    if (value === null) return failed('INVALID_CONFIG', `The config ${key} of topic "${name}" has no value.`);
    config[key] = value;
  }
  if (assignments.length > 0) {
    const given = numPartitions !== useDefault || replicationFactor !== useDefault;
    if (given) return failed('INVALID_REQUEST', 'Give numbers of partitions and replicas, or assignments, not both.');
    const counted = countAssigned(assignments, brokers);
    return counted.ok ? ok({ topic: name, partitionCount: counted.value, config }) : counted;
  }
  if (replicationFactor !== useDefault && (replicationFactor < 1 || replicationFactor > brokers.length)) {
    return failed(
      'INVALID_REPLICATION_FACTOR',
      `The replication factor ${replicationFactor} cannot be had: clients see ${brokers.length} broker(s), and storage is replicated by itself.`,
    );
  }
  return ok({ topic: name, config, ...(numPartitions !== useDefault && { partitionCount: numPartitions }) });
}

/** Assignments may name brokers that there are; which of them leads stays the platform's business. */
function countAssigned(assignments: WantedTopic['assignments'], brokers: BrokerList): Result<number> {
  const indexes = new Set(assignments.map(({ partitionIndex }) => partitionIndex));
  const isWhole = indexes.size === assignments.length && assignments.every((_, index) => indexes.has(index));
  const isKnown = assignments.every(({ brokerIds }) => areBrokers(brokerIds, brokers));
  if (isWhole && isKnown) return ok(assignments.length);
  return failed(
    'INVALID_REPLICA_ASSIGNMENT',
    'Assignments have every partition from 0 on once, each on brokers of the cluster.',
  );
}

function areBrokers(ids: readonly number[], brokers: BrokerList): boolean {
  const known = new Set(brokers.map(({ nodeId }) => nodeId));
  return ids.length > 0 && new Set(ids).size === ids.length && ids.every((id) => known.has(id));
}

function answerOfCreation({ services }: KafkaCall, name: string, created: Result<TopicDescription>) {
  if (!created.ok) {
    const { error } = created;
    return { name, topicId: zeroUuid, errorCode: wireErrorOf(error), errorMessage: error.message, configs: [] };
  }
  const { topic, topicId, partitionCount, config, configOverrides } = created.value;
  const access = { operation: 'DESCRIBE_CONFIGS', resourceType: 'TOPIC', resourceName: topic } as const;
  if (!mayAccess(services.principal, access)) {
    const refused = checkAccess(services.principal, access);
    const topicConfigErrorCode = refused.ok ? noError : wireErrorOf(refused.error);
    return { name, topicId, errorCode: noError, topicConfigErrorCode, configs: null };
  }
  const configs = Object.entries(topicConfigStrings(config)).map(([key, value]) => ({
    name: key,
    value,
    readOnly: false,
    configSource: Object.hasOwn(configOverrides, key) ? configSource.topic : configSource.default,
    isSensitive: false,
  }));
  return {
    name,
    topicId,
    errorCode: noError,
    numPartitions: partitionCount,
    replicationFactor: nominalReplicationFactor,
    configs,
  };
}

async function deleteTopics(call: KafkaCall, request: DeleteRequest) {
  const named =
    call.version < 6
      ? request.topicNames.map((name) => ({ name, topicId: zeroUuid }))
      : request.topics.map(({ name, topicId }) => ({ name, topicId }));
  const responses = await inWaves(named, async ({ name, topicId }) => {
    const found = await findTopic(call.services, name === null ? { topicId } : { name }, 'DELETE');
    const deleted = found.ok ? await deleteTopic(call, found.value.topic) : found;
    const known = found.ok ? { name: found.value.topic, topicId: found.value.topicId } : { name, topicId };
    if (deleted.ok) return { ...known, errorCode: noError };
    return { ...known, errorCode: wireErrorOf(deleted.error), errorMessage: deleted.error.message };
  });
  return { responses };
}

async function deleteTopic({ services }: KafkaCall, topic: string): Promise<Result<null>> {
  const deleted = await services.catalog.deleteTopic(services.cluster, topic);
  services.routes.forget(topic);
  return deleted;
}

async function createPartitions(call: KafkaCall, { topics, validateOnly }: MessageOf<typeof createPartitionsRequest>) {
  const results = await inWaves(topics, async (wanted) => {
    const { name } = wanted;
    const grown = await growTopic(call, wanted, validateOnly);
    if (grown.ok) return { name, errorCode: noError };
    return { name, errorCode: wireErrorOf(grown.error), errorMessage: grown.error.message };
  });
  return { results };
}

async function growTopic(call: KafkaCall, wanted: WantedPartitions, validateOnly: boolean): Promise<Result<unknown>> {
  const { services, session } = call;
  const { name, count, assignments } = wanted;
  const found = await findTopic(services, { name }, 'ALTER');
  if (!found.ok) return found;
  const { partitionCount } = found.value;
  if (count <= partitionCount) {
    return failed('INVALID_PARTITIONS', `Topic "${name}" has ${partitionCount} partitions already; it can only grow.`);
  }
  const isAssigned =
    assignments === null || assignments.every(({ brokerIds }) => areBrokers(brokerIds, session.brokers));
  if (!isAssigned || (assignments !== null && assignments.length !== count - partitionCount)) {
    return failed(
      'INVALID_REPLICA_ASSIGNMENT',
      'Assignments have every new partition, each on brokers of the cluster.',
    );
  }
  const altered = await services.catalog.alterTopic(services.cluster, {
    topic: name,
    partitionCount: count,
    validateOnly,
  });
  services.routes.forget(name);
  return altered;
}
