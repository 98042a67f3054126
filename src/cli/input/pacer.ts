/** Holds a stream of records to a rate: `due` says how long to wait before the next ones. */
export class Pacer {
  readonly #recordsPerSecond: number;
  readonly #startedAtMs: number;
  #sent = 0;

  constructor(recordsPerSecond: number, nowMs: number) {
    this.#recordsPerSecond = recordsPerSecond;
    this.#startedAtMs = nowMs;
  }

  /** Ten groups a second keep the rate even without a request a record. */
  get groupRecordsMax(): number {
    return Math.max(1, Math.floor(this.#recordsPerSecond / 10));
  }

  /** Milliseconds until `records` more may go; they are counted as sent. */
  due(records: number, nowMs: number): number {
    const dueAtMs = this.#startedAtMs + (this.#sent * 1000) / this.#recordsPerSecond;
    this.#sent += records;
    return Math.max(0, dueAtMs - nowMs);
  }
}
