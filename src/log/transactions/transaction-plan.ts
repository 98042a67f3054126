import type { AbortedTransaction, OpenTransaction } from './open-transaction.ts';

/** An aborted transaction as it is stored. */
export type AbortedEntry = AbortedTransaction & {
  /** Where the last stable offset was right after it: nothing that is aborted later begins below. */
  readonly lastStableOffset: number;
};

/** What a flush changes about transactions. */
export type TransactionChanges = {
  readonly begun: readonly OpenTransaction[];
  /** Producers whose transaction ended. */
  readonly ended: readonly number[];
  readonly aborted: readonly AbortedEntry[];
};

export const noTransactionChanges: TransactionChanges = { begun: [], ended: [], aborted: [] };

/** Open transactions while a flush is planned: as they are, and as the flush makes them. */
export class TransactionPlan {
  readonly #open: ReadonlyMap<number, OpenTransaction>;
  readonly #begun = new Map<number, OpenTransaction>();
  readonly #ended = new Set<number>();
  readonly #aborted: AbortedEntry[] = [];

  /** `open` has the transactions by producer, in the order of their first offsets. */
  constructor(open: ReadonlyMap<number, OpenTransaction>) {
    this.#open = open;
  }

  find(producerId: number): OpenTransaction | undefined {
    const begun = this.#begun.get(producerId);
    if (begun !== undefined) return begun;
    return this.#ended.has(producerId) ? undefined : this.#open.get(producerId);
  }

  begin(transaction: OpenTransaction): void {
    this.#begun.set(transaction.producerId, transaction);
  }

  /** The marker of this transaction was placed at `markerOffset`. */
  end({ producerId, firstOffset }: OpenTransaction, markerOffset: number, committed: boolean): void {
    this.#begun.delete(producerId);
    this.#ended.add(producerId);
    if (committed) return;
    const lastStableOffset = this.#firstUnstableOffset() ?? markerOffset + 1;
    this.#aborted.push({ producerId, firstOffset, lastOffset: markerOffset, lastStableOffset });
  }

  get changes(): TransactionChanges {
    if (this.#begun.size === 0 && this.#ended.size === 0) return noTransactionChanges;
    return { begun: [...this.#begun.values()], ended: [...this.#ended], aborted: this.#aborted };
  }

  #firstUnstableOffset(): number | null {
    for (const { producerId, firstOffset } of this.#open.values()) {
      if (!this.#ended.has(producerId)) return firstOffset;
    }
    return this.#begun.values().next().value?.firstOffset ?? null;
  }
}
