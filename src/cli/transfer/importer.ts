import { HttpBatchDoor } from '../../client/batch-door.ts';
import type { HttpDoor } from '../../client/http-door.ts';
import { compress } from '../../log/compression.ts';
import type { CompressionType } from '../../log/compression-type.ts';
import { encodeBatch, type NewRecord } from '../../log/record.ts';
import { frameBatch, readBatchHeader } from '../../log/record-batch.ts';
import { recordBodyBytes } from '../../log/record-body.ts';
import { UsageError } from '../command.ts';
import type { Progress } from '../output/progress.ts';
import { readBatchPage, untilSettled } from './batch-page.ts';
import type { ExportManifest } from './export-manifest.ts';
import { recordsOf } from './exported-records.ts';
import { type ImportState, writeImportState } from './import-state.ts';

/** Partitions written at a time: each has a file in memory. */
const partitionsAtOnce = 3;

/** A batch is sent once it has about this much. */
const batchBytes = 256 * 1024;

/** Sequences of a producer begin anew after this many, and could then not be told apart. */
const sequencesMax = 2 ** 31;

/** The state is written this often while records go in. */
const stateIntervalMs = 1_000;

const appendTimeoutMs = 30_000;

export type ImporterOptions = {
  readonly door: HttpDoor;
  readonly directory: string;
  readonly statePath: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
};

/**
 * Sends an export's records into a topic, each to the partition it came from, once: the import is one idempotent
 * producer whose next sequence is the number of records sent. A run that was killed is gone on with by reading, in the
 * target itself, how far that producer came.
 */
export class Importer {
  readonly #manifest: ExportManifest;
  readonly #options: ImporterOptions;
  readonly #appender: HttpBatchDoor;
  #state: ImportState;
  #writtenAtMs = 0;

  constructor(manifest: ExportManifest, state: ImportState, options: ImporterOptions) {
    this.#manifest = manifest;
    this.#state = state;
    this.#options = options;
    this.#appender = new HttpBatchDoor(options.door, state.topic);
  }

  async run(): Promise<void> {
    const waiting = this.#manifest.partitions.map(({ partition }) => partition);
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await this.#partition(next);
    };
    try {
      await Promise.all(Array.from({ length: partitionsAtOnce }, work));
      this.#state = { ...this.#state, isComplete: true };
    } finally {
      writeImportState(this.#options.statePath, this.#state);
    }
  }

  async #partition(partition: number): Promise<void> {
    const done = await this.#findReached(partition);
    let position = 0;
    for (const file of this.#manifest.files.filter((one) => one.partition === partition)) {
      if (position + file.records <= done) {
        position += file.records;
        continue;
      }
      let pending: NewRecord[] = [];
      let pendingBytes = 0;
      let compression: CompressionType = 'none';
      const flush = async (): Promise<void> => {
        if (pending.length > 0) await this.#append(partition, position - pending.length, pending, compression);
        pending = [];
        pendingBytes = 0;
      };
      for (const group of recordsOf(this.#options.directory, this.#manifest.form, file)) {
        if (group.compression !== compression) await flush();
        compression = group.compression;
        for (const record of group.records) {
          position += 1;
          if (position <= done) continue;
          const sizeBytes = recordBodyBytes(record.key, record.value, record.headers);
          if (pendingBytes + sizeBytes > batchBytes) {
            position -= 1;
            await flush();
            position += 1;
          }
          pending.push(record);
          pendingBytes += sizeBytes;
        }
      }
      await flush();
    }
  }

  async #append(
    partition: number,
    baseSequence: number,
    records: readonly NewRecord[],
    compression: CompressionType,
  ): Promise<void> {
    const { signal, progress } = this.#options;
    if (baseSequence + records.length > sequencesMax) {
      throw new UsageError(
        `partition ${partition} has more than ${sequencesMax} records: export and import it in parts.`,
      );
    }
    const { producerId, producerEpoch } = this.#state;
    const batch = encodeBatch(records, {
      producerId,
      producerEpoch,
      baseSequence,
      ...(compression === 'none' ? {} : { compression: { type: compression, compress } }),
    });
    const ack = await untilSettled(() => this.#appender.append(partition, batch, appendTimeoutMs, signal), signal);
    progress.add(records.length, batch.length);
    this.#reached(partition, baseSequence + records.length, ack.baseOffset + records.length);
  }

  #reached(partition: number, records: number, targetOffset: number): void {
    const partitions = { ...this.#state.partitions, [partition]: { records, targetOffset } };
    this.#state = { ...this.#state, partitions };
    const nowMs = performance.now();
    if (nowMs - this.#writtenAtMs < stateIntervalMs) return;
    this.#writtenAtMs = nowMs;
    writeImportState(this.#options.statePath, this.#state);
  }

  /** How many records of a partition are in the target: what the state says, and what came after it was written. */
  async #findReached(partition: number): Promise<number> {
    const known = this.#state.partitions[partition];
    const { door, signal } = this.#options;
    const { topic, producerId, producerEpoch } = this.#state;
    let records = known?.records ?? 0;
    const end = await readBatchPage(door, { topic, partition, offset: 'latest' }, signal);
    let offset = Math.max(known?.targetOffset ?? end.highWatermark, end.logStartOffset);
    while (offset < end.highWatermark) {
      const page = await readBatchPage(door, { topic, partition, offset }, signal);
      for (let at = 0, index = 0; at < page.batches.length; index += 1) {
        const framed = frameBatch(page.batches, at, index);
        if (!framed.ok) throw new UsageError(framed.error.message);
        const header = readBatchHeader(page.batches, at);
        if (header.producerId === producerId && header.producerEpoch === producerEpoch) {
          records = Math.max(records, header.baseSequence + header.lastOffsetDelta + 1);
        }
        at += framed.value;
      }
      offset = page.nextOffset;
    }
    this.#state = {
      ...this.#state,
      partitions: { ...this.#state.partitions, [partition]: { records, targetOffset: end.highWatermark } },
    };
    writeImportState(this.#options.statePath, this.#state);
    return records;
  }
}
