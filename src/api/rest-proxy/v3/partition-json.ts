import type { KafkaPartition, KafkaReplica } from '../../../contracts/rest-proxy-v3.ts';
import { nominalBrokerId } from '../../../topics/nominal-broker.ts';
import type { RestCall } from '../rest-call.ts';
import { clusterUrl, related, resourceOf } from './resource.ts';

export function partitionJson(call: RestCall, topic: string, partition: number): KafkaPartition {
  const self = clusterUrl(call, 'topics', topic, 'partitions', partition);
  return {
    ...resourceOf(call, 'KafkaPartition', self, [
      ['topic', topic],
      ['partition', partition],
    ]),
    topic_name: topic,
    partition_id: partition,
    leader: related(`${self}/replicas/${nominalBrokerId}`),
    replicas: related(`${self}/replicas`),
    reassignment: related(`${self}/reassignment`),
  };
}

/** The one replica that a partition shows: on the nominal broker, leading and in sync. */
export function replicaJson(call: RestCall, topic: string, partition: number): KafkaReplica {
  const self = clusterUrl(call, 'topics', topic, 'partitions', partition, 'replicas', nominalBrokerId);
  return {
    ...resourceOf(call, 'KafkaReplica', self, [
      ['topic', topic],
      ['partition', partition],
      ['replica', nominalBrokerId],
    ]),
    topic_name: topic,
    partition_id: partition,
    broker_id: nominalBrokerId,
    is_leader: true,
    is_in_sync: true,
    broker: related(clusterUrl(call, 'brokers', nominalBrokerId)),
  };
}
