import type { CommitPacer } from '../commit-pacer.ts';

/** {@link CommitPacer} for stores that are durable when a transaction returns; a test may hold commits back. */
export class MemoryCommitPacer implements CommitPacer {
  #held: (() => void)[] | null = null;

  confirmed(): Promise<void> {
    const held = this.#held;
    if (held === null) return Promise.resolve();
    return new Promise((resolve) => held.push(resolve));
  }

  gathered(): Promise<void> {
    return this.confirmed();
  }

  /** From now on commits stay unconfirmed until {@link release}. */
  hold(): void {
    this.#held ??= [];
  }

  /** Confirms everything held back. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const resolve of held) resolve();
  }
}
