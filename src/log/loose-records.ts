import { assert } from '../errors/assert.ts';
import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import { copyBytes } from './copy-bytes.ts';
import {
  batchAttribute,
  batchHeaderBytes,
  isTimestamp,
  sealBatch,
  type TimestampType,
  writeBatchHeader,
} from './record-batch.ts';
import {
  type BodySpan,
  headersBytes,
  type RecordHeader,
  readRecordBody,
  recordBodyBytes,
  writeHeaders,
  writeRecordBody,
} from './record-body.ts';
import {
  readInt32,
  readInt64,
  VarintReader,
  varintBytes,
  varlongBytes,
  writeInt32,
  writeInt64,
  writeVarint,
  writeVarlong,
} from './varint.ts';

/**
 * Loose records: records on their way to a partition that have no batch yet. Each is
 *
 *     i64 timestamp in ms (-1: stamped at append), u32 length, then `length` bytes of a Kafka v2 record from its key
 *     length on: varint key length, key, varint value length, value, varint header count, headers
 *
 * back to back, big-endian. The partition frames all loose records of a flush into one batch: it only prepends each
 * record's length, attributes and deltas.
 */
export const looseRecordHeaderBytes = 12;

/** A record without key, value and headers has three bytes. */
const minBodyBytes = 3;

/** Length, attributes, timestamp delta and offset delta of a framed record at their longest. */
const maxRecordOverheadBytes = 5 + 1 + 10 + 5;

/** The longest loose record (its `length`) that fits a batch of its own within `max.message.bytes`. */
export function maxLooseRecordBytes(maxMessageBytes: number): number {
  return maxMessageBytes - batchHeaderBytes - maxRecordOverheadBytes;
}

const noHeaders: readonly RecordHeader[] = [];

/** Collects loose records in one growing buffer. */
export class LooseRecordWriter {
  #bytes: Uint8Array;
  #at = 0;
  #recordCount = 0;

  /** `expectedBytes` saves growing when the caller knows about how much will come. */
  constructor(expectedBytes = 1024) {
    this.#bytes = new Uint8Array(expectedBytes);
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  get sizeBytes(): number {
    return this.#at;
  }

  /** Appends one record; `timestampMs` -1 leaves its time to the partition. Answers the record's `length`. */
  append(
    timestampMs: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly RecordHeader[] = noHeaders,
  ): number {
    const length = recordBodyBytes(key, value, headers);
    const at = this.#open(timestampMs, length);
    this.#at = writeRecordBody(this.#bytes, at, key, value, headers);
    return length;
  }

  /** As {@link append}, with `source[valueStart, valueEnd)` as the value: spares a view a line of NDJSON. */
  appendRange(
    timestampMs: number,
    key: Uint8Array | null,
    source: Uint8Array,
    valueStart: number,
    valueEnd: number,
    headers: readonly RecordHeader[] = noHeaders,
  ): number {
    const valueBytes = valueEnd - valueStart;
    const keyBytes = key === null ? 1 : varintBytes(key.length) + key.length;
    const length = keyBytes + varintBytes(valueBytes) + valueBytes + headersBytes(headers);
    let at = this.#open(timestampMs, length);
    const bytes = this.#bytes;
    at = writeVarint(bytes, at, key === null ? -1 : key.length);
    if (key !== null) at = copyBytes(bytes, at, key, 0, key.length);
    at = copyBytes(bytes, writeVarint(bytes, at, valueBytes), source, valueStart, valueEnd);
    this.#at = writeHeaders(bytes, at, headers);
    return length;
  }

  /**
   * What was appended, in a buffer of its own size (a view would take all of its buffer along through an RPC). The
   * writer is empty afterwards.
   */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#at);
    this.#at = 0;
    this.#recordCount = 0;
    return taken;
  }

