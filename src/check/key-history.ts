import type {
  DumpOperation,
  GapOperation,
  HistoryValue,
  PollOperation,
  SendOperation,
  TailOperation,
} from './history-operation.ts';

/** A poll without its records, which are kept once in {@link KeyHistory.log}. */
export type PollSpan = {
  readonly line: number;
  readonly process: string;
  readonly completedAt: number;
  readonly invokedAt: number;
  readonly from: number;
  readonly next: number;
  readonly assignment: number;
  /** The offsets it returned; null when they are every one of `from` to `next`. */
  readonly offsets: Float64Array | null;
};

export type GapSpan = GapOperation & { readonly line: number };

/** What stands at an offset, and the line that said so first. */
export type SeenRecord = { readonly value: HistoryValue; readonly line: number };

export type KnownSend = SendOperation & { readonly line: number };

/** Everything a history says about one partition. */
export class KeyHistory {
  readonly key: string;
  /** Every record that was acknowledged or read, by offset. */
  readonly log = new Map<number, SeenRecord>();
  readonly acked: KnownSend[] = [];
  readonly polls: PollSpan[] = [];
  readonly gaps: GapSpan[] = [];
  readonly tails: (TailOperation & { readonly line: number })[] = [];
  dump: (DumpOperation & { readonly line: number }) | null = null;
  /** Records below it were removed by a rule of the topic. */
  trimmedTo = 0;
  isCompacted = false;
  /** By a compacted record's own key, the highest offset that is known to hold it; filled by {@link indexRecordKeys}. */
  readonly #lastOffsets = new Map<string, number>();
  #recordKeyOf: (value: HistoryValue) => string | null = () => null;

  constructor(key: string) {
    this.key = key;
  }

  addPoll(operation: PollOperation, line: number): void {
    const { process, invokedAt, completedAt, from, next, assignment, records } = operation;
    const isDense = records.length === next - from;
    const offsets = isDense ? null : Float64Array.from(records, ([offset]) => offset);
    this.polls.push({ line, process, invokedAt, completedAt, from, next, assignment, offsets });
  }

  /** Learns the records' own keys, once everything is known. */
  indexRecordKeys(recordKeyOf: (value: HistoryValue) => string | null): void {
    if (!this.isCompacted) return;
    this.#recordKeyOf = recordKeyOf;
    for (const [offset, { value }] of this.log) {
      const recordKey = recordKeyOf(value);
      if (recordKey !== null && offset > (this.#lastOffsets.get(recordKey) ?? -1))
        this.#lastOffsets.set(recordKey, offset);
    }
  }

  /** Whether the record at an offset need not be there: a rule removed it, or a later one has its key. */
  mayBeGone(offset: number): boolean {
    if (offset < this.trimmedTo) return true;
    const there = this.isCompacted ? this.log.get(offset) : undefined;
    const recordKey = there === undefined ? null : this.#recordKeyOf(there.value);
    return recordKey !== null && (this.#lastOffsets.get(recordKey) ?? -1) > offset;
  }

  /** Offsets of every record that was acknowledged or read, in ascending order. */
  sortedOffsets(): Float64Array {
    return Float64Array.from(this.log.keys()).sort();
  }

  /** Whether the reader of the end found a record there. */
  finalReads(): (offset: number) => boolean {
    const reader = this.dump?.process;
    const polls = this.polls.filter(({ process }) => process === reader).sort((left, right) => left.from - right.from);
    return (offset) => {
      let low = 0;
      let high = polls.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (polls[middle]!.next <= offset) low = middle + 1;
        else high = middle;
      }
      const poll = polls[low];
      return poll !== undefined && poll.from <= offset && (poll.offsets === null || has(poll.offsets, offset));
    };
  }
}

/** The place of the first entry that is `offset` or above, in ascending numbers. */
export function lowerBound(offsets: Float64Array, offset: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether `offset` is one of the ascending numbers. */
export const has = (offsets: Float64Array, offset: number): boolean => offsets[lowerBound(offsets, offset)] === offset;
