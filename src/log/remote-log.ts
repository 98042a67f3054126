import { failed, ok, type Result } from '../errors/result.ts';
import type { BlobStore } from '../platform/blob-store.ts';
import type { PartitionLog } from './partition-log.ts';
import { type BatchesRead, objectMissing, RemoteSegmentReader } from './remote-segment-reader.ts';
import { StretchCache } from './stretch-cache.ts';
import { Turnstile } from './turnstile.ts';

/** What the object keeps of what it read, for other sockets at the same place: it shares its memory with other objects. */
const cachedBytes = 4 * 1024 * 1024;

/** What a socket that goes through the log is read at once, some of its frames. */
const passingReadBytes = 1024 * 1024;

/** Reads under way at once, each of about a megabyte. */
const readsAtOnce = 4;

/** The tiered part of the log as the partition's own object reads it, for sockets that end there. */
export class RemoteLog {
  readonly #log: Pick<PartitionLog, 'remote' | 'localStartOffset'>;
  readonly #reader: RemoteSegmentReader;
  readonly #turnstile = new Turnstile(readsAtOnce);

  constructor(log: Pick<PartitionLog, 'remote' | 'localStartOffset'>, blobs: Pick<BlobStore, 'read'>) {
    this.#log = log;
    this.#reader = new RemoteSegmentReader(blobs, new StretchCache(cachedBytes), passingReadBytes);
  }

  /**
   * Whole batches from the one that holds `offset`, which is remote, or the first after it. When a segment has none,
   * nothing, with `nextOffset` after it. KAFKA_STORAGE_ERROR when the object cannot be read, or is not there.
   */
  read(offset: number, maxBytes: number): Promise<Result<BatchesRead>> {
    return this.#turnstile.run(() => this.#read(offset, maxBytes));
  }

  async #read(offset: number, maxBytes: number): Promise<Result<BatchesRead>> {
    // Looked up twice: maintenance may replace a segment by another object while the first is being read.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const [segment] = this.#log.remote.from(offset, 1);
      if (segment === undefined) return ok({ batches: new Uint8Array(0), nextOffset: this.#log.localStartOffset });
      const read = await this.#reader.read(segment, offset, maxBytes);
      if (!read.ok) return read;
      if (read.value !== objectMissing) return ok(read.value);
    }
    return failed(
      'KAFKA_STORAGE_ERROR',
      `The records at offset ${offset} are in an object that is not in the object store. They are not skipped; the operator must restore it.`,
      { offset },
    );
  }
}
