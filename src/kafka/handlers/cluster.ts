import { checkAccess } from '../../authorization/access-check.ts';
import { clusterResource } from '../../authorization/acl-binding.ts';
import { failed } from '../../errors/result.ts';
import { authorizedOperations, notAsked } from '../authorized-operations.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { brokerFor } from '../kafka-services.ts';
import { describeClusterRequest, describeClusterResponse } from '../messages/describe-cluster.ts';
import { findCoordinatorRequest, findCoordinatorResponse } from '../messages/find-coordinator.ts';
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

/** Of which kind of key a coordinator is asked for, and what a principal needs to see it. */
const resourceTypes: readonly ('GROUP' | 'TRANSACTIONAL_ID')[] = ['GROUP', 'TRANSACTIONAL_ID'];

/** Every broker leads to every group and transaction, so which one is named only spreads connections. */
async function findCoordinator(call: KafkaCall, request: MessageOf<typeof findCoordinatorRequest>) {
  const { key, keyType, coordinatorKeys } = request;
  const coordinators = (call.version < 4 ? [key] : coordinatorKeys).map((name) => coordinatorOf(call, name, keyType));
  const [only] = coordinators;
  const first = only ?? { errorCode: noError, errorMessage: null, nodeId: -1, host: '', port: -1 };
  return { ...first, coordinators };
}

function coordinatorOf({ services, session }: KafkaCall, key: string, keyType: number) {
  const resourceType = resourceTypes[keyType];
  const refusal =
    resourceType === undefined
      ? failed(
          'INVALID_REQUEST',
          `There is no coordinator of the type ${keyType}; use 0 for groups, 1 for transactions.`,
        )
      : checkAccess(services.principal, { operation: 'DESCRIBE', resourceType, resourceName: key });
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
