import { limits } from '../limits.ts';
import type { SqlStore } from '../platform/sql-store.ts';

/** The object's size is looked at again once this much was offered: far less than what is left above the limit. */
const sizeCheckBytes = 16 * 1024 * 1024;

/** An object stops taking records here, well below the platform's 10 GB, so that deletes and moves still have room. */
const objectBytesMax = limits.localBytesPerPartition.value;

/** Asks for the database's size now and then: the answer costs more than a small flush. */
export class StorageGauge {
  readonly #sql: Pick<SqlStore, 'sizeBytes'>;
  #isFull = false;
  #bytesSinceCheck = sizeCheckBytes;

  constructor(sql: Pick<SqlStore, 'sizeBytes'>) {
    this.#sql = sql;
  }

  /** Whether the object is too full to take this much more. */
  isFull(flushedBytes: number): boolean {
    this.#bytesSinceCheck += flushedBytes;
    if (this.#bytesSinceCheck >= sizeCheckBytes) {
      this.#bytesSinceCheck = 0;
      this.#isFull = this.#sql.sizeBytes() > objectBytesMax;
    }
    return this.#isFull;
  }
}
