import {
  anyCredential,
  type OperationAuthorization,
  onCluster,
  onGroup,
  onTopic,
  publicly,
} from '../openapi/authorization.ts';
import type { v2Operations } from './v2/operations.ts';
import type { v3Operations } from './v3/operations.ts';

const topic = 'topic_name';
const describeTopic = onTopic('DESCRIBE', topic);
const showTopicConfigs = onTopic('DESCRIBE_CONFIGS', topic);
const changeTopicConfigs = onTopic('ALTER_CONFIGS', topic);
const writeTopic = onTopic('WRITE', topic);

const useConsumers = onGroup('READ', undefined, 'group_name');
const useConsumersOfTopics = onGroup('READ', 'READ of the topics', 'group_name');

/** Who may call the operations of v2. */
export const v2Authorizations: Readonly<Record<keyof typeof v2Operations, OperationAuthorization>> = {
  root: publicly,
  postRoot: publicly,
  listTopicNames: anyCredential('topics are listed that it may DESCRIBE'),
  getTopicV2: describeTopic,
  listPartitionsV2: describeTopic,
  getPartitionV2: describeTopic,
  getPartitionOffsetsV2: describeTopic,
  listBrokersV2: anyCredential('the nominal broker is shown to all'),
  produceToTopic: writeTopic,
  produceToPartition: writeTopic,
  createInstance: useConsumers,
  deleteInstance: useConsumers,
  subscribe: useConsumersOfTopics,
  getSubscription: useConsumers,
  unsubscribe: useConsumers,
  assign: useConsumersOfTopics,
  getAssignments: useConsumers,
  commitOffsets: useConsumersOfTopics,
  getCommittedOffsets: useConsumersOfTopics,
  setPositions: useConsumersOfTopics,
  seekToBeginning: useConsumersOfTopics,
  seekToEnd: useConsumersOfTopics,
  readRecords: useConsumersOfTopics,
};

const anyOfCluster = anyCredential('the cluster is shown to all who have a credential of it');
const showBrokerConfigs = onCluster('DESCRIBE_CONFIGS');
const changeBrokerConfigs = onCluster('ALTER_CONFIGS');
const describeGroup = onGroup('DESCRIBE', 'topics are shown that it may DESCRIBE', 'consumer_group_id');

/** Who may call the operations of v3. */
export const v3Authorizations: Readonly<Record<keyof typeof v3Operations, OperationAuthorization>> = {
  listClusters: anyOfCluster,
  getCluster: anyOfCluster,
  searchAcls: onCluster('DESCRIBE'),
  createAcl: onCluster('ALTER'),
  deleteAcls: onCluster('ALTER'),
  createAcls: onCluster('ALTER'),
  listBrokers: anyOfCluster,
  getBroker: anyOfCluster,
  listBrokerReplicas: anyCredential('topics are listed that it may DESCRIBE'),
  listAllBrokerConfigs: showBrokerConfigs,
  listBrokerConfigs: showBrokerConfigs,
  getBrokerConfig: showBrokerConfigs,
  updateBrokerConfig: changeBrokerConfigs,
  resetBrokerConfig: changeBrokerConfigs,
  alterBrokerConfigs: changeBrokerConfigs,
  listClusterConfigs: showBrokerConfigs,
  getClusterConfig: showBrokerConfigs,
  updateClusterConfig: changeBrokerConfigs,
  resetClusterConfig: changeBrokerConfigs,
  alterClusterConfigs: changeBrokerConfigs,
  listTopics: anyCredential('topics are listed that it may DESCRIBE'),
  createTopic: anyCredential('CREATE of the topic is needed', 'TOPIC'),
  getTopic: describeTopic,
  alterPartitionsCount: onTopic('ALTER', topic),
  deleteTopic: onTopic('DELETE', topic),
  listAllTopicConfigs: anyCredential('topics are listed whose configs it may DESCRIBE_CONFIGS'),
  listTopicConfigs: showTopicConfigs,
  getTopicConfig: showTopicConfigs,
  updateTopicConfig: changeTopicConfigs,
  resetTopicConfig: changeTopicConfigs,
  alterTopicConfigs: changeTopicConfigs,
  listPartitions: describeTopic,
  getPartition: describeTopic,
  getPartitionOffsets: describeTopic,
  listReplicas: describeTopic,
  getReplica: describeTopic,
  listReassignments: anyOfCluster,
  listTopicReassignments: describeTopic,
  getReassignment: describeTopic,
  produceRecords: writeTopic,
  produceBatch: writeTopic,
  listConsumerGroups: anyCredential('groups are listed that it may DESCRIBE'),
  getConsumerGroup: describeGroup,
  listConsumers: describeGroup,
  getConsumer: describeGroup,
  listConsumerAssignments: describeGroup,
  getConsumerAssignment: describeGroup,
  listLags: describeGroup,
  getLag: describeGroup,
  getLagSummary: describeGroup,
  getRestProxyDocument: publicly,
};
