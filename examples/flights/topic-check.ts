import { partitionForKey } from '../../src/topics/partitioner.ts';
import { KeyDigests } from './key-digests.ts';

/** A record as a door delivered it. */
export type DeliveredRecord = {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Uint8Array | null;
};

const keyBytes = new TextEncoder();

/**
 * Takes the records of one pass over a topic and proves that they are what was sent. In each partition the offsets
 * must be 0, 1, 2, ... up to the high watermark: nothing left out, nothing delivered twice. Each key must stand in the
 * partition that Kafka's partitioner names, so that the order within partitions is the order of keys. And the values
 * of each key must have the digest of the file's.
 */
export class TopicCheck {
  readonly #highWatermarks: readonly number[];
  readonly #next: number[];
  readonly #found = new KeyDigests();
  readonly #partitionOfKey = new Map<string, number>();
  #missing: number;

  constructor(highWatermarks: readonly number[]) {
    this.#highWatermarks = highWatermarks;
    this.#next = highWatermarks.map(() => 0);
    this.#missing = highWatermarks.reduce((sum, offset) => sum + offset, 0);
  }

  /** True once every partition was read up to its high watermark. */
  get isComplete(): boolean {
    return this.#missing === 0;
  }

  /** Throws an Error at the first record that cannot be right. */
  take({ partition, offset, key, value }: DeliveredRecord): void {
    const expected = this.#next[partition];
    if (offset !== expected) {
      throw new Error(`partition ${partition}: offset ${offset} was delivered where ${expected ?? 'none'} was due`);
    }
    if (offset >= this.#highWatermarks[partition]!) {
      throw new Error(`partition ${partition}: offset ${offset} was delivered, beyond the high watermark`);
    }
    if (key === null || value === null) throw new Error(`partition ${partition}, offset ${offset}: no key or no value`);
    if (partition !== this.#homeOf(key)) {
      throw new Error(`partition ${partition}, offset ${offset}: key ${key} belongs to partition ${this.#homeOf(key)}`);
    }
    this.#next[partition] = offset + 1;
    this.#missing -= 1;
    this.#found.add(key, value);
  }

  /** Throws an Error that says what differs from the expected values. */
  finish(expected: KeyDigests): void {
    if (!this.isComplete) throw new Error(`the door ended ${this.#missing} records before the high watermarks`);
    const differences = this.#found.differencesFrom(expected);
    if (differences.length > 0) throw new Error(differences.join('\n'));
  }

  #homeOf(key: string): number {
    let partition = this.#partitionOfKey.get(key);
    if (partition === undefined) {
      partition = partitionForKey(keyBytes.encode(key), this.#highWatermarks.length);
      this.#partitionOfKey.set(key, partition);
    }
    return partition;
  }
}
