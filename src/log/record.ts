import { assert } from '../errors/assert.ts';
import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import {
  type Compress,
  type CompressionType,
  compressionTypes,
  type Decompress,
  maxDecompressedBytes,
} from './compression-type.ts';
import {
  type BatchHeader,
  batchAttribute,
  batchHeaderBytes,
  frameBatch,
  isTimestamp,
  minRecordBytes,
  readBatchHeader,
  sealBatch,
  type TimestampType,
  writeBatchHeader,
} from './record-batch.ts';
import {
  type BodySpan,
  type RecordBody,
  readHeaders,
  readRecordBody,
  recordBodyBytes,
  writeRecordBody,
} from './record-body.ts';
import { VarintReader, varintBytes, varlongBytes, writeVarint, writeVarlong } from './varint.ts';

/** A record as the log holds it. Key, value and header values are views into the bytes it was decoded from. */
export type LogRecord = RecordBody & { readonly offset: number; readonly timestampMs: number };

/** A record to be written: its offset is its place in the batch. */
export type NewRecord = RecordBody & { readonly timestampMs: number };

export type EncodeOptions = {
  /** 0 unless given, as in every batch on its way to a broker. */
  readonly baseOffset?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly timestampType?: TimestampType;
  readonly compression?: { readonly type: CompressionType; readonly compress: Compress };
};

/** Encodes records as one batch of the format v2, leader epoch 0. */
export function encodeBatch(records: readonly NewRecord[], options: EncodeOptions = {}): Uint8Array {
  const first = records[0];
  assert(first !== undefined, 'a batch that is written has a record');
  let maxTimestampMs = -1;
  let sizeBytes = batchHeaderBytes;
  const lengths = new Int32Array(records.length);
  for (const [index, record] of records.entries()) {
    maxTimestampMs = Math.max(maxTimestampMs, record.timestampMs);
    const deltas = 1 + varlongBytes(record.timestampMs - first.timestampMs) + varintBytes(index);
    const length = deltas + recordBodyBytes(record.key, record.value, record.headers);
    lengths[index] = length;
    sizeBytes += varintBytes(length) + length;
  }
  const plain = new Uint8Array(sizeBytes);
  let at = batchHeaderBytes;
  for (const [index, record] of records.entries()) {
    at = writeVarint(plain, at, lengths[index]!);
    plain[at] = 0;
    at = writeVarlong(plain, at + 1, record.timestampMs - first.timestampMs);
    at = writeVarint(plain, at, index);
    at = writeRecordBody(plain, at, record.key, record.value, record.headers);
  }
  const batch = compressSection(plain, options);
  const stamp = options.timestampType === 'LogAppendTime' ? batchAttribute.logAppendTime : 0;
  writeBatchHeader(batch, 0, {
    baseOffset: options.baseOffset ?? 0,
    sizeBytes: batch.length,
    leaderEpoch: 0,
    attributes: stamp | compressionTypes.indexOf(options.compression?.type ?? 'none'),
    lastOffsetDelta: records.length - 1,
    baseTimestampMs: first.timestampMs,
    maxTimestampMs,
    producerId: options.producerId ?? -1,
    producerEpoch: options.producerEpoch ?? -1,
    baseSequence: options.baseSequence ?? -1,
    recordCount: records.length,
  });
  sealBatch(batch, 0, batch.length);
  return batch;
}

function compressSection(plain: Uint8Array, options: EncodeOptions): Uint8Array {
  if (options.compression === undefined || options.compression.type === 'none') return plain;
  const section = options.compression.compress(options.compression.type, plain.subarray(batchHeaderBytes));
  const batch = new Uint8Array(batchHeaderBytes + section.length);
  batch.set(section, batchHeaderBytes);
  return batch;
}

/** Where a record lies in its records section, as {@link walkRecords} shows it. The same object is reused for every record. */
export type RecordSpan = BodySpan & {
  offset: number;
  timestampMs: number;
  /** The whole record, its length included. */
  start: number;
  end: number;
};

/** Sees one record and says whether to go on. */
export type RecordVisitor = (record: Readonly<RecordSpan>) => boolean;

/**
 * Shows every record of a batch's uncompressed records section to `visit`, allocating nothing a record: spans are
 * positions in `section`. Anything unsound is CORRUPT_MESSAGE, after the records before it were shown; a visitor never
 * sees a position outside the section. Offsets may have gaps (compaction), but grow.
 */
export function walkRecords(section: Uint8Array, header: BatchHeader, visit: RecordVisitor): Result<null> {
  const { recordCount, baseOffset, lastOffsetDelta } = header;
  if (recordCount < 0 || recordCount > section.length / minRecordBytes) {
    return corrupt(`The batch at offset ${baseOffset} says it has ${recordCount} records in ${section.length} bytes.`);
  }
  const keepsOwnTime = header.timestampType === 'CreateTime';
  const reader = new VarintReader(section, 0, section.length);
  const span = newSpan();
  let previousDelta = -1;
  for (let index = 0; index < recordCount; index++) {
    reader.end = section.length;
    span.start = reader.at;
    const length = reader.readVarint();
    const start = reader.at;
    if (reader.failed || length < minRecordBytes - 1 || length > section.length - start) {
      return corruptRecord(header, index, `has a length that does not fit the ${section.length - start} bytes left`);
    }
    reader.end = start + length;
    // The first byte, a record's attributes, has no meaning yet in the format v2.
    reader.at = start + 1;
    const timestampDelta = reader.readVarlong();
    const offsetDelta = reader.readVarint();
    if (!readRecordBody(reader, span)) {
      return corruptRecord(header, index, `cannot be read: a length in it does not fit its ${length} bytes`);
    }
    if (offsetDelta <= previousDelta || offsetDelta > lastOffsetDelta) {
      return corruptRecord(
        header,
        index,
        `has offset delta ${offsetDelta} after ${previousDelta}, of at most ${lastOffsetDelta}`,
      );
    }
    previousDelta = offsetDelta;
    span.end = reader.end;
    span.offset = baseOffset + offsetDelta;
    span.timestampMs = keepsOwnTime ? header.baseTimestampMs + timestampDelta : header.maxTimestampMs;
    if (!visit(span)) return ok(null);
  }
  if (reader.at === section.length) return ok(null);
  return corrupt(
    `The batch at offset ${baseOffset} has ${section.length - reader.at} bytes after its ${recordCount} records.`,
  );
}

