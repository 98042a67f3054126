import type { KafkaBroker } from '../../../contracts/rest-proxy-v3.ts';
import { nominalBrokerId } from '../../../topics/nominal-broker.ts';
import { brokerOf } from '../path-values.ts';
import { restAnswer } from '../rest-answer.ts';
import type { RestCall, RestHandler } from '../rest-call.ts';
import { replicaJson } from './partition-json.ts';
import { clusterUrl, listAt, related, resourceOf } from './resource.ts';
import { topicPage } from './topic-page.ts';

/** Topics whose replicas one page of a broker's replicas lists. */
const topicsPerReplicaPage = 100;

const listBrokers: RestHandler = (call) =>
  restAnswer(call, listAt('KafkaBrokerList', clusterUrl(call, 'brokers'), [brokerJson(call)]));

const getBroker: RestHandler = (call) => {
  const broker = brokerOf(call);
  return broker.ok ? restAnswer(call, brokerJson(call)) : broker;
};

const listBrokerReplicas: RestHandler = async (call) => {
  const broker = brokerOf(call);
  if (!broker.ok) return broker;
  const self = clusterUrl(call, 'brokers', broker.value, 'partition-replicas');
  const page = await topicPage(call, self, topicsPerReplicaPage);
  if (!page.ok) return page;
  const replicas = page.value.topics.flatMap(({ topic, partitionCount }) =>
    Array.from({ length: partitionCount }, (_, partition) => replicaJson(call, topic, partition)),
  );
  return restAnswer(call, listAt('KafkaReplicaList', self, replicas, page.value.next));
};

export const brokerHandlers = { listBrokers, getBroker, listBrokerReplicas } as const;

/** Nobody can connect to the nominal broker by itself, so it has no address. */
function brokerJson(call: RestCall): KafkaBroker {
  const self = clusterUrl(call, 'brokers', nominalBrokerId);
  return {
    ...resourceOf(call, 'KafkaBroker', self, [['broker', nominalBrokerId]]),
    broker_id: nominalBrokerId,
    host: null,
    port: null,
    rack: null,
    configs: related(`${self}/configs`),
    partition_replicas: related(`${self}/partition-replicas`),
  };
}