  #open(timestampMs: number, length: number): number {
    const needed = this.#at + looseRecordHeaderBytes + length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length, 256));
      grown.set(this.#bytes.subarray(0, this.#at));
      this.#bytes = grown;
    }
    writeInt64(this.#bytes, this.#at, timestampMs);
    writeInt32(this.#bytes, this.#at + 8, length);
    this.#recordCount++;
    return this.#at + looseRecordHeaderBytes;
  }
}

/** Encodes one loose record; {@link LooseRecordWriter} for many. */
export function encodeLooseRecord(
  timestampMs: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: readonly RecordHeader[] = noHeaders,
): Uint8Array {
  const length = recordBodyBytes(key, value, headers);
  const bytes = new Uint8Array(looseRecordHeaderBytes + length);
  writeInt64(bytes, 0, timestampMs);
  writeInt32(bytes, 8, length);
  writeRecordBody(bytes, looseRecordHeaderBytes, key, value, headers);
  return bytes;
}

/** What {@link checkLooseRecords} found; `maxTimestampMs` is -1 when every record is stamped at append. */
export type CheckedLooseRecords = { readonly count: number; readonly maxTimestampMs: number };

/**
 * Checks loose records that came from outside, every one whole: CORRUPT_MESSAGE when a length, varint or header count
 * does not fit, MESSAGE_TOO_LARGE above `maxRecordBytes` (see {@link maxLooseRecordBytes}), INVALID_TIMESTAMP,
 * INVALID_RECORD when there is none or, with `requiresKeys` (compacted topics), one without a key. The failure's
 * detail names the record (`record`, from 0) and its first byte (`position`).
 */
export function checkLooseRecords(
  bytes: Uint8Array,
  maxRecordBytes: number,
  requiresKeys = false,
): Result<CheckedLooseRecords> {
  const reader = new VarintReader(bytes, 0, bytes.length);
  const span: BodySpan = { keyStart: -1, keyEnd: -1, valueStart: -1, valueEnd: -1, headersStart: 0, headerCount: 0 };
  let count = 0;
  let maxTimestampMs = -1;
  for (let at = 0; at < bytes.length; count++) {
    const left = bytes.length - at - looseRecordHeaderBytes;
    if (left < minBodyBytes) return refuse('CORRUPT_MESSAGE', count, at, 'is cut off');
    const timestampMs = readInt64(bytes, at);
    const length = readInt32(bytes, at + 8) >>> 0;
    if (length > left) {
      return refuse('CORRUPT_MESSAGE', count, at, `is cut off: it says it has ${length} bytes, ${left} are left`);
    }
    if (length > maxRecordBytes) {
      return refuse('MESSAGE_TOO_LARGE', count, at, `has ${length} bytes; the topic takes at most ${maxRecordBytes}`);
    }
    if (!isTimestamp(timestampMs)) {
      return refuse('INVALID_TIMESTAMP', count, at, `has timestamp ${timestampMs}; use ms since 1970, or -1 for now`);
    }
    reader.at = at + looseRecordHeaderBytes;
    reader.end = reader.at + length;
    if (!readRecordBody(reader, span)) {
      return refuse('CORRUPT_MESSAGE', count, at, `cannot be read: a length in it does not fit its ${length} bytes`);
    }
    if (requiresKeys && span.keyStart < 0) {
      return refuse('INVALID_RECORD', count, at, 'has no key; a compacted topic takes only records with a key');
    }
    if (timestampMs > maxTimestampMs) maxTimestampMs = timestampMs;
    at = reader.end;
  }
  if (count === 0) return failed('INVALID_RECORD', 'There is no record in the request; send at least one.');
  return ok({ count, maxTimestampMs });
}

type LooseRefusal = 'CORRUPT_MESSAGE' | 'MESSAGE_TOO_LARGE' | 'INVALID_TIMESTAMP' | 'INVALID_RECORD';

function refuse(code: LooseRefusal, index: number, at: number, why: string): Failed {
  return failed(code, `Record ${index} (at byte ${at}) ${why}.`, { record: index, position: at });
}

export type FrameOptions = {
  readonly baseOffset: number;
  readonly leaderEpoch: number;
  readonly nowMs: number;
  readonly timestampType: TimestampType;
  /** Who writes the records in a transaction; absent: they have no producer id. */
  readonly transactional?: {
    readonly producerId: number;
    readonly producerEpoch: number;
    readonly baseSequence: number;
  };
};

export type FramedBatch = {
  readonly batch: Uint8Array;
  readonly recordCount: number;
  readonly maxTimestampMs: number;
};

/**
 * Frames all loose records of several parts, in order, as one batch. The parts were checked by
 * {@link checkLooseRecords}. The first record's time is the base timestamp; a time of -1 becomes `nowMs`, and with
 * LogAppendTime every record's time is `nowMs`.
 */
export function frameLooseRecords(parts: readonly Uint8Array[], options: FrameOptions): FramedBatch {
  const measured = measure(parts, options);
  const { recordCount, maxTimestampMs, baseTimestampMs } = measured;
  assert(recordCount > 0, 'a batch that is framed has a record');
  const batch = new Uint8Array(measured.sizeBytes);
  const end = writeRecords(batch, parts, baseTimestampMs, options);
  assert(end === batch.length, 'loose records are framed to the size that was measured');
  writeBatchHeader(batch, 0, {
    baseOffset: options.baseOffset,
    sizeBytes: batch.length,
    leaderEpoch: options.leaderEpoch,
    attributes:
      (options.timestampType === 'LogAppendTime' ? batchAttribute.logAppendTime : 0) |
      (options.transactional === undefined ? 0 : batchAttribute.transactional),
    lastOffsetDelta: recordCount - 1,
    baseTimestampMs,
    maxTimestampMs,
    ...(options.transactional ?? noProducer),
    recordCount,
  });
  sealBatch(batch, 0, batch.length);
  return { batch, recordCount, maxTimestampMs };
}

const noProducer = { producerId: -1, producerEpoch: -1, baseSequence: -1 };

type Measured = { sizeBytes: number; recordCount: number; baseTimestampMs: number; maxTimestampMs: number };

/** The time a loose record gets in the log. */
function timestampOf(part: Uint8Array, at: number, options: FrameOptions): number {
  if (options.timestampType === 'LogAppendTime') return options.nowMs;
  const own = readInt64(part, at);
  return own < 0 ? options.nowMs : own;
}

function measure(parts: readonly Uint8Array[], options: FrameOptions): Measured {
  let sizeBytes = batchHeaderBytes;
  let recordCount = 0;
  let baseTimestampMs = 0;
  let maxTimestampMs = -1;
  for (const part of parts) {
    for (let at = 0; at < part.length; recordCount++) {
      const timestampMs = timestampOf(part, at, options);
      if (recordCount === 0) baseTimestampMs = timestampMs;
      if (timestampMs > maxTimestampMs) maxTimestampMs = timestampMs;
      const bodyBytes = readInt32(part, at + 8);
      const length = 1 + varlongBytes(timestampMs - baseTimestampMs) + varintBytes(recordCount) + bodyBytes;
      sizeBytes += varintBytes(length) + length;
      at += looseRecordHeaderBytes + bodyBytes;
    }
  }
  return { sizeBytes, recordCount, baseTimestampMs, maxTimestampMs };
}

function writeRecords(
  batch: Uint8Array,
  parts: readonly Uint8Array[],
  baseTimestampMs: number,
  options: FrameOptions,
): number {
  let next = batchHeaderBytes;
  let index = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; index++) {
      const timestampDelta = timestampOf(part, at, options) - baseTimestampMs;
      const bodyBytes = readInt32(part, at + 8);
      const length = 1 + varlongBytes(timestampDelta) + varintBytes(index) + bodyBytes;
      next = writeVarint(batch, next, length);
      batch[next] = 0;
      next = writeVarlong(batch, next + 1, timestampDelta);
      next = writeVarint(batch, next, index);
      const bodyStart = at + looseRecordHeaderBytes;
      at = bodyStart + bodyBytes;
      next = copyBytes(batch, next, part, bodyStart, at);
    }
  }
  return next;
}
