import { checkAccess } from '../../authorization/access-check.ts';
import { clusterResource } from '../../authorization/acl-binding.ts';
import { failed } from '../../errors/result.ts';
import { authorizedOperations, notAsked } from '../authorized-operations.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { brokerFor } from '../kafka-services.ts';
import { describeClusterRequest, describeClusterResponse } from '../messages/describe-cluster.ts';
import { findCoordinatorRequest, findCoordinatorResponse } from '../messages/find-coordinator.ts';
import { initProducerIdRequest, initProducerIdResponse } from '../messages/init-producer-id.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

export const describeClusterApi = kafkaApi({
  key: 60,
  name: 'DescribeCluster',
  versions: { min: 0, max: 2 },
  request: describeClusterRequest,
  response: describeClusterResponse,
  handle: async ({ services, session }, { includeClusterAuthorizedOperations, endpointType }) => ({
    errorCode: noError,
    endpointType,
    clusterId: services.cluster.clusterId,
    controllerId: session.brokers[0].nodeId,
    brokers: session.brokers.map(({ nodeId, host, port }) => ({ brokerId: nodeId, host, port, isFenced: false })),
    clusterAuthorizedOperations: includeClusterAuthorizedOperations
      ? authorizedOperations(services.principal, 'CLUSTER', clusterResource)
      : notAsked,
  }),
});

export const findCoordinatorApi = kafkaApi({
  key: 10,
  name: 'FindCoordinator',
  versions: { min: 0, max: 6 },
  request: findCoordinatorRequest,
  response: findCoordinatorResponse,
  handle: findCoordinator,
});

export const initProducerIdApi = kafkaApi({
  key: 22,
  name: 'InitProducerId',
  versions: { min: 0, max: 5 },
  request: initProducerIdRequest,
  response: initProducerIdResponse,
  handle: initProducerId,
});

/** The one kind of coordinator that there is: that of consumer groups. */
const groupKey = 0;

/** Every broker leads to every group, so which one is named only spreads connections. */
async function findCoordinator(call: KafkaCall, request: MessageOf<typeof findCoordinatorRequest>) {
  const { key, keyType, coordinatorKeys } = request;
  const coordinators = (call.version < 4 ? [key] : coordinatorKeys).map((name) => coordinatorOf(call, name, keyType));
  const [only] = coordinators;
  const first = only ?? { errorCode: noError, errorMessage: null, nodeId: -1, host: '', port: -1 };
  return { ...first, coordinators };
}

function coordinatorOf({ services, session }: KafkaCall, key: string, keyType: number) {
  const refusal =
    keyType === groupKey
      ? checkAccess(services.principal, { operation: 'DESCRIBE', resourceType: 'GROUP', resourceName: key })
      : failed('INVALID_REQUEST', `There is no coordinator of the type ${keyType}; that of groups is ${groupKey}.`);
  if (!refusal.ok) {
    const { error } = refusal;
    return { key, errorCode: wireErrorOf(error), errorMessage: error.message, nodeId: -1, host: '', port: -1 };
  }
  const { nodeId, host, port } = brokerFor(session.brokers, javaHash(key) & 0x7fff_ffff);
  return { key, errorCode: noError, errorMessage: null, nodeId, host, port };
}

/** String.hashCode, by which Kafka chooses. */
function javaHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

/** A fresh producer id, also for a producer that has one: its epoch then begins anew, and so do its sequences. */
async function initProducerId(call: KafkaCall, { transactionalId }: MessageOf<typeof initProducerIdRequest>) {
  const { principal, catalog, cluster } = call.services;
  const access = { operation: 'IDEMPOTENT_WRITE', resourceType: 'CLUSTER', resourceName: clusterResource } as const;
  const may = checkAccess(principal, access);
  const allowed =
    transactionalId === null
      ? may
      : failed('UNSUPPORTED_VERSION', 'This door has no transactions; leave transactional.id out.');
  const allocated = allowed.ok ? await catalog.allocateProducerId(cluster) : allowed;
  if (!allocated.ok) return { errorCode: wireErrorOf(allocated.error), producerEpoch: -1 };
  const { producerId, producerEpoch } = allocated.value;
  return { errorCode: noError, producerId, producerEpoch };
}
