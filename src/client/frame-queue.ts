/** Hands items from callbacks to one reader who waits for them. What bounds it is the credit of its writers. */
export class FrameQueue<T> {
  #items: T[] = [];
  #head = 0;
  #isEnded = false;
  #failure: unknown = null;
  #wake: (() => void) | null = null;

  push(item: T): void {
    if (this.#isEnded) return;
    this.#items.push(item);
    this.#wakeReader();
  }

  /** Puts items that were taken back before all others. */
  putBack(items: readonly T[]): void {
    this.#items = [...items, ...this.#items.slice(this.#head)];
    this.#head = 0;
  }

  /** No more will come; a failure is thrown to the reader once it has read what came before. */
  end(failure: unknown = null): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#failure = failure;
    this.#wakeReader();
  }

  /** Forgets what was not read. */
  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  /** The next item, or undefined at the end. */
  async take(): Promise<T | undefined> {
    while (this.#head === this.#items.length) {
      this.clear();
      if (this.#isEnded) {
        if (this.#failure !== null) throw this.#failure;
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const item = this.#items[this.#head]!;
    this.#items[this.#head++] = undefined as never;
    return item;
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
