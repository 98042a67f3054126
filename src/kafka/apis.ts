import { createAclsApi, deleteAclsApi, describeAclsApi } from './handlers/acls.ts';
import { addOffsetsToTxnApi, addPartitionsToTxnApi } from './handlers/add-to-transaction.ts';
import { apiVersionsApi } from './handlers/api-versions.ts';
import { describeClusterApi, findCoordinatorApi } from './handlers/cluster.ts';
import { alterConfigsApi, describeConfigsApi, incrementalAlterConfigsApi } from './handlers/configs.ts';
import { consumerGroupDescribeApi } from './handlers/consumer-group-describe.ts';
import { consumerGroupHeartbeatApi } from './handlers/consumer-group-heartbeat.ts';
import { deleteRecordsApi } from './handlers/delete-records.ts';
import { describeProducersApi } from './handlers/describe-producers.ts';
import { describeTopicPartitionsApi } from './handlers/describe-topic-partitions.ts';
import { describeTransactionsApi, listTransactionsApi } from './handlers/describe-transactions.ts';
import { endTxnApi } from './handlers/end-txn.ts';
import { fetchApi } from './handlers/fetch.ts';
import { offsetCommitApi, offsetDeleteApi, offsetFetchApi } from './handlers/group-offsets.ts';
import { deleteGroupsApi, describeGroupsApi, listGroupsApi } from './handlers/groups.ts';
import { heartbeatApi } from './handlers/heartbeat.ts';
import { initProducerIdApi } from './handlers/init-producer-id.ts';
import { joinGroupApi } from './handlers/join-group.ts';
import { leaveGroupApi } from './handlers/leave-group.ts';
import { listOffsetsApi } from './handlers/list-offsets.ts';
import { metadataApi } from './handlers/metadata.ts';
import { offsetForLeaderEpochApi } from './handlers/offset-for-leader-epoch.ts';
import { produceApi } from './handlers/produce.ts';
import { saslAuthenticateApi, saslHandshakeApi } from './handlers/sasl.ts';
import { shareAcknowledgeApi } from './handlers/share-acknowledge.ts';
import { shareFetchApi } from './handlers/share-fetch.ts';
import { shareGroupDescribeApi } from './handlers/share-group-describe.ts';
import { shareGroupHeartbeatApi } from './handlers/share-group-heartbeat.ts';
import { syncGroupApi } from './handlers/sync-group.ts';
import { createPartitionsApi, createTopicsApi, deleteTopicsApi } from './handlers/topic-administration.ts';
import { txnOffsetCommitApi } from './handlers/txn-offset-commit.ts';
import type { KafkaApi } from './kafka-api.ts';

const apis: readonly KafkaApi[] = [
  produceApi,
  fetchApi,
  listOffsetsApi,
  metadataApi,
  offsetCommitApi,
  offsetFetchApi,
  findCoordinatorApi,
  joinGroupApi,
  heartbeatApi,
  leaveGroupApi,
  syncGroupApi,
  describeGroupsApi,
  listGroupsApi,
  saslHandshakeApi,
  apiVersionsApi(() => apis),
  createTopicsApi,
  deleteTopicsApi,
  deleteRecordsApi,
  initProducerIdApi,
  offsetForLeaderEpochApi,
  addPartitionsToTxnApi,
  addOffsetsToTxnApi,
  endTxnApi,
  txnOffsetCommitApi,
  describeAclsApi,
  createAclsApi,
  deleteAclsApi,
  describeConfigsApi,
  alterConfigsApi,
  saslAuthenticateApi,
  createPartitionsApi,
  deleteGroupsApi,
  incrementalAlterConfigsApi,
  offsetDeleteApi,
  describeClusterApi,
  describeProducersApi,
  describeTransactionsApi,
  listTransactionsApi,
  describeTopicPartitionsApi,
  consumerGroupHeartbeatApi,
  consumerGroupDescribeApi,
  shareGroupHeartbeatApi,
  shareGroupDescribeApi,
  shareFetchApi,
  shareAcknowledgeApi,
];

/** Every API that is spoken, by its key: what is advertised is exactly what is here. */
export const kafkaApis: ReadonlyMap<number, KafkaApi> = new Map(apis.map((api) => [api.key, api]));
