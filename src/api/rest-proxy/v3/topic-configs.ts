import { alterConfigsSchema, type KafkaTopicConfig, updateConfigSchema } from '../../../contracts/rest-proxy-v3.ts';
import { failed, ok, type Result } from '../../../errors/result.ts';
import { brokerConfigKeyOf } from '../../../topics/broker-config.ts';
import type { TopicDescription } from '../../../topics/catalog-rpc.ts';
import { topicConfigStrings } from '../../../topics/topic-config.ts';
import { type TopicConfigKey, topicConfigKeys } from '../../../topics/topic-config-keys.ts';
import { readJson } from '../../request-body.ts';
import { refused } from '../refusal.ts';
import { emptyRestAnswer, restAnswer } from '../rest-answer.ts';
import { pathParameter, type RestCall, type RestHandler } from '../rest-call.ts';
import { clusterUrl, listAt, resourceOf, topicOf } from './resource.ts';
import { topicPage } from './topic-page.ts';

/** Topics whose configs one page lists; each has one a key. */
const topicsPerConfigPage = 100;

type ConfigChanges = Readonly<Record<string, string | null>>;

const listTopicConfigs: RestHandler = async (call) => {
  const described = await describe(call);
  if (!described.ok) return described;
  const self = clusterUrl(call, 'topics', described.value.topic, 'configs');
  return restAnswer(call, listAt('KafkaTopicConfigList', self, configsJson(call, described.value)));
};

const listAllTopicConfigs: RestHandler = async (call) => {
  const self = clusterUrl(call, 'topics', '-', 'configs');
  const page = await topicPage(call, self, topicsPerConfigPage, 'DESCRIBE_CONFIGS');
  if (!page.ok) return page;
  const configs = page.value.topics.flatMap((topic) => configsJson(call, topic));
  return restAnswer(call, listAt('KafkaTopicConfigList', self, configs, page.value.next));
};

const getTopicConfig: RestHandler = async (call) => {
  const described = await describe(call);
  if (!described.ok) return described;
  const name = pathParameter(call, 'name');
  const config = configsJson(call, described.value).find((one) => one.name === name);
  if (config !== undefined) return restAnswer(call, config);
  return refused(404, 'INVALID_CONFIG', `There is no topic config ${JSON.stringify(name.slice(0, 80))}.`);
};

const updateTopicConfig: RestHandler = async (call) => {
  const body = await readJson(call.request, updateConfigSchema);
  if (!body.ok) return body;
  return alter(call, { [pathParameter(call, 'name')]: body.value.value ?? null }, false);
};

const resetTopicConfig: RestHandler = (call) => alter(call, { [pathParameter(call, 'name')]: null }, false);

const alterTopicConfigs: RestHandler = async (call) => {
  const body = await readJson(call.request, alterConfigsSchema);
  if (!body.ok) return body;
  const changes: Record<string, string | null> = {};
  for (const { name, value, operation } of body.value.data) {
    if (Object.hasOwn(changes, name)) return failed('INVALID_REQUEST', `data has ${name.slice(0, 80)} twice.`);
    if (operation === 'DELETE') changes[name] = null;
    else if (typeof value === 'string') changes[name] = value;
    else return failed('INVALID_REQUEST', `data sets ${name.slice(0, 80)} without a value; DELETE resets it.`);
  }
  return alter(call, changes, body.value.validate_only === true);
};

export const topicConfigHandlers = {
  listTopicConfigs,
  listAllTopicConfigs,
  getTopicConfig,
  updateTopicConfig,
  resetTopicConfig,
  alterTopicConfigs,
} as const;

async function alter(call: RestCall, config: ConfigChanges, validateOnly: boolean): Promise<Result<Response>> {
  const { catalog, cluster, routes } = call.services;
  const topic = topicOf(call);
  const altered = await catalog.alterTopic(cluster, { topic, config, ...(validateOnly ? { validateOnly } : {}) });
  if (!altered.ok) return altered;
  routes.forget(topic);
  return emptyRestAnswer();
}

async function describe(call: RestCall): Promise<Result<TopicDescription>> {
  const { catalog, cluster } = call.services;
  const described = await catalog.describeTopic(cluster, topicOf(call));
  return described.ok ? ok(described.value) : described;
}

function configsJson(call: RestCall, topic: TopicDescription): KafkaTopicConfig[] {
  const values = topicConfigStrings(topic.config);
  return topicConfigKeys.map((entry) => configJson(call, topic, entry, values[entry.key] ?? entry.defaultValue));
}

function configJson(
  call: RestCall,
  { topic, configOverrides }: TopicDescription,
  { key, defaultValue }: TopicConfigKey,
  value: string,
): KafkaTopicConfig {
  const isDefault = !Object.hasOwn(configOverrides, key);
  const own = { name: key, value, source: 'DYNAMIC_TOPIC_CONFIG' } as const;
  const inherited = { name: brokerConfigKeyOf(key), value: defaultValue, source: 'DEFAULT_CONFIG' } as const;
  const self = clusterUrl(call, 'topics', topic, 'configs', key);
  return {
    ...resourceOf(call, 'KafkaTopicConfig', self, [
      ['topic', topic],
      ['config', key],
    ]),
    topic_name: topic,
    name: key,
    value,
    is_default: isDefault,
    is_read_only: false,
    is_sensitive: false,
    source: isDefault ? inherited.source : own.source,
    synonyms: isDefault ? [inherited] : [own, inherited],
  };
}
