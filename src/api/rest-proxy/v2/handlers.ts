import type { RestHandler } from '../rest-call.ts';
import { metadataHandlers } from './metadata.ts';
import type { v2Operations } from './operations.ts';
import { produceHandlers } from './produce.ts';

/** Which function answers which operation of v2. */
export const v2Handlers: Readonly<Record<keyof typeof v2Operations, RestHandler>> = {
  ...metadataHandlers,
  ...produceHandlers,
};
