import { alterConfigsSchema, type KafkaBrokerConfig, updateConfigSchema } from '../../../contracts/rest-proxy-v3.ts';
import { failed } from '../../../errors/result.ts';
import { type BrokerConfig, brokerConfigs } from '../../../topics/broker-config.ts';
import { nominalBrokerId } from '../../../topics/nominal-broker.ts';
import { readJson } from '../../request-body.ts';
import { brokerOf } from '../path-values.ts';
import { refused } from '../refusal.ts';
import { restAnswer } from '../rest-answer.ts';
import { pathParameter, type RestCall, type RestHandler } from '../rest-call.ts';
import { clusterUrl, listAt, resourceOf } from './resource.ts';

const listBrokerConfigs: RestHandler = (call) => {
  const broker = brokerOf(call);
  return broker.ok ? configList(call, broker.value) : broker;
};

const listAllBrokerConfigs: RestHandler = (call) => configList(call, '-');

const getBrokerConfig: RestHandler = (call) => {
  const broker = brokerOf(call);
  if (!broker.ok) return broker;
  const name = pathParameter(call, 'name');
  const config = brokerConfigs.find(({ key }) => key === name);
  return config === undefined ? unknownConfig(name) : restAnswer(call, configJson(call, config));
};

const changeBrokerConfig: RestHandler = (call) => {
  const broker = brokerOf(call);
  return broker.ok ? fixedConfigs : broker;
};

const updateBrokerConfig: RestHandler = async (call) => {
  const body = await readJson(call.request, updateConfigSchema);
  return body.ok ? changeBrokerConfig(call) : body;
};

const alterBrokerConfigs: RestHandler = async (call) => {
  const body = await readJson(call.request, alterConfigsSchema);
  return body.ok ? changeBrokerConfig(call) : body;
};

/** Kafka lists what was set for all brokers while they run (DYNAMIC_DEFAULT_BROKER_CONFIG): nothing can be. */
const listClusterConfigs: RestHandler = (call) =>
  restAnswer(call, listAt('KafkaClusterConfigList', clusterUrl(call, 'broker-configs'), []));

const getClusterConfig: RestHandler = (call) => unknownConfig(pathParameter(call, 'name'));

const updateClusterConfig: RestHandler = async (call) => {
  const body = await readJson(call.request, updateConfigSchema);
  return body.ok ? fixedConfigs : body;
};

const resetClusterConfig: RestHandler = () => fixedConfigs;

const alterClusterConfigs: RestHandler = async (call) => {
  const body = await readJson(call.request, alterConfigsSchema);
  return body.ok ? fixedConfigs : body;
};

export const brokerConfigHandlers = {
  listBrokerConfigs,
  listAllBrokerConfigs,
  getBrokerConfig,
  updateBrokerConfig,
  resetBrokerConfig: changeBrokerConfig,
  alterBrokerConfigs,
  listClusterConfigs,
  getClusterConfig,
  updateClusterConfig,
  resetClusterConfig,
  alterClusterConfigs,
} as const;

const fixedConfigs = failed(
  'POLICY_VIOLATION',
  "Configs of brokers are the platform's own and cannot be changed; set configs of topics instead.",
);

const unknownConfig = (name: string) =>
  refused(404, 'INVALID_CONFIG', `There is no such config as ${JSON.stringify(name.slice(0, 80))}.`);

function configList(call: RestCall, broker: number | '-') {
  const configs = brokerConfigs.map((config) => configJson(call, config));
  return restAnswer(call, listAt('KafkaBrokerConfigList', clusterUrl(call, 'brokers', broker, 'configs'), configs));
}

function configJson(call: RestCall, { key, value, isDefault }: BrokerConfig): KafkaBrokerConfig {
  const self = clusterUrl(call, 'brokers', nominalBrokerId, 'configs', key);
  const source = isDefault ? 'DEFAULT_CONFIG' : 'STATIC_BROKER_CONFIG';
  return {
    ...resourceOf(call, 'KafkaBrokerConfig', self, [
      ['broker', nominalBrokerId],
      ['config', key],
    ]),
    broker_id: nominalBrokerId,
    name: key,
    value,
    is_default: isDefault,
    is_read_only: true,
    is_sensitive: false,
    source,
    synonyms: [{ name: key, value, source }],
  };
}
