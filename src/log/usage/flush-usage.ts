/** What a flush stored for one key. */
export type StoredUsage = { readonly keyId: string; readonly recordsIn: number; readonly bytesIn: number };

/** Part of a batch that several shared. */
export type BatchShare = {
  readonly keyId: string;
  readonly records: number;
  /** Before they were framed together. */
  readonly bytes: number;
};

/**
 * Adds up what a flush stores, key by key. The bytes of a batch that several share are divided in proportion to what each
 * sent, the remainder being the last one's: the sum is the batch, to the byte.
 */
export class FlushUsage {
  readonly #byKey = new Map<string, { recordsIn: number; bytesIn: number }>();

  get stored(): StoredUsage[] {
    return [...this.#byKey].map(([keyId, counted]) => ({ keyId, ...counted }));
  }

  add(keyId: string, records: number, bytes: number): void {
    const known = this.#byKey.get(keyId);
    if (known === undefined) {
      this.#byKey.set(keyId, { recordsIn: records, bytesIn: bytes });
    } else {
      known.recordsIn += records;
      known.bytesIn += bytes;
    }
  }

  addShared(shares: readonly BatchShare[], batchBytes: number): void {
    const sentBytes = shares.reduce((sum, { bytes }) => sum + bytes, 0);
    let left = batchBytes;
    for (const [index, { keyId, records, bytes }] of shares.entries()) {
      const own = index === shares.length - 1 ? left : Math.floor((batchBytes * bytes) / sentBytes);
      this.add(keyId, records, own);
      left -= own;
    }
  }
}
