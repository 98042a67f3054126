import type { EventQueue } from './event-queue.ts';

/** How an operation ended, as docs/correctness.md says: known to have taken effect, known not to have, or unknown. */
export const outcome = { ok: 0, failed: 1, unknown: 2 } as const;
export type Outcome = (typeof outcome)[keyof typeof outcome];

/** Writes the history that the checker reads: one JSON array a line. Times are nanoseconds of virtual time. */
export class HistoryRecorder {
  readonly lines: string[] = [];
  readonly #queue: EventQueue;

  constructor(queue: EventQueue) {
    this.#queue = queue;
  }

  now(): number {
    return Math.round(this.#queue.nowMs * 1e6);
  }

  add(operation: readonly unknown[]): void {
    const line = JSON.stringify(operation);
    this.lines.push(line);
    this.#queue.trace.add(this.#queue.nowMs, line);
  }
}
