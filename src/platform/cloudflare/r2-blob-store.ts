import type { BlobHead, BlobStore } from '../blob-store.ts';

/** {@link BlobStore} over an R2 bucket. */
export class R2BlobStore implements BlobStore {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  async put(key: string, bytes: Uint8Array, { sha256 }: { readonly sha256: string }): Promise<'created' | 'exists'> {
    const stored = await this.#bucket.put(key, bytes, { onlyIf: { etagDoesNotMatch: '*' }, sha256 });
    return stored === null ? 'exists' : 'created';
  }

  async head(key: string): Promise<BlobHead | null> {
    const object = await this.#bucket.head(key);
    return object === null ? null : { sizeBytes: object.size, sha256: object.checksums.toJSON().sha256 ?? null };
  }

  async read(key: string, range: { readonly offset: number; readonly length: number }): Promise<Uint8Array | null> {
    const object = await this.#bucket.get(key, { range: { ...range } });
    return object === null ? null : new Uint8Array(await object.arrayBuffer());
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.#bucket.delete([...keys]);
  }

  async list(prefix: string, cursor: string | null): Promise<{ keys: readonly string[]; cursor: string | null }> {
    const page = await this.#bucket.list(cursor === null ? { prefix } : { prefix, cursor });
    return { keys: page.objects.map(({ key }) => key), cursor: page.truncated ? page.cursor : null };
  }
}
