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
}
