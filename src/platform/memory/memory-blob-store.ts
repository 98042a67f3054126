import { createHash } from 'node:crypto';
import { assert } from '../../errors/assert.ts';
import { type BlobHead, type BlobStore, deletedKeysMax } from '../blob-store.ts';

/** Keys a page; small, so that tests see more than one. */
const keysPerPage = 100;

/** {@link BlobStore} in memory, for tests and simulation. */
export class MemoryBlobStore implements BlobStore {
  readonly #objects = new Map<string, { readonly bytes: Uint8Array; readonly sha256: string }>();

  async put(key: string, bytes: Uint8Array, { sha256 }: { readonly sha256: string }): Promise<'created' | 'exists'> {
    if (this.#objects.has(key)) return 'exists';
    const actual = createHash('sha256').update(bytes).digest('hex');
    if (actual !== sha256) throw new Error(`the bytes of ${key} have the SHA-256 ${actual}, not ${sha256}`);
    this.#objects.set(key, { bytes: bytes.slice(), sha256 });
    return 'created';
  }

  async head(key: string): Promise<BlobHead | null> {
    const object = this.#objects.get(key);
    return object === undefined ? null : { sizeBytes: object.bytes.length, sha256: object.sha256 };
  }

  async read(
    key: string,
    { offset, length }: { readonly offset: number; readonly length: number },
  ): Promise<Uint8Array | null> {
    const object = this.#objects.get(key);
    if (object === undefined) return null;
    assert(offset < object.bytes.length, 'a range begins inside its object');
    return object.bytes.slice(offset, offset + length);
  }

  async delete(keys: readonly string[]): Promise<void> {
    assert(keys.length <= deletedKeysMax, 'a delete is bounded');
    for (const key of keys) this.#objects.delete(key);
  }

  async list(prefix: string, cursor: string | null): Promise<{ keys: readonly string[]; cursor: string | null }> {
    const rest = this.keys().filter((key) => key.startsWith(prefix) && (cursor === null || key > cursor));
    const keys = rest.slice(0, keysPerPage);
    return { keys, cursor: rest.length > keysPerPage ? (keys.at(-1) ?? null) : null };
  }

  /** Every key, in order. */
  keys(): string[] {
    return [...this.#objects.keys()].sort();
  }

  /** Puts other bytes where an object is, as decay under the platform would; the kept checksum stays. */
  corrupt(key: string, change: (bytes: Uint8Array) => void): void {
    const object = this.#objects.get(key);
    assert(object !== undefined, `there is an object ${key} to corrupt`);
    change(object.bytes);
  }
}
