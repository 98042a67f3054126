import type { RecordMetadata } from '../../client/index.ts';

/** Lines that were sent in one call. */
type Group = { readonly firstLine: number; readonly count: number; isStored: boolean };

export type PartitionRange = { firstOffset: number; lastOffset: number; records: number };

/** Knows which lines of the input are stored, so that a run that failed can say where to go on. */
export class AckLedger {
  /** In the order of their lines; those at the front that are stored are dropped. */
  readonly #groups: Group[] = [];
  readonly #partitions = new Map<number, PartitionRange>();
  #storedThrough: number;
  #stored = 0;

  /** `skipped` lines of the input were left out. */
  constructor(skipped: number) {
    this.#storedThrough = skipped;
  }

  /** Every line up to this one is stored, or was skipped. */
  get storedThrough(): number {
    return this.#storedThrough;
  }

  get stored(): number {
    return this.#stored;
  }

  /** Stored records behind {@link AckLedger.storedThrough}: sending from there on stores them again. */
  get storedBeyond(): number {
    return this.#groups.reduce((sum, group) => sum + (group.isStored ? group.count : 0), 0);
  }

  get partitions(): ReadonlyMap<number, PartitionRange> {
    return this.#partitions;
  }

  /** Lines on their way; the answer is to be called with what became of them. */
  open(firstLine: number, count: number): (acknowledged: readonly RecordMetadata[]) => void {
    const group: Group = { firstLine, count, isStored: false };
    this.#groups.push(group);
    return (acknowledged) => {
      group.isStored = true;
      this.#stored += count;
      for (const { partition, offset } of acknowledged) this.#note(partition, offset);
      while (this.#groups[0]?.isStored) {
        const { firstLine: line, count: lines } = this.#groups.shift()!;
        this.#storedThrough = line + lines - 1;
      }
    };
  }

  #note(partition: number, offset: number): void {
    const range = this.#partitions.get(partition);
    if (range === undefined) {
      this.#partitions.set(partition, { firstOffset: offset, lastOffset: offset, records: 1 });
      return;
    }
    range.firstOffset = Math.min(range.firstOffset, offset);
    range.lastOffset = Math.max(range.lastOffset, offset);
    range.records += 1;
  }
}
