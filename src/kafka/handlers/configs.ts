import { checkAccess } from '../../authorization/access-check.ts';
import { clusterResource } from '../../authorization/acl-binding.ts';
import type { Access } from '../../authorization/authorize.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import type { TopicDescription } from '../../topics/catalog-rpc.ts';
import { topicConfigKeys } from '../../topics/topic-config-keys.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { alterConfigsRequest, alterConfigsResponse } from '../messages/alter-configs.ts';
import { describeConfigsRequest, describeConfigsResponse } from '../messages/describe-configs.ts';
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '../messages/incremental-alter-configs.ts';
import { brokerConfigEntries, type ConfigDetail, topicConfigEntries } from '../topic-config-entries.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

export const describeConfigsApi = kafkaApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: { min: 1, max: 4 },
  request: describeConfigsRequest,
  response: describeConfigsResponse,
  handle: describeConfigs,
});

export const alterConfigsApi = kafkaApi({
  key: 33,
  name: 'AlterConfigs',
  versions: { min: 0, max: 2 },
  request: alterConfigsRequest,
  response: alterConfigsResponse,
  handle: async (call, { resources, validateOnly }) => ({
    responses: await inWaves(resources, (resource) => alter(call, resource, replacing(resource.configs), validateOnly)),
  }),
});

export const incrementalAlterConfigsApi = kafkaApi({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: { min: 0, max: 1 },
  request: incrementalAlterConfigsRequest,
  response: incrementalAlterConfigsResponse,
  handle: async (call, { resources, validateOnly }) => ({
    responses: await inWaves(resources, (resource) => alter(call, resource, changing(resource.configs), validateOnly)),
  }),
});

/** Kafka's numbers of what has configs (ConfigResource.Type). */
const resourceTypes = { topic: 2, broker: 4 } as const;

/** What this door does that the platform's other doors do not. */
const kafkaDoorConfigs = { 'auto.create.topics.enable': 'true' };

/** What IncrementalAlterConfigs does with a key (AlterConfigOp.OpType). */
const operations = { set: 0, remove: 1, append: 2, subtract: 3 } as const;

type Resource = { readonly resourceType: number; readonly resourceName: string };
type Changes = Record<string, string | null>;
type GivenConfig = { readonly name: string; readonly value: string | null };
type Operation = MessageOf<typeof incrementalAlterConfigsRequest>['resources'][number]['configs'][number];

async function describeConfigs(call: KafkaCall, request: MessageOf<typeof describeConfigsRequest>) {
  const { resources, includeSynonyms: withSynonyms, includeDocumentation: withDocumentation } = request;
  const results = await inWaves(resources, async ({ resourceType, resourceName, configurationKeys: keys }) => {
    const detail = { keys, withSynonyms, withDocumentation };
    const configs = await describeOne(call, { resourceType, resourceName }, detail);
    const named = { resourceType, resourceName };
    if (configs.ok) return { ...named, errorCode: noError, configs: configs.value };
    return { ...named, errorCode: wireErrorOf(configs.error), errorMessage: configs.error.message, configs: [] };
  });
  return { results };
}

async function describeOne(call: KafkaCall, resource: Resource, detail: ConfigDetail) {
  const { resourceType, resourceName } = resource;
  if (resourceType === resourceTypes.topic) {
    const topic = await describeTopic(call, resourceName, 'DESCRIBE_CONFIGS');
    return topic.ok ? ok(topicConfigEntries(topic.value, detail)) : topic;
  }
  if (resourceType !== resourceTypes.broker) return noConfigsOf(resource);
  const may = mayUseCluster(call, 'DESCRIBE_CONFIGS');
  if (!may.ok) return may;
  const isKnown = resourceName === '' || call.session.brokers.some(({ nodeId }) => String(nodeId) === resourceName);
  if (!isKnown) return failed('INVALID_REQUEST', `There is no broker "${resourceName}".`);
  // The empty name means what all brokers share as set by somebody, which is nothing.
  return ok(resourceName === '' ? [] : brokerConfigEntries(detail, kafkaDoorConfigs));
}

