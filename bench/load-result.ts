import { LatencyHistogram } from './latency-histogram.ts';

/** How long a load runs: what completes in the warm-up is not counted. */
export type LoadWindow = { readonly warmUpMs: number; readonly windowMs: number };

/** What one load saw inside its window. */
export type LoadResult = {
  /** Requests or frames answered as expected, a second. */
  readonly ratePerSecond: number;
  readonly completed: number;
  readonly receivedBytes: number;
  /** Messages that carried the answers: equal to `completed` unless the server coalesces acks. */
  readonly answerMessages: number;
  readonly failures: number;
  readonly firstFailure: string | null;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
};

/** Counts completions, but only those inside the window; every load generator reports through one of these. */
export class LoadMeter {
  readonly #latencies = new LatencyHistogram();
  readonly #windowMs: number;
  readonly #fromMs: number;
  readonly endsAtMs: number;
  #completed = 0;
  #receivedBytes = 0;
  #answerMessages = 0;
  #failures = 0;
  #firstFailure: string | null = null;

  constructor(window: LoadWindow) {
    this.#windowMs = window.windowMs;
    this.#fromMs = performance.now() + window.warmUpMs;
    this.endsAtMs = this.#fromMs + window.windowMs;
  }

  #isInside(nowMs: number): boolean {
    return nowMs >= this.#fromMs && nowMs < this.endsAtMs;
  }

  /** `weight` completions (records of a frame, say) that were started at `sentAtMs`. */
  complete(sentAtMs: number, nowMs: number, weight = 1): void {
    if (!this.#isInside(nowMs)) return;
    this.#completed += weight;
    this.#latencies.record(nowMs - sentAtMs);
  }

  receive(bytes: number, nowMs: number): void {
    if (!this.#isInside(nowMs)) return;
    this.#receivedBytes += bytes;
    this.#answerMessages += 1;
  }

  /** Failures count whenever they happen: a load with any is not a result. */
  fail(what: string): void {
    this.#failures += 1;
    this.#firstFailure ??= what;
  }

  result(): LoadResult {
    return {
      ratePerSecond: (this.#completed * 1000) / this.#windowMs,
      completed: this.#completed,
      receivedBytes: this.#receivedBytes,
      answerMessages: this.#answerMessages,
      failures: this.#failures,
      firstFailure: this.#firstFailure,
      p50Ms: this.#latencies.percentileMs(50),
      p90Ms: this.#latencies.percentileMs(90),
      p99Ms: this.#latencies.percentileMs(99),
    };
  }
}
