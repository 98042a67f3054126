import type { RecordBody, RecordHeader } from '../log/record-body.ts';

/**
 * One record as a producer sent it in JSON, checked but not yet encoded. Key and value are views into the request's
 * body wherever they could be taken as they stand.
 */
export type ProduceRecord = RecordBody & {
  /** The partition the producer chose, or null. */
  readonly partition: number | null;
  /** CreateTime in ms since 1970, or null: stamped at append. */
  readonly timestampMs: number | null;
};

/** What a request may bring; its bytes are bounded before it is read. */
export type ProduceBounds = { readonly maxRecords: number };

export const noHeaders: readonly RecordHeader[] = [];
