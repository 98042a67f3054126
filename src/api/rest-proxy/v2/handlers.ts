import type { RestHandler } from '../rest-call.ts';
import { assignmentHandlers } from './assignments.ts';
import { consumerOffsetHandlers } from './consumer-offsets.ts';
import { consumerRecordHandlers } from './consumer-records.ts';
import { consumerHandlers } from './consumers.ts';
import { metadataHandlers } from './metadata.ts';
import type { v2Operations } from './operations.ts';
import { positionHandlers } from './positions.ts';
import { produceHandlers } from './produce.ts';
import { subscriptionHandlers } from './subscription.ts';

/** Which function answers which operation of v2. */
export const v2Handlers: Readonly<Record<keyof typeof v2Operations, RestHandler>> = {
  ...metadataHandlers,
  ...produceHandlers,
  ...consumerHandlers,
  ...subscriptionHandlers,
  ...assignmentHandlers,
  ...consumerOffsetHandlers,
  ...positionHandlers,
  ...consumerRecordHandlers,
};
