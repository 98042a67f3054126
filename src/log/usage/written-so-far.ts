/** What a partition's object has stored since it started: it only grows, until the object starts anew. */
export type WrittenSoFar = {
  /** When the object started. */
  readonly sinceMs: number;
  readonly recordsIn: number;
  /** Bytes of record batches. */
  readonly bytesIn: number;
};
