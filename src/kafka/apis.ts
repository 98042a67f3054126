import { apiVersionsApi } from './handlers/api-versions.ts';
import { describeClusterApi, findCoordinatorApi, initProducerIdApi } from './handlers/cluster.ts';
import { alterConfigsApi, describeConfigsApi, incrementalAlterConfigsApi } from './handlers/configs.ts';
import { deleteRecordsApi } from './handlers/delete-records.ts';
import { fetchApi } from './handlers/fetch.ts';
import { offsetCommitApi, offsetDeleteApi, offsetFetchApi } from './handlers/group-offsets.ts';
import { deleteGroupsApi, describeGroupsApi, listGroupsApi } from './handlers/groups.ts';
import { heartbeatApi } from './handlers/heartbeat.ts';
import { joinGroupApi } from './handlers/join-group.ts';
import { leaveGroupApi } from './handlers/leave-group.ts';
import { listOffsetsApi } from './handlers/list-offsets.ts';
import { metadataApi } from './handlers/metadata.ts';
import { produceApi } from './handlers/produce.ts';
import { syncGroupApi } from './handlers/sync-group.ts';
import { createPartitionsApi, createTopicsApi, deleteTopicsApi } from './handlers/topic-administration.ts';
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
  apiVersionsApi(() => apis),
  createTopicsApi,
  deleteTopicsApi,
  deleteRecordsApi,
  initProducerIdApi,
  describeConfigsApi,
  alterConfigsApi,
  createPartitionsApi,
  deleteGroupsApi,
  incrementalAlterConfigsApi,
  offsetDeleteApi,
  describeClusterApi,
];

/** Every API that is spoken, by its key: what is advertised is exactly what is here. */
export const kafkaApis: ReadonlyMap<number, KafkaApi> = new Map(apis.map((api) => [api.key, api]));
