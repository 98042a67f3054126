import { assert } from '../errors/assert.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { type CompressionType, compressionTypes } from './compression-type.ts';
import { crc32c } from './crc32c.ts';
import { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from './varint.ts';

/**
 * Where a field of the record batch format v2 begins (KIP-98, DefaultRecordBatch.java), in bytes from the batch's
 * first. All integers are big-endian. `batchLength` counts what follows it; the CRC covers `attributes` to the end, so
 * that a broker can set the base offset and the leader epoch without touching it.
 */
export const batchField = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

/** Size of a batch's header; its records follow. */
export const batchHeaderBytes = 61;

/** Base offset and batch length: the bytes that `batchLength` does not count. */
const uncountedBytes = 12;

/** A record has at least its length, attributes, two deltas, key length, value length and header count. */
export const minRecordBytes = 7;

export const batchMagic = 2;

/** The bits of a batch's `attributes`. */
export const batchAttribute = {
  compressionMask: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const;

export type TimestampType = 'CreateTime' | 'LogAppendTime';

export type BatchHeader = {
  readonly baseOffset: number;
  /** The whole batch, its first 12 bytes included. */
  readonly sizeBytes: number;
  readonly leaderEpoch: number;
  readonly attributes: number;
  readonly compression: CompressionType;
  readonly timestampType: TimestampType;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly lastOffsetDelta: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
  /** -1 when the batch has no producer id; then epoch and sequence are -1 too. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** Zero in a batch that compaction emptied and keeps for its producer's sequence. */
  readonly recordCount: number;
};

/** A batch that passed {@link checkBatches}: where it begins and what its header says. */
export type CheckedBatch = { readonly at: number; readonly header: BatchHeader };

/**
 * Reads the header of the batch at `at`. For batches that were checked before ({@link checkBatches}, or
 * {@link frameBatch} for what a broker sent): it asserts what those guarantee.
 */
export function readBatchHeader(bytes: Uint8Array, at: number): BatchHeader {
  assert(at + batchHeaderBytes <= bytes.length, 'a batch header lies within its bytes');
  const attributes = readInt16(bytes, at + batchField.attributes);
  const compression = compressionTypes[attributes & batchAttribute.compressionMask];
  assert(compression !== undefined, 'a stored batch has a known codec');
  return {
    baseOffset: readInt64(bytes, at + batchField.baseOffset),
    sizeBytes: readInt32(bytes, at + batchField.batchLength) + uncountedBytes,
    leaderEpoch: readInt32(bytes, at + batchField.partitionLeaderEpoch),
    attributes,
    compression,
    timestampType: (attributes & batchAttribute.logAppendTime) === 0 ? 'CreateTime' : 'LogAppendTime',
    isTransactional: (attributes & batchAttribute.transactional) !== 0,
    isControl: (attributes & batchAttribute.control) !== 0,
    lastOffsetDelta: readInt32(bytes, at + batchField.lastOffsetDelta),
    baseTimestampMs: readInt64(bytes, at + batchField.baseTimestamp),
    maxTimestampMs: readInt64(bytes, at + batchField.maxTimestamp),
    producerId: readInt64(bytes, at + batchField.producerId),
    producerEpoch: readInt16(bytes, at + batchField.producerEpoch),
    baseSequence: readInt32(bytes, at + batchField.baseSequence),
    recordCount: readInt32(bytes, at + batchField.recordCount),
  };
}

/**
 * Finds the end of the batch at `at` without trusting any of it: CORRUPT_MESSAGE when it is cut off, shorter than a
 * header or of an unknown format, UNSUPPORTED_FOR_MESSAGE_FORMAT for the formats before v2. Answers its whole size.
 */
export function frameBatch(bytes: Uint8Array, at: number, index: number): Result<number> {
  const left = bytes.length - at;
  if (left <= batchField.magic) {
    return refuse('CORRUPT_MESSAGE', index, at, `is cut off: ${left} bytes are left, a header has ${batchHeaderBytes}`);
  }
  const magic = bytes[at + batchField.magic]!;
  if (magic < batchMagic) {
    const why = `has message format ${magic}; send record batches of format 2 (Kafka 0.11 and later)`;
    return refuse('UNSUPPORTED_FOR_MESSAGE_FORMAT', index, at, why);
  }
  if (magic > batchMagic) return refuse('CORRUPT_MESSAGE', index, at, `has the unknown message format ${magic}`);
  const sizeBytes = readInt32(bytes, at + batchField.batchLength) + uncountedBytes;
  if (sizeBytes < batchHeaderBytes) {
    const why = `says it has ${sizeBytes} bytes, fewer than the ${batchHeaderBytes} of a header`;
    return refuse('CORRUPT_MESSAGE', index, at, why);
  }
  if (sizeBytes > left) {
    return refuse('CORRUPT_MESSAGE', index, at, `is cut off: it says it has ${sizeBytes} bytes, ${left} are left`);
  }
  const codec = readInt16(bytes, at + batchField.attributes) & batchAttribute.compressionMask;
  if (codec >= compressionTypes.length) {
    const why = `has the unknown compression codec ${codec}; use one of ${compressionTypes.join(', ')}`;
    return refuse('UNSUPPORTED_COMPRESSION_TYPE', index, at, why);
  }
  return ok(sizeBytes);
}

/** `compare` computes every CRC; `trust` is for bytes that an edge of ours compared a moment ago. */
export type CrcCheck = 'compare' | 'trust';

/**
 * Checks record batches that a client sent, back to back, as a Kafka broker does (UnifiedLog.analyzeAndValidateRecords,
 * LogValidator.validateBatch). Headers and CRCs only: the records inside are checked by `checkRecords` in record.ts.
 * The failure's detail names the batch (`batch`, from 0) and its first byte (`position`).
 */
export function checkBatches(
  bytes: Uint8Array,
  maxMessageBytes: number,
  crc: CrcCheck = 'compare',
): Result<CheckedBatch[]> {
  const checked: CheckedBatch[] = [];
  if (bytes.length === 0)
    return failed('INVALID_RECORD', 'There is no record batch in the request; send at least one.');
  for (let at = 0; at < bytes.length; ) {
    const framed = frameBatch(bytes, at, checked.length);
    if (!framed.ok) return framed;
    const header = checkBatch(bytes, at, framed.value, checked.length, maxMessageBytes, crc);
    if (!header.ok) return header;
    checked.push({ at, header: header.value });
    at += framed.value;
  }
  return ok(checked);
}

function checkBatch(
  bytes: Uint8Array,
  at: number,
  sizeBytes: number,
  index: number,
  maxMessageBytes: number,
  crc: CrcCheck,
): Result<BatchHeader> {
  if (sizeBytes > maxMessageBytes) {
    const why = `has ${sizeBytes} bytes, more than the topic's max.message.bytes of ${maxMessageBytes}; send smaller batches`;
    return refuse('MESSAGE_TOO_LARGE', index, at, why);
  }
  if (crc === 'compare') {
    const stated = readInt32(bytes, at + batchField.crc) >>> 0;
    const computed = crc32c(bytes, at + batchField.attributes, at + sizeBytes);
    if (stated !== computed) {
      return refuse('CORRUPT_MESSAGE', index, at, `says its CRC is ${stated}, but its bytes have ${computed}`);
    }
  }
  const header = readBatchHeader(bytes, at);
  return checkHeader(header, index, at) ?? ok(header);
}

/** What a well-formed header may say when it comes from a client; undefined when all is well. */
function checkHeader(header: BatchHeader, index: number, at: number) {
  const { baseOffset, recordCount, lastOffsetDelta, producerId, producerEpoch, baseSequence } = header;
  if (header.isControl) return refuse('INVALID_RECORD', index, at, 'is a control batch, which clients may not write');
  if ((header.attributes & batchAttribute.deleteHorizon) !== 0) {
    return refuse('INVALID_RECORD', index, at, 'is marked with a delete horizon, which only compaction sets');
  }
  if (baseOffset !== 0) return refuse('INVALID_RECORD', index, at, `must have base offset 0, it has ${baseOffset}`);
  if (recordCount <= 0) return refuse('INVALID_RECORD', index, at, `says it has ${recordCount} records`);
  if (lastOffsetDelta !== recordCount - 1) {
    const why = `has ${recordCount} records but last offset delta ${lastOffsetDelta}; it must be ${recordCount - 1}`;
    return refuse('INVALID_RECORD', index, at, why);
  }
  const recordsBytes = header.sizeBytes - batchHeaderBytes;
  if (header.compression === 'none' && recordCount > recordsBytes / minRecordBytes) {
    return refuse('INVALID_RECORD', index, at, `says it has ${recordCount} records in ${recordsBytes} bytes`);
  }
  if (header.timestampType === 'LogAppendTime') {
    return refuse('INVALID_TIMESTAMP', index, at, 'has timestamp type LogAppendTime, which only the broker may set');
  }
  if (!isTimestamp(header.baseTimestampMs) || !isTimestamp(header.maxTimestampMs)) {
    const why = `has timestamps from ${header.baseTimestampMs} to ${header.maxTimestampMs}; use ms since 1970, or -1`;
    return refuse('INVALID_TIMESTAMP', index, at, why);
  }
  if (!Number.isSafeInteger(producerId) || producerId < -1) {
    return refuse('INVALID_RECORD', index, at, `has the impossible producer id ${producerId}`);
  }
  if (producerId >= 0 && (baseSequence < 0 || producerEpoch < 0)) {
    const why = `has producer id ${producerId} with epoch ${producerEpoch} and sequence ${baseSequence}`;
    return refuse('INVALID_RECORD', index, at, why);
  }
  return undefined;
}

/** The last moment a JavaScript Date has; that any two such times differ by a safe integer is what the deltas need. */
const lastTimestampMs = 8_640_000_000_000_000;

/** Whether a number is a timestamp that a record may have: whole ms since 1970, or -1 for none. */
export function isTimestamp(timestampMs: number): boolean {
  return timestampMs >= -1 && timestampMs <= lastTimestampMs && Number.isInteger(timestampMs);
}

type BatchRefusal =
  | 'CORRUPT_MESSAGE'
  | 'UNSUPPORTED_FOR_MESSAGE_FORMAT'
  | 'MESSAGE_TOO_LARGE'
  | 'UNSUPPORTED_COMPRESSION_TYPE'
  | 'INVALID_RECORD'
  | 'INVALID_TIMESTAMP';

function refuse(code: BatchRefusal, index: number, at: number, why: string) {
  return failed(code, `Batch ${index} (at byte ${at}) ${why}.`, { batch: index, position: at });
}

/** Sets what the log decides about a batch, in place; neither field is covered by the CRC. */
export function patchBatch(bytes: Uint8Array, at: number, baseOffset: number, leaderEpoch: number): void {
  writeInt64(bytes, at + batchField.baseOffset, baseOffset);
  writeInt32(bytes, at + batchField.partitionLeaderEpoch, leaderEpoch);
}

/** Makes `nowMs` the timestamp of every record of a batch (`message.timestamp.type=LogAppendTime`), in place, and its CRC right again. */
export function stampLogAppendTime(bytes: Uint8Array, at: number, nowMs: number): void {
  const attributes = readInt16(bytes, at + batchField.attributes);
  writeInt16(bytes, at + batchField.attributes, attributes | batchAttribute.logAppendTime);
  writeInt64(bytes, at + batchField.maxTimestamp, nowMs);
  sealBatch(bytes, at, readInt32(bytes, at + batchField.batchLength) + uncountedBytes);
}

/** Writes every field of a batch's header but the CRC, which {@link sealBatch} adds once the records are there. */
export function writeBatchHeader(
  target: Uint8Array,
  at: number,
  header: Omit<BatchHeader, 'compression' | 'timestampType' | 'isTransactional' | 'isControl'>,
): void {
  patchBatch(target, at, header.baseOffset, header.leaderEpoch);
  writeInt32(target, at + batchField.batchLength, header.sizeBytes - uncountedBytes);
  target[at + batchField.magic] = batchMagic;
  writeInt16(target, at + batchField.attributes, header.attributes);
  writeInt32(target, at + batchField.lastOffsetDelta, header.lastOffsetDelta);
  writeInt64(target, at + batchField.baseTimestamp, header.baseTimestampMs);
  writeInt64(target, at + batchField.maxTimestamp, header.maxTimestampMs);
  writeInt64(target, at + batchField.producerId, header.producerId);
  writeInt16(target, at + batchField.producerEpoch, header.producerEpoch);
  writeInt32(target, at + batchField.baseSequence, header.baseSequence);
  writeInt32(target, at + batchField.recordCount, header.recordCount);
}

/** Computes a batch's CRC and writes it into its header. */
export function sealBatch(bytes: Uint8Array, at: number, sizeBytes: number): void {
  writeInt32(bytes, at + batchField.crc, crc32c(bytes, at + batchField.attributes, at + sizeBytes));
}
