import type { KafkaCluster } from '../../../contracts/rest-proxy-v3.ts';
import { nominalBrokerId } from '../../../topics/nominal-broker.ts';
import { restAnswer } from '../rest-answer.ts';
import type { RestCall, RestHandler } from '../rest-call.ts';
import { clusterUrl, listAt, related, resourceOf } from './resource.ts';

const listClusters: RestHandler = (call) =>
  restAnswer(call, listAt('KafkaClusterList', `${call.base}/v3/clusters`, [clusterJson(call)]));

const getCluster: RestHandler = (call) => restAnswer(call, clusterJson(call));

export const clusterHandlers = { listClusters, getCluster } as const;

function clusterJson(call: RestCall): KafkaCluster {
  const to = (...segments: (string | number)[]) => related(clusterUrl(call, ...segments));
  return {
    ...resourceOf(call, 'KafkaCluster', clusterUrl(call)),
    controller: to('brokers', nominalBrokerId),
    acls: to('acls'),
    brokers: to('brokers'),
    broker_configs: to('broker-configs'),
    consumer_groups: to('consumer-groups'),
    topics: to('topics'),
    partition_reassignments: to('topics', '-', 'partitions', '-', 'reassignment'),
  };
}