type ChangeOf = (topic: TopicDescription) => Result<Changes>;

async function alter(
  call: KafkaCall,
  { resourceType, resourceName }: Resource,
  change: ChangeOf,
  validateOnly: boolean,
) {
  const altered = await alterOne(call, { resourceType, resourceName }, change, validateOnly);
  const named = { resourceType, resourceName };
  if (altered.ok) return { ...named, errorCode: noError };
  return { ...named, errorCode: wireErrorOf(altered.error), errorMessage: altered.error.message };
}

async function alterOne(
  call: KafkaCall,
  resource: Resource,
  change: ChangeOf,
  validateOnly: boolean,
): Promise<Result<unknown>> {
  if (resource.resourceType === resourceTypes.broker) {
    const may = mayUseCluster(call, 'ALTER_CONFIGS');
    return may.ok ? failed('INVALID_REQUEST', 'No config of a broker can be changed; set those of topics.') : may;
  }
  if (resource.resourceType !== resourceTypes.topic) return noConfigsOf(resource);
  const topic = await describeTopic(call, resource.resourceName, 'ALTER_CONFIGS');
  if (!topic.ok) return topic;
  const config = change(topic.value);
  if (!config.ok) return config;
  const { catalog, cluster, routes } = call.services;
  const altered = await catalog.alterTopic(cluster, {
    topic: resource.resourceName,
    config: config.value,
    validateOnly,
  });
  routes.forget(resource.resourceName);
  return altered;
}

async function describeTopic(
  { services }: KafkaCall,
  topic: string,
  operation: Access['operation'],
): Promise<Result<TopicDescription>> {
  const { principal, catalog, cluster } = services;
  const may = checkAccess(principal, { operation, resourceType: 'TOPIC', resourceName: topic });
  return may.ok ? catalog.describeTopic(cluster, topic) : may;
}

const mayUseCluster = ({ services }: KafkaCall, operation: Access['operation']): Result<null> =>
  checkAccess(services.principal, { operation, resourceType: 'CLUSTER', resourceName: clusterResource });

const noConfigsOf = ({ resourceType }: Resource) =>
  failed('INVALID_REQUEST', `Resources of type ${resourceType} have no configs here: only topics and brokers do.`);

/** AlterConfigs says all that is to be set: what it leaves out goes back to its default. */
function replacing(given: readonly GivenConfig[]): ChangeOf {
  return ({ configOverrides }) => {
    const changes: Changes = Object.fromEntries(Object.keys(configOverrides).map((key) => [key, null]));
    for (const { name, value } of given) changes[name] = value;
    return ok(changes);
  };
}

function changing(given: readonly Operation[]): ChangeOf {
  return (topic) => {
    const changes: Changes = {};
    for (const operation of given) {
      if (Object.hasOwn(changes, operation.name)) {
        return failed('INVALID_REQUEST', `The request has the config ${operation.name} more than once.`);
      }
      const value = valueAfter(topic, operation);
      if (!value.ok) return value;
      changes[operation.name] = value.value;
    }
    return ok(changes);
  };
}

function valueAfter({ configOverrides }: TopicDescription, operation: Operation): Result<string | null> {
  const { name, configOperation, value } = operation;
  if (configOperation === operations.remove) return ok(null);
  if (value === null)
    return failed('INVALID_REQUEST', `The config ${name} is to be set to nothing; delete it instead.`);
  if (configOperation === operations.set) return ok(value);
  const entry = topicConfigKeys.find(({ key }) => key === name);
  if (entry !== undefined && entry.domain.type !== 'choices') {
    return failed('INVALID_CONFIG', `The config ${name} is no list, so nothing can be added to it or taken away.`);
  }
  const present = (configOverrides[name] ?? entry?.defaultValue ?? '').split(',').filter((item) => item !== '');
  const named = value.split(',');
  if (configOperation === operations.append) return ok([...new Set([...present, ...named])].join());
  if (configOperation === operations.subtract) return ok(present.filter((item) => !named.includes(item)).join());
  return failed('INVALID_REQUEST', `There is no operation ${configOperation} on configs.`);
}
