import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { BlobStore } from '../../src/platform/blob-store.ts';

/** Runs `body` with a store that holds nothing under the prefix it is given. */
export type WithBlobStore = (body: (store: BlobStore, prefix: string) => Promise<void>) => Promise<void>;

const bytesOf = (text: string) => new TextEncoder().encode(text);
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function put(store: BlobStore, key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
  return store.put(key, bytes, { sha256: sha256Of(bytes) });
}

async function keysBelow(store: BlobStore, prefix: string): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<BlobStore['list']>> = await store.list(prefix, cursor);
    found.push(...page.keys);
    cursor = page.cursor;
  } while (cursor !== null);
  return found;
}

/** What every {@link BlobStore} does alike; each implementation's test file registers it with its own stores. */
export function describeBlobStoreContract(implementation: string, withStore: WithBlobStore): void {
  describe(`BlobStore over ${implementation}`, () => {
    it('gives back what was put, with its size and checksum', () =>
      withStore(async (store, prefix) => {
        const bytes = Uint8Array.from({ length: 10_000 }, (_, index) => index % 251);
        expect(await put(store, `${prefix}a`, bytes)).toBe('created');
        expect(await store.head(`${prefix}a`)).toEqual({ sizeBytes: bytes.length, sha256: sha256Of(bytes) });
        expect(await store.read(`${prefix}a`, { offset: 0, length: bytes.length })).toEqual(bytes);
      }));

    it('keeps the first object under a key, whatever is put later', () =>
      withStore(async (store, prefix) => {
        expect(await put(store, `${prefix}a`, bytesOf('first'))).toBe('created');
        expect(await put(store, `${prefix}a`, bytesOf('second'))).toBe('exists');
        expect(await put(store, `${prefix}a`, bytesOf('first'))).toBe('exists');
        expect(await store.read(`${prefix}a`, { offset: 0, length: 100 })).toEqual(bytesOf('first'));
      }));

    it('stores one of two objects that are put under a key at once', () =>
      withStore(async (store, prefix) => {
        const outcomes = await Promise.all([
          put(store, `${prefix}a`, bytesOf('one')),
          put(store, `${prefix}a`, bytesOf('two')),
        ]);
        expect(outcomes.toSorted()).toEqual(['created', 'exists']);
        const kept = outcomes[0] === 'created' ? 'one' : 'two';
        expect(await store.read(`${prefix}a`, { offset: 0, length: 100 })).toEqual(bytesOf(kept));
      }));

    it('refuses bytes that do not have the checksum they are put with', () =>
      withStore(async (store, prefix) => {
        const attempt = store.put(`${prefix}a`, bytesOf('bytes'), { sha256: sha256Of(bytesOf('others')) });
        await expect(attempt).rejects.toThrow();
        expect(await store.head(`${prefix}a`)).toBeNull();
      }));

    it('stores only the window of a subarray', () =>
      withStore(async (store, prefix) => {
        const window = Uint8Array.of(9, 1, 2, 3, 9).subarray(1, 4);
        await put(store, `${prefix}a`, window);
        expect(await store.read(`${prefix}a`, { offset: 0, length: 10 })).toEqual(Uint8Array.of(1, 2, 3));
      }));

    it('reads ranges, and what there is of one that goes beyond the end', () =>
      withStore(async (store, prefix) => {
        await put(store, `${prefix}a`, bytesOf('0123456789'));
        expect(await store.read(`${prefix}a`, { offset: 3, length: 4 })).toEqual(bytesOf('3456'));
        expect(await store.read(`${prefix}a`, { offset: 9, length: 1 })).toEqual(bytesOf('9'));
        expect(await store.read(`${prefix}a`, { offset: 8, length: 5 })).toEqual(bytesOf('89'));
      }));

    it('has nothing under a key that was never put, or was deleted', () =>
      withStore(async (store, prefix) => {
        await put(store, `${prefix}a`, bytesOf('a'));
        await store.delete([`${prefix}a`, `${prefix}never`]);
        await store.delete([]);
        for (const key of [`${prefix}a`, `${prefix}never`]) {
          expect(await store.head(key)).toBeNull();
          expect(await store.read(key, { offset: 0, length: 1 })).toBeNull();
        }
        expect(await put(store, `${prefix}a`, bytesOf('anew'))).toBe('created');
      }));

    it('lists the keys of a prefix in order, over several pages, and no others', () =>
      withStore(async (store, prefix) => {
        const keys = Array.from({ length: 1_050 }, (_, index) => `${prefix}p/${String(index).padStart(5, '0')}`);
        for (let at = 0; at < keys.length; at += 50) {
          await Promise.all(keys.slice(at, at + 50).map((key) => put(store, key, bytesOf(key))));
        }
        await put(store, `${prefix}q`, bytesOf('q'));
        expect(await keysBelow(store, `${prefix}p/`)).toEqual(keys);
        expect(await keysBelow(store, `${prefix}p/0000`)).toEqual(keys.slice(0, 10));
        expect(await keysBelow(store, `${prefix}r`)).toEqual([]);
        await store.delete(keys.slice(0, 1_000));
        expect(await keysBelow(store, prefix)).toEqual([...keys.slice(1_000), `${prefix}q`]);
      }));
  });
}
