import type { RestHandler } from '../rest-call.ts';
import { aclHandlers } from './acls.ts';
import { brokerConfigHandlers } from './broker-configs.ts';
import { brokerHandlers } from './brokers.ts';
import { clusterHandlers } from './clusters.ts';
import { consumerGroupHandlers } from './consumer-groups.ts';
import { documentHandlers } from './document.ts';
import { groupConsumerHandlers } from './group-consumers.ts';
import { groupLagHandlers } from './group-lags.ts';
import type { v3Operations } from './operations.ts';
import { partitionHandlers } from './partitions.ts';
import { recordBatchHandlers } from './record-batch.ts';
import { recordHandlers } from './records.ts';
import { topicConfigHandlers } from './topic-configs.ts';
import { topicHandlers } from './topics.ts';

/** Which function answers which operation of v3. */
export const v3Handlers: Readonly<Record<keyof typeof v3Operations, RestHandler>> = {
  ...clusterHandlers,
  ...aclHandlers,
  ...brokerHandlers,
  ...brokerConfigHandlers,
  ...topicHandlers,
  ...topicConfigHandlers,
  ...partitionHandlers,
  ...recordHandlers,
  ...recordBatchHandlers,
  ...consumerGroupHandlers,
  ...groupConsumerHandlers,
  ...groupLagHandlers,
  ...documentHandlers,
};
