import type { CommitPacer } from '../commit-pacer.ts';

/** What the pacer needs of `ctx.storage`. */
export type DurableSyncStorage = Pick<DurableObjectStorage, 'sync'>;

/** {@link CommitPacer} over a Durable Object's storage: resolves when the commit in flight, if any, is confirmed. */
export class DurableCommitPacer implements CommitPacer {
  readonly #storage: DurableSyncStorage;

  constructor(storage: DurableSyncStorage) {
    this.#storage = storage;
  }

  confirmed(): Promise<void> {
    return this.#storage.sync();
  }

  /** A timer of no length: the runtime hands over every socket event that waits before it fires, about 1 ms later. */
  gathered(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 0));
  }
}
