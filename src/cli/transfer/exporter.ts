import { mkdirSync } from 'node:fs';
import { ConsumedRecord } from '../../client/consumed-record.ts';
import type { HttpDoor } from '../../client/http-door.ts';
import { MillraceError } from '../../client/millrace-error.ts';
import { decompress } from '../../log/compression.ts';
import { decodeBatches } from '../../log/record.ts';
import { frameBatch, readBatchHeader } from '../../log/record-batch.ts';
import { recordLine } from '../../record-files/record-line.ts';
import type { Progress } from '../output/progress.ts';
import { type BatchPage, readBatchPage } from './batch-page.ts';
import { ExportFile } from './export-file.ts';
import { type ExportedPartition, type ExportManifest, writeChecksums, writeManifest } from './export-manifest.ts';

/** Partitions read at a time: each has a request under way and a page in memory. */
const partitionsAtOnce = 4;

export type ExporterOptions = {
  readonly door: HttpDoor;
  readonly directory: string;
  /** A file is closed when it has this much. */
  readonly fileBytes: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
};

/**
 * Writes a topic into files, from where its manifest says that an earlier run came to. Each finished file is named in
 * the manifest before the next begins, so that a run that is killed loses the file it was at and nothing else.
 */
export class Exporter {
  manifest: ExportManifest;
  readonly #options: ExporterOptions;

  constructor(manifest: ExportManifest, options: ExporterOptions) {
    this.manifest = manifest;
    this.#options = options;
  }

  async run(): Promise<void> {
    mkdirSync(this.#options.directory, { recursive: true });
    writeManifest(this.#options.directory, this.manifest);
    const waiting = [...this.manifest.partitions];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await this.#partition(next);
    };
    await Promise.all(Array.from({ length: partitionsAtOnce }, work));
    this.#change({ isComplete: true });
    writeChecksums(this.#options.directory, this.manifest);
  }

  async #partition({ partition, from, end }: ExportedPartition): Promise<void> {
    let offset = this.#reached(partition) ?? from;
    let file: ExportFile | null = null;
    try {
      while (offset < end) {
        const page = await this.#read(partition, offset);
        if (page === null) {
          if (file !== null) this.#finish(file);
          file = null;
          offset = this.#reached(partition) ?? from;
          continue;
        }
        file ??= new ExportFile(this.#options.directory, this.manifest.form, partition, offset);
        offset = this.#write(file, partition, offset, end, page);
        if (file.bytes < this.#options.fileBytes && offset < end) continue;
        this.#finish(file);
        file = null;
      }
    } catch (thrown) {
      file?.abandon();
      throw thrown;
    }
  }

  /** Null when what comes next was deleted, which the manifest then says. */
  async #read(partition: number, offset: number): Promise<BatchPage | null> {
    const { door, signal, fileBytes } = this.#options;
    try {
      const place = { topic: this.manifest.topic, partition, offset, isolation: 'read_committed' } as const;
      return await readBatchPage(door, place, signal, fileBytes);
    } catch (thrown) {
      const start = thrown instanceof MillraceError ? thrown.detail.log_start_offset : undefined;
      if (typeof start !== 'number' || start <= offset) throw thrown;
      this.#change({ gaps: [...this.manifest.gaps, { partition, from: offset, to: start }] });
      return null;
    }
  }

  /** Answers the offset to go on at. */
  #write(file: ExportFile, partition: number, from: number, end: number, page: BatchPage): number {
    const { batches, to, records } = cutAt(page, from, end);
    if (this.manifest.form === 'batches') {
      file.write(batches, records, to);
    } else {
      const lines: string[] = [];
      const decoded = decodeBatches(batches, decompress, (record) => {
        const { offset, timestampMs } = record;
        if (offset >= from && offset < to) {
          lines.push(recordLine(new ConsumedRecord(this.manifest.topic, partition, offset, timestampMs, record)));
        }
        return true;
      });
      if (!decoded.ok) throw new MillraceError(decoded.error);
      file.write(new TextEncoder().encode(lines.join('')), lines.length, to);
    }
    this.#options.progress.add(records, batches.length);
    return to;
  }

  #finish(file: ExportFile): void {
    this.#change({ files: [...this.manifest.files, file.finish()] });
  }

  #change(changed: Partial<ExportManifest>): void {
    this.manifest = { ...this.manifest, ...changed };
    writeManifest(this.#options.directory, this.manifest);
  }

  /** How far the manifest's files and gaps reach; null when there are none of this partition. */
  #reached(partition: number): number | null {
    const ends = [...this.manifest.files, ...this.manifest.gaps].filter((range) => range.partition === partition);
    return ends.length === 0 ? null : Math.max(...ends.map(({ to }) => to));
  }
}

/** The batches of a page that begin below `end`, how many records between `from` and `end` they have, and where they end. */
function cutAt({ batches, nextOffset }: BatchPage, from: number, end: number) {
  let records = 0;
  for (let at = 0, index = 0; at < batches.length; index += 1) {
    const framed = frameBatch(batches, at, index);
    if (!framed.ok) throw new MillraceError(framed.error);
    const { baseOffset, recordCount, lastOffsetDelta } = readBatchHeader(batches, at);
    if (baseOffset >= end) return { batches: batches.subarray(0, at), to: end, records };
    const batch = batches.subarray(at, at + framed.value);
    const isWhole = baseOffset >= from && baseOffset + lastOffsetDelta < end;
    records += isWhole ? recordCount : recordsBetween(batch, from, end);
    at += framed.value;
  }
  // Where batches of aborted transactions were left out, the page may reach further than what it holds.
  return { batches, to: Math.min(nextOffset, end), records };
}

/** How many records of a batch lie between two offsets: after a compaction only looking tells. */
function recordsBetween(batch: Uint8Array, from: number, end: number): number {
  let records = 0;
  const decoded = decodeBatches(batch, decompress, ({ offset }) => {
    if (offset >= from && offset < end) records += 1;
    return true;
  });
  if (!decoded.ok) throw new MillraceError(decoded.error);
  return records;
}
