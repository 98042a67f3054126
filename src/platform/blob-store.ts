/** What is known of a stored object without reading it. */
export type BlobHead = {
  readonly sizeBytes: number;
  /** SHA-256 of its bytes, hex, as the store computed it when they arrived; null when it keeps none. */
  readonly sha256: string | null;
};

/** How many keys one delete takes: R2's own bound. */
export const deletedKeysMax = 1_000;

/**
 * Immutable objects under text keys, as R2 keeps them. Every verb may throw when the store cannot be reached or does
 * not answer in time; what was asked for may then still have happened, or happen later.
 */
export interface BlobStore {
  /**
   * Stores `bytes` under a key that has no object yet; never replaces one. The store refuses bytes that do not have
   * this SHA-256 (hex). After `exists`, {@link BlobStore.head} says what is there.
   */
  put(key: string, bytes: Uint8Array, checks: { readonly sha256: string }): Promise<'created' | 'exists'>;
  /** Null when there is no such object. */
  head(key: string): Promise<BlobHead | null>;
  /** `length` bytes from `offset` on, fewer where the object ends, which `offset` is below; null when there is no object. */
  read(key: string, range: { readonly offset: number; readonly length: number }): Promise<Uint8Array | null>;
  /** Deletes up to {@link deletedKeysMax} objects; those that do not exist are deleted already. */
  delete(keys: readonly string[]): Promise<void>;
  /** A page of keys that begin with `prefix`, in order; `cursor` is null on the first call and after the last page. */
  list(
    prefix: string,
    cursor: string | null,
  ): Promise<{ readonly keys: readonly string[]; readonly cursor: string | null }>;
}
