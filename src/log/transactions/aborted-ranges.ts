import { type BatchHeader, readBatchHeader } from '../record-batch.ts';
import type { AbortedTransaction } from './open-transaction.ts';

/** Tells which batches are of aborted transactions. */
export class AbortedRanges {
  readonly #byProducer = new Map<number, AbortedTransaction[]>();

  constructor(aborted: readonly AbortedTransaction[]) {
    for (const transaction of aborted) {
      const known = this.#byProducer.get(transaction.producerId);
      if (known === undefined) this.#byProducer.set(transaction.producerId, [transaction]);
      else known.push(transaction);
    }
  }

  get isEmpty(): boolean {
    return this.#byProducer.size === 0;
  }

  /** Whether a data batch belongs to one of them. A producer has one transaction at a time, so its offsets are all of it. */
  hasBatch({ producerId, baseOffset, isTransactional, isControl }: BatchHeader): boolean {
    if (!isTransactional || isControl) return false;
    const ranges = this.#byProducer.get(producerId);
    return ranges?.some(({ firstOffset, lastOffset }) => firstOffset <= baseOffset && baseOffset < lastOffset) ?? false;
  }
}

/**
 * Whole batches without those of aborted transactions and without markers: what a reader of committed records is shown.
 * Nothing is copied when nothing goes. `batches` are of the platform's own log.
 */
export function committedBatches(batches: Uint8Array, aborted: readonly AbortedTransaction[]): Uint8Array {
  const ranges = new AbortedRanges(aborted);
  /** Where the pieces that stay begin and end, alternating. */
  const kept: number[] = [];
  let keptBytes = 0;
  for (let at = 0; at < batches.length; ) {
    const header = readBatchHeader(batches, at);
    const end = at + header.sizeBytes;
    if (!header.isControl && !ranges.hasBatch(header)) {
      if (kept.at(-1) === at) kept[kept.length - 1] = end;
      else kept.push(at, end);
      keptBytes += header.sizeBytes;
    }
    at = end;
  }
  if (keptBytes === batches.length) return batches;
  const committed = new Uint8Array(keptBytes);
  for (let index = 0, at = 0; index < kept.length; index += 2) {
    const piece = batches.subarray(kept[index], kept[index + 1]);
    committed.set(piece, at);
    at += piece.length;
  }
  return committed;
}

/** Tells, when it is first asked, whether any of these whole batches is a marker or part of a transaction. */
export function transactionsIn(batches: Uint8Array): () => boolean {
  let known: boolean | null = null;
  return () => {
    known ??= hasTransactions(batches);
    return known;
  };
}

function hasTransactions(batches: Uint8Array): boolean {
  for (let at = 0; at < batches.length; ) {
    const { isTransactional, isControl, sizeBytes } = readBatchHeader(batches, at);
    if (isTransactional || isControl) return true;
    at += sizeBytes;
  }
  return false;
}
