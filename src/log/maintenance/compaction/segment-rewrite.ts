import { failed, ok, type Result } from '../../../errors/result.ts';
import type { BlobHead } from '../../../platform/blob-store.ts';
import { storeFailure } from '../../object-store-failure.ts';
import { type BatchHeader, readBatchHeader } from '../../record-batch.ts';
import { SegmentObjectBuilder } from '../../segment-object.ts';
import { type SegmentObject, SegmentStore, type StoredSegment } from '../../segment-store.ts';
import type { MaintainedPartition, MaintenancePorts } from '../maintenance-job.ts';
import { ObjectTombstones, objectGraceMs } from '../object-tombstones.ts';
import { SegmentBatches } from '../segment-batches.ts';
import { eachBatch } from './batch-scan.ts';
import type { CleanedBatch } from './compact-batch.ts';
import { OutputTable } from './output-table.ts';

/** What cleaning a batch comes to. */
export type CleanBatch = (batch: Uint8Array, header: BatchHeader) => Result<CleanedBatch>;

/** The segments that one rewriting turns into one, and what it made of them. */
export type RewrittenGroup = {
  readonly segments: readonly StoredSegment[];
  readonly output: RewrittenOutput;
  readonly removedRecords: number;
};

type RewrittenOutput =
  /** One segment, of which nothing goes: it stays as it is. */
  | { readonly place: 'unchanged' }
  /** Nothing is left of the segments. */
  | { readonly place: 'nowhere' }
  | { readonly place: 'table'; readonly table: OutputTable }
  | { readonly place: 'object'; readonly object: SegmentObject; readonly totals: Totals };

type Totals = { readonly sizeBytes: number; readonly maxTimestampMs: number };

/** Batches that stay, in memory: for an object all of a group, for rows those before the first one that changed. */
type Gathered = { readonly batches: { readonly bytes: Uint8Array; readonly header: BatchHeader }[]; sizeBytes: number };

/**
 * Rewrites segments that lie next to each other, in the same place, into one: in rows as a new table, in objects as a
 * new object. Nothing that is read is touched before {@link SegmentRewrite.swap}.
 */
export class SegmentRewrite {
  readonly #ports: MaintenancePorts;
  readonly #partition: MaintainedPartition;
  readonly #segments: SegmentStore;
  readonly #tombstones: ObjectTombstones;
  readonly #source: SegmentBatches;

  constructor(ports: MaintenancePorts, partition: MaintainedPartition) {
    this.#ports = ports;
    this.#partition = partition;
    this.#segments = new SegmentStore(ports.sql);
    this.#tombstones = new ObjectTombstones(ports.sql);
    this.#source = new SegmentBatches(ports, partition);
  }

  /** Builds what the segments become; null when one of them went away meanwhile. An object is put under `objectKey`. */
  async build(
    segments: readonly StoredSegment[],
    objectKey: string,
    clean: CleanBatch,
  ): Promise<Result<RewrittenGroup | null>> {
    const table = segments[0]?.objectKey === null ? new OutputTable(this.#ports.sql) : null;
    const gathered: Gathered = { batches: [], sizeBytes: 0 };
    let removedRecords = 0;
    let isChanged = segments.length > 1;
    for (const segment of segments) {
      const read = await this.#source.read(segment, segment.baseOffset, (batches) =>
        eachBatch(batches, (batch, header) => {
          const cleaned = clean(batch, header);
          if (!cleaned.ok) return cleaned;
          const { bytes } = cleaned.value;
          removedRecords += cleaned.value.removedRecords;
          isChanged ||= bytes !== batch;
          if (bytes !== null) {
            gathered.batches.push({ bytes, header: bytes === batch ? header : readBatchHeader(bytes, 0) });
            gathered.sizeBytes += bytes.length;
          }
          if (isChanged && table !== null) table.addAll(gathered.batches.splice(0));
          return ok(true);
        }),
      );
      if (!read.ok) return read;
      if (read.value === 'gone') return ok(null);
    }
    if (!isChanged) return ok({ segments, output: { place: 'unchanged' }, removedRecords });
    if (gathered.sizeBytes === 0) return ok({ segments, output: { place: 'nowhere' }, removedRecords });
    if (table !== null) {
      table.flush();
      return ok({ segments, output: { place: 'table', table }, removedRecords });
    }
    const put = await this.#putObject(segments, objectKey, gathered);
    return put.ok ? ok({ segments, output: put.value, removedRecords }) : put;
  }

