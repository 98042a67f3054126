import { assert } from '../errors/assert.ts';

const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/** MurmurHash2 as org.apache.kafka.common.utils.Utils.murmur2 computes it; a signed 32 bit integer. */
export function murmur2(data: Uint8Array): number {
  const length = data.length;
  const wholeWords = length & ~3;
  let hash = seed ^ length;
  for (let at = 0; at < wholeWords; at += 4) {
    let word = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  const tail = length - wholeWords;
  if (tail === 3) hash ^= data[wholeWords + 2]! << 16;
  if (tail >= 2) hash ^= data[wholeWords + 1]! << 8;
  if (tail >= 1) hash = Math.imul(hash ^ data[wholeWords]!, multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}

/** The partition of a keyed record: the one the Java client sends it to. */
export function partitionForKey(key: Uint8Array, partitionCount: number): number {
  assert(partitionCount > 0, 'a topic has at least one partition');
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}

/** How much goes to one partition before unkeyed records move on: the Java producer's default batch.size (KIP-794). */
export const stickyBytes = 16_384;

/**
 * Chooses partitions for one topic's unkeyed records: all of them stick to a partition until {@link stickyBytes} went
 * to it, then another is chosen at random (KIP-794), so that records travel in full batches and still spread evenly.
 */
export class StickyPartitioner {
  readonly #random: () => number;
  #partition = -1;
  #partitionCount = 0;
  #producedBytes = 0;

  /** `random` answers numbers in [0, 1), as Math.random does. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** The partition for the next record of `recordBytes`. */
  partitionFor(recordBytes: number, partitionCount: number): number {
    assert(partitionCount > 0, 'a topic has at least one partition');
    if (this.#partitionCount !== partitionCount || this.#producedBytes >= stickyBytes) this.#moveOn(partitionCount);
    this.#producedBytes += recordBytes;
    return this.#partition;
  }

  #moveOn(partitionCount: number): void {
    this.#producedBytes = 0;
    const isFirst = this.#partition < 0 || this.#partition >= partitionCount;
    this.#partitionCount = partitionCount;
    if (isFirst) {
      this.#partition = Math.floor(this.#random() * partitionCount);
    } else if (partitionCount > 1) {
      // One of the others: the draw skips the partition that just had its share.
      const drawn = Math.floor(this.#random() * (partitionCount - 1));
      this.#partition = drawn < this.#partition ? drawn : drawn + 1;
    }
  }
}
