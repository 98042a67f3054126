import type { ConcatenatedItem } from '../../../json/concatenated-json.ts';

/**
 * What was read of a stream and not answered yet. While one batch is on its way to the partitions the next one
 * gathers here, so batches grow with the time they take; who puts more than `maxBytes` in waits.
 */
export class ItemQueue {
  readonly #maxBytes: number;
  #items: ConcatenatedItem[] = [];
  #bytes = 0;
  #isClosed = false;
  #changed = Promise.withResolvers<void>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Resolves once there is room for more; false when nobody takes any more. */
  async put(items: readonly ConcatenatedItem[], bytes: number): Promise<boolean> {
    if (items.length > 0) {
      this.#items.push(...items);
      this.#bytes += bytes;
      this.#change();
    }
    while (this.#bytes > this.#maxBytes && !this.#isClosed) await this.#changed.promise;
    return !this.#isClosed;
  }

  /** Everything that is there, at least one item; null when there is nothing and nothing will come. */
  async take(): Promise<readonly ConcatenatedItem[] | null> {
    while (this.#items.length === 0 && !this.#isClosed) await this.#changed.promise;
    if (this.#items.length === 0) return null;
    const taken = this.#items;
    this.#items = [];
    this.#bytes = 0;
    this.#change();
    return taken;
  }

  /** No more is put in; or, after a failure, taken out. */
  close(): void {
    this.#isClosed = true;
    this.#change();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
