import { limits } from '../../../limits.ts';
import { type HashSecret, hashKey } from './key-hash.ts';

/**
 * Keys one pass remembers, at 24 bytes each and three quarters full: some 12 MB of the 128 that the object shares with
 * others. A log with more keys is compacted in several passes, each as far as its keys fit (as Kafka's does).
 */
export const keysMax: number = limits.compactionKeys.value;

const wordsPerHash = 4;
const firstSlots = 1_024;

/** The last offset of each key, by 128 bits of a keyed hash: two keys that share one are never met. */
export class KeyOffsets {
  readonly #secret: HashSecret;
  readonly #keysMax: number;
  readonly #hash = new Int32Array(wordsPerHash);
  #hashes = new Int32Array(firstSlots * wordsPerHash);
  /** The offset plus one; 0 where a slot is free. */
  #offsets = new Float64Array(firstSlots);
  #count = 0;

  constructor(secret: HashSecret, maxKeys = keysMax) {
    this.#secret = secret;
    this.#keysMax = maxKeys;
  }

  get count(): number {
    return this.#count;
  }

  /** Makes `offset` the last one of the key in `bytes[start..end)`. False when the key is new and no more keys fit. */
  record(bytes: Uint8Array, start: number, end: number, offset: number): boolean {
    hashKey(this.#secret, bytes, start, end, this.#hash);
    let slot = this.#slotOf(this.#hash);
    if (this.#offsets[slot] === 0) {
      if (this.#count === this.#keysMax) return false;
      if ((this.#count + 1) * 4 > this.#offsets.length * 3) {
        this.#grow();
        slot = this.#slotOf(this.#hash);
      }
      this.#hashes.set(this.#hash, slot * wordsPerHash);
      this.#count += 1;
    }
    this.#offsets[slot] = Math.max(this.#offsets[slot] ?? 0, offset + 1);
    return true;
  }

  /** The last offset of the key in `bytes[start..end)`; -1 when it was not recorded. */
  lastOffset(bytes: Uint8Array, start: number, end: number): number {
    hashKey(this.#secret, bytes, start, end, this.#hash);
    return (this.#offsets[this.#slotOf(this.#hash)] ?? 0) - 1;
  }

  /** Where the hash is, or the free slot where it belongs: there always is one, since the table is never full. */
  #slotOf(hash: Int32Array): number {
    const mask = this.#offsets.length - 1;
    for (let slot = (hash[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      if (this.#offsets[slot] === 0) return slot;
      const at = slot * wordsPerHash;
      const isSame =
        this.#hashes[at] === hash[0] &&
        this.#hashes[at + 1] === hash[1] &&
        this.#hashes[at + 2] === hash[2] &&
        this.#hashes[at + 3] === hash[3];
      if (isSame) return slot;
    }
  }

  #grow(): void {
    const hashes = this.#hashes;
    const offsets = this.#offsets;
    this.#hashes = new Int32Array(hashes.length * 2);
    this.#offsets = new Float64Array(offsets.length * 2);
    for (let slot = 0; slot < offsets.length; slot += 1) {
      const offset = offsets[slot] ?? 0;
      if (offset === 0) continue;
      const hash = hashes.subarray(slot * wordsPerHash, (slot + 1) * wordsPerHash);
      const target = this.#slotOf(hash);
      this.#hashes.set(hash, target * wordsPerHash);
      this.#offsets[target] = offset;
    }
  }
}