function newSpan(): RecordSpan {
  return {
    offset: 0,
    timestampMs: 0,
    start: 0,
    end: 0,
    keyStart: -1,
    keyEnd: -1,
    valueStart: -1,
    valueEnd: -1,
    headersStart: 0,
    headerCount: 0,
  };
}

/** The records section of the batch at `at`, decompressed if need be. */
export function recordsSection(
  bytes: Uint8Array,
  at: number,
  header: BatchHeader,
  decompress: Decompress,
): Result<Uint8Array> {
  const section = bytes.subarray(at + batchHeaderBytes, at + header.sizeBytes);
  return header.compression === 'none' ? ok(section) : decompress(header.compression, section, maxDecompressedBytes);
}

/**
 * Shows every record of batches that lie back to back, as a broker answered them, decompressing where need be.
 * `visit` gets the section that a span's positions mean; control batches carry no records for applications and are
 * passed over. CORRUPT_MESSAGE when a batch or record is unsound.
 */
export function walkBatches(
  bytes: Uint8Array,
  decompress: Decompress,
  visit: (record: Readonly<RecordSpan>, section: Uint8Array) => boolean,
): Result<null> {
  let goOn = true;
  for (let at = 0, index = 0; at < bytes.length && goOn; index++) {
    const framed = frameBatch(bytes, at, index);
    if (!framed.ok) return framed;
    const header = readBatchHeader(bytes, at);
    if (!Number.isSafeInteger(header.baseOffset + Math.max(0, header.lastOffsetDelta)) || header.baseOffset < 0) {
      return corrupt(`Batch ${index} (at byte ${at}) has the impossible base offset ${header.baseOffset}.`);
    }
    if (!header.isControl) {
      const section = recordsSection(bytes, at, header, decompress);
      if (!section.ok) return section;
      const walked = walkRecords(section.value, header, (record) => {
        goOn = visit(record, section.value);
        return goOn;
      });
      if (!walked.ok) return walked;
    }
    at += framed.value;
  }
  return ok(null);
}

/** As {@link walkBatches}, with each record decoded: an object a record, its bytes views into `bytes` or the decompressed section. */
export function decodeBatches(
  bytes: Uint8Array,
  decompress: Decompress,
  visit: (record: LogRecord) => boolean,
): Result<null> {
  return walkBatches(bytes, decompress, (span, section) => visit(decodeRecord(section, span)));
}

/** The record at a span, as views into its section. */
export function decodeRecord(section: Uint8Array, span: Readonly<RecordSpan>): LogRecord {
  return {
    offset: span.offset,
    timestampMs: span.timestampMs,
    key: span.keyStart < 0 ? null : section.subarray(span.keyStart, span.keyEnd),
    value: span.valueStart < 0 ? null : section.subarray(span.valueStart, span.valueEnd),
    headers:
      span.headerCount === 0 ? [] : readHeaders(new VarintReader(section, span.headersStart, section.length), span),
  };
}

/** What {@link checkRecords} found: the true latest timestamp, which a header may have stated wrongly. */
export type CheckedRecords = { readonly maxTimestampMs: number };

/**
 * Checks the records inside a client's batch as a broker does (LogValidator.validateRecord): each one sound, offsets
 * without gaps, timestamps possible (INVALID_TIMESTAMP), and a key on each where the topic is compacted (INVALID_RECORD).
 */
export function checkRecords(section: Uint8Array, header: BatchHeader, requiresKeys: boolean): Result<CheckedRecords> {
  let refusal: Failed | undefined;
  let maxTimestampMs = -1;
  let index = 0;
  const walked = walkRecords(section, header, (record) => {
    if (record.offset - header.baseOffset !== index) {
      refusal = failed(
        'INVALID_RECORD',
        `Record ${index} has offset delta ${record.offset - header.baseOffset}; offsets of a new batch have no gaps.`,
        { record: index },
      );
    } else if (!isTimestamp(record.timestampMs)) {
      refusal = failed(
        'INVALID_TIMESTAMP',
        `Record ${index} has timestamp ${record.timestampMs}; use ms since 1970, or -1.`,
        { record: index },
      );
    } else if (requiresKeys && record.keyStart < 0) {
      refusal = failed(
        'INVALID_RECORD',
        `Record ${index} has no key; a compacted topic takes only records with a key.`,
        { record: index },
      );
    }
    maxTimestampMs = Math.max(maxTimestampMs, record.timestampMs);
    index++;
    return refusal === undefined;
  });
  if (!walked.ok) return walked;
  return refusal ?? ok({ maxTimestampMs });
}

function corruptRecord(header: BatchHeader, index: number, why: string): Failed {
  return corrupt(`Record ${index} of the batch at offset ${header.baseOffset} ${why}.`);
}

function corrupt(message: string): Failed {
  return failed('CORRUPT_MESSAGE', message);
}
