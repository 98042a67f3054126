import type { LogRow } from './segment-store.ts';

/** How much of the log's end a partition keeps in memory: enough for every reader that is nearly caught up. */
const tailCacheBytes = 2 * 1024 * 1024;

/** The newest rows of the log, in offset order, so that reads near the end need no SQL. */
export class TailCache {
  #rows: LogRow[] = [];
  #sizeBytes = 0;

  push(row: LogRow): void {
    this.#rows.push(row);
    this.#sizeBytes += row.batches.length;
    while (this.#sizeBytes > tailCacheBytes && this.#rows.length > 1) {
      const oldest = this.#rows.shift();
      this.#sizeBytes -= oldest?.batches.length ?? 0;
    }
  }

  /** The row that holds `offset`, or null when it is not in memory. */
  find(offset: number): LogRow | null {
    const oldest = this.#rows[0];
    if (oldest === undefined || offset < oldest.baseOffset) return null;
    let low = 0;
    let high = this.#rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#rows[middle] ?? oldest).baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    const row = this.#rows[low];
    return row !== undefined && offset <= row.lastOffset ? row : null;
  }

  clear(): void {
    this.#rows = [];
    this.#sizeBytes = 0;
  }
}
