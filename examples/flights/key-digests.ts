import { createHash, type Hash } from 'node:crypto';

/** A digest is kept at every so many values of a key, so that a difference can be told to the nearest thousand. */
const checkpointValues = 1_000;

type KeyDigest = { readonly hash: Hash; count: number; readonly checkpoints: string[] };

/**
 * What a sequence of keyed values was, in memory that does not grow with it: for each key a running SHA-256 over its
 * values in order, each with its length before it. Two sequences have equal digests exactly when every key has the
 * same values, byte for byte, as often and in the same order; how the keys are mixed does not matter.
 */
export class KeyDigests {
  readonly #keys = new Map<string, KeyDigest>();
  #count = 0;

  /** How many values there were. */
  get count(): number {
    return this.#count;
  }

  add(key: string, value: Uint8Array | string): void {
    let digest = this.#keys.get(key);
    if (digest === undefined) {
      digest = { hash: createHash('sha256'), count: 0, checkpoints: [] };
      this.#keys.set(key, digest);
    }
    // The length makes "ab" + "c" another sequence than "a" + "bc".
    digest.hash.update(`${typeof value === 'string' ? Buffer.byteLength(value) : value.length}:`);
    digest.hash.update(value);
    digest.count += 1;
    this.#count += 1;
    if (digest.count % checkpointValues === 0) digest.checkpoints.push(digest.hash.copy().digest('hex'));
  }

  /** What these lack or have that the expected ones do not, a sentence a key; empty when both are the same. */
  differencesFrom(expected: KeyDigests): string[] {
    const keys = [...new Set([...expected.#keys.keys(), ...this.#keys.keys()])].sort();
    return keys.flatMap((key) => {
      const difference = differenceOf(key, this.#keys.get(key), expected.#keys.get(key));
      return difference === null ? [] : [difference];
    });
  }
}

function differenceOf(key: string, found: KeyDigest | undefined, expected: KeyDigest | undefined): string | null {
  if (expected === undefined) return `key ${key}: ${found?.count} records, and the file has none`;
  if (found === undefined) return `key ${key}: no record, and the file has ${expected.count}`;
  const isSame = found.count === expected.count && digestOf(found) === digestOf(expected);
  if (isSame) return null;
  const counts = found.count === expected.count ? '' : `${found.count} records, and the file has ${expected.count}; `;
  return `key ${key}: ${counts}the first difference is among its records ${firstDifference(found, expected)}`;
}

function firstDifference(found: KeyDigest, expected: KeyDigest): string {
  const most = Math.max(found.checkpoints.length, expected.checkpoints.length);
  let same = 0;
  while (same < most && found.checkpoints[same] === expected.checkpoints[same]) same += 1;
  const end = Math.min((same + 1) * checkpointValues, Math.max(found.count, expected.count));
  return `${same * checkpointValues + 1} to ${end}`;
}

function digestOf({ hash }: KeyDigest): string {
  return hash.copy().digest('hex');
}