  async #putObject(
    segments: readonly StoredSegment[],
    key: string,
    { batches, sizeBytes }: Gathered,
  ): Promise<Result<Extract<RewrittenOutput, { place: 'object' }>>> {
    const builder = new SegmentObjectBuilder(rangeOf(segments), sizeBytes);
    for (const { bytes } of batches.splice(0)) {
      const appended = builder.append(bytes);
      if (!appended.ok) return appended;
    }
    const { bytes, footer } = builder.finish();
    const sha256 = this.#ports.sha256(bytes);
    let head: BlobHead | null;
    try {
      await this.#ports.blobs.put(key, bytes, { sha256 });
      head = await this.#ports.blobs.head(key);
    } catch (cause) {
      return storeFailure(`take the compacted segment at offset ${footer.baseOffset}`, cause);
    }
    if (head === null || head.sizeBytes !== bytes.length || head.sha256 !== sha256) {
      return failed(
        'KAFKA_STORAGE_ERROR',
        `The object store has ${head === null ? 'no object' : `${head.sizeBytes} bytes with the SHA-256 ${head.sha256}`} under ${key}, where ${bytes.length} bytes with ${sha256} were put.`,
      );
    }
    const object = { key, sizeBytes: bytes.length, sha256, index: footer.index };
    return ok({ place: 'object', object, totals: { sizeBytes, maxTimestampMs: footer.maxTimestampMs } });
  }

  /** Whether every segment of the group is still the one it was built from. */
  isStillValid({ segments }: RewrittenGroup): boolean {
    return this.#partition.identity().closedAtMs === null && segments.every((one) => this.#segments.isUnchanged(one));
  }

  /** From now on readers get what was built. Inside a transaction; only while {@link SegmentRewrite.isStillValid}. */
  swap({ segments, output }: RewrittenGroup, nowMs: number): void {
    if (output.place === 'unchanged') return;
    for (const { objectKey } of segments) if (objectKey !== null) this.bury(objectKey, nowMs);
    const [first, ...others] = segments;
    if (first === undefined) return;
    for (const other of others) this.#segments.drop(other);
    if (output.place === 'nowhere') {
      this.#segments.drop(first);
      OutputTable.drop(this.#ports.sql);
      return;
    }
    if (output.place === 'table') {
      this.#segments.dropTable(first.baseOffset);
      output.table.becomeSegment(first.baseOffset);
    }
    const { sizeBytes, maxTimestampMs } = output.place === 'table' ? output.table : output.totals;
    this.#segments.replace(first.baseOffset, {
      sizeBytes,
      maxTimestampMs,
      lastOffset: rangeOf(segments).lastOffset,
      lastAppendMs: Math.max(...segments.map(({ lastAppendMs }) => lastAppendMs)),
      object: output.place === 'object' ? output.object : null,
    });
  }

  /** Has an object deleted when nobody can be reading it any more. Inside a transaction. */
  bury(objectKey: string, nowMs: number): void {
    this.#tombstones.add(objectKey, nowMs + objectGraceMs);
    this.#partition.timers.arm('object-deletion', nowMs + objectGraceMs);
  }
}

/** Bytes of batches that a group takes after its swap. */
export function bytesAfter({ segments, output }: RewrittenGroup): number {
  switch (output.place) {
    case 'unchanged':
      return segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    case 'nowhere':
      return 0;
    case 'table':
      return output.table.sizeBytes;
    case 'object':
      return output.totals.sizeBytes;
  }
}

function rangeOf(segments: readonly StoredSegment[]): { readonly baseOffset: number; readonly lastOffset: number } {
  return { baseOffset: segments[0]?.baseOffset ?? 0, lastOffset: segments.at(-1)?.lastOffset ?? 0 };
}
