import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { HistoryChecker, type HistoryReport } from '../../src/check/history-checker.ts';

/** Lines that are written together. */
const linesPerWrite = 1_000;

/**
 * The history of a run as `millrace check` reads it (docs/correctness.md): a JSON array an operation, times in
 * milliseconds of this process.
 */
export class HistoryFile {
  readonly path: string;
  readonly #descriptor: number;
  #pending: string[] = [];
  #lastMs = 0;

  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(path, 'w');
  }

  /** A moment that is after all that were asked for before, so that no two operations begin at once. */
  now(): number {
    this.#lastMs = Math.max(performance.now(), this.#lastMs + 1e-6);
    return this.#lastMs;
  }

  add(operation: readonly unknown[]): void {
    this.#pending.push(`${JSON.stringify(operation)}\n`);
    if (this.#pending.length >= linesPerWrite) this.#write();
  }

  /** Ends the history and has it judged by the checker, which knows nothing of this harness. */
  check(): HistoryReport {
    this.#write();
    closeSync(this.#descriptor);
    const checker = new HistoryChecker();
    for (const line of readFileSync(this.path, 'utf8').split('\n')) checker.add(line);
    return checker.finish();
  }

  #write(): void {
    writeSync(this.#descriptor, this.#pending.join(''));
    this.#pending = [];
  }
}
