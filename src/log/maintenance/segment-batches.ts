import { failed, ok, type Result } from '../../errors/result.ts';

import { objectMissing, RemoteSegmentReader } from '../remote-segment-reader.ts';
import { SegmentStore, type StoredSegment } from '../segment-store.ts';
import { StretchCache } from '../stretch-cache.ts';
import { verifyRow } from '../verified-row.ts';
import type { MaintainedPartition, MaintenancePorts } from './maintenance-job.ts';

/** Bytes read and looked through in one turn, so that appends do not wait for more than that. */
const bytesPerTurn = 1024 * 1024;

/** Two stretches of an object: the next one may begin in the one before. */
const cachedBytes = 2 * 1024 * 1024;

/** What was read of a segment: all of it, or not all because it went away or was replaced meanwhile. */
export type SegmentRead = 'whole' | 'gone';

/** Reads whole segments, wherever they are, a bounded stretch a turn, and checks every byte on the way. */
export class SegmentBatches {
  readonly #ports: MaintenancePorts;
  readonly #partition: MaintainedPartition;
  readonly #segments: SegmentStore;

  constructor(ports: MaintenancePorts, partition: MaintainedPartition) {
    this.#ports = ports;
    this.#partition = partition;
    this.#segments = new SegmentStore(ports.sql);
  }

  /**
   * Shows whole batches to `visit`, in order, beginning with the one that holds `from`; `visit` says whether to go on.
   * KAFKA_STORAGE_ERROR for a batch that is damaged or missing.
   */
  read(
    segment: StoredSegment,
    from: number,
    visit: (batches: Uint8Array) => Result<boolean>,
  ): Promise<Result<SegmentRead>> {
    return segment.objectKey === null ? this.#readRows(segment, from, visit) : this.#readObject(segment, from, visit);
  }

  async #readRows(
    segment: StoredSegment,
    from: number,
    visit: (batches: Uint8Array) => Result<boolean>,
  ): Promise<Result<SegmentRead>> {
    const { baseOffset, lastOffset } = segment;
    for (let next = this.#segments.rowAt(baseOffset, from)?.baseOffset ?? lastOffset + 1; next <= lastOffset; ) {
      const rows = this.#segments.rows(baseOffset, next, bytesPerTurn);
      for (const row of rows) {
        const { damage } = verifyRow(row);
        if (damage !== null) return damage;
        const visited = visit(row.batches);
        if (!visited.ok) return visited;
        if (!visited.value) return ok('whole');
      }
      const last = rows.at(-1);
      if (last === undefined) break;
      next = last.lastOffset + 1;
      await this.#ports.yieldTurn();
      if (!this.#isThere(segment)) return ok('gone');
    }
    return ok('whole');
  }

  async #readObject(
    segment: StoredSegment,
    from: number,
    visit: (batches: Uint8Array) => Result<boolean>,
  ): Promise<Result<SegmentRead>> {
    const reader = new RemoteSegmentReader(this.#ports.blobs, new StretchCache(cachedBytes), bytesPerTurn);
    const [remote] = this.#partition.log.remote.from(segment.baseOffset, 1);
    if (remote === undefined || remote.key !== segment.objectKey) return ok('gone');
    for (let next = Math.max(from, segment.baseOffset); next <= segment.lastOffset; ) {
      const read = await reader.read(remote, next, bytesPerTurn);
      if (!this.#isThere(segment)) return ok('gone');
      if (!read.ok) return read;
      if (read.value === objectMissing) return lost(segment);
      const visited = visit(read.value.batches);
      if (!visited.ok) return visited;
      if (!visited.value) return ok('whole');
      next = read.value.nextOffset;
      await this.#ports.yieldTurn();
      if (!this.#isThere(segment)) return ok('gone');
    }
    return ok('whole');
  }

  #isThere(segment: StoredSegment): boolean {
    return this.#partition.identity().closedAtMs === null && this.#segments.isUnchanged(segment);
  }
}

function lost({ baseOffset, objectKey }: StoredSegment): Result<never> {
  return failed(
    'KAFKA_STORAGE_ERROR',
    `The segment at offset ${baseOffset} is in the object ${objectKey}, which is not in the object store.`,
    { offset: baseOffset },
  );
}
