import { failed, ok, type Result } from '../errors/result.ts';
import type { ProduceRecord } from '../json/produce-record.ts';
import { checkTimestamps } from '../log/append-check.ts';
import { compress } from '../log/compression.ts';
import type { CompressionType } from '../log/compression-type.ts';
import { LooseRecordWriter, maxLooseRecordBytes } from '../log/loose-records.ts';
import { encodeBatch, type NewRecord } from '../log/record.ts';
import { recordBodyBytes } from '../log/record-body.ts';
import type { TopicConfig } from '../topics/topic-config.ts';

/**
 * Up to this many records of a request travel loose, to share a batch with whatever else the partition is about to
 * write; more than that fill a batch of their own, which the edge encodes so that the partition need not.
 */
const looseRecordsMax = 64;
const looseBytesMax = 32 * 1024;

/** An edge-encoded batch is closed here: large enough to be cheap, small enough to be fetched alone. */
const batchBytesTarget = 256 * 1024;

/** One partition's records of a request, as the partition takes them. */
export type EncodedPart = { readonly looseRecords: Uint8Array } | { readonly batches: Uint8Array };

/** Checks one record against its topic's config; the message names it by its index in the request, if it has one. */
export function checkRecord(
  record: ProduceRecord,
  index: number | null,
  sizeBytes: number,
  config: TopicConfig,
  nowMs: number,
): Result<null> {
  const maxBytes = maxLooseRecordBytes(config.maxMessageBytes);
  if (sizeBytes > maxBytes) {
    return failed(
      'MESSAGE_TOO_LARGE',
      `${nameOf(index)} takes ${sizeBytes} bytes; with max.message.bytes ${config.maxMessageBytes} a record may take ${maxBytes}.`,
      { record: index, size_bytes: sizeBytes, max_message_bytes: config.maxMessageBytes },
    );
  }
  if (record.key === null && config.cleanupPolicy !== 'delete') {
    return failed('INVALID_RECORD', `${nameOf(index)} has no key; a compacted topic takes only records with a key.`, {
      record: index,
    });
  }
  if (record.timestampMs === null) return ok(null);
  return checkTimestamps(config, record.timestampMs, record.timestampMs, nowMs);
}

const nameOf = (index: number | null) => (index === null ? 'The record' : `records[${index}]`);

/** Encodes one partition's records in request order; those without a timestamp get `nowMs`. */
export function encodePart(
  records: readonly ProduceRecord[],
  sizeBytes: number,
  config: TopicConfig,
  nowMs: number,
): EncodedPart {
  const isLoose = records.length <= looseRecordsMax && sizeBytes <= looseBytesMax && compressionOf(config) === null;
  return isLoose
    ? { looseRecords: encodeLoose(records, sizeBytes, nowMs) }
    : { batches: encodeBatches(records, config, nowMs) };
}

/** Encodes records so that the partition frames them; those without a timestamp get `nowMs`. */
export function encodeLoose(records: readonly ProduceRecord[], sizeBytes: number, nowMs: number): Uint8Array {
  const writer = new LooseRecordWriter(sizeBytes + records.length * 16);
  for (const { timestampMs, key, value, headers } of records) writer.append(timestampMs ?? nowMs, key, value, headers);
  return writer.take();
}

function encodeBatches(records: readonly ProduceRecord[], config: TopicConfig, nowMs: number): Uint8Array {
  const type = compressionOf(config);
  const options = type === null ? {} : { compression: { type, compress } };
  const limitBytes = Math.min(batchBytesTarget, maxLooseRecordBytes(config.maxMessageBytes));
  const batches: Uint8Array[] = [];
  let pending: NewRecord[] = [];
  let pendingBytes = 0;
  for (const { timestampMs, key, value, headers } of records) {
    const recordBytes = recordBodyBytes(key, value, headers) + recordFramingBytes;
    if (pending.length > 0 && pendingBytes + recordBytes > limitBytes) {
      batches.push(encodeBatch(pending, options));
      pending = [];
      pendingBytes = 0;
    }
    pending.push({ timestampMs: timestampMs ?? nowMs, key, value, headers });
    pendingBytes += recordBytes;
  }
  batches.push(encodeBatch(pending, options));
  return batches.length === 1 && batches[0] !== undefined ? batches[0] : concat(batches);
}

/** A record's length, attributes and deltas in a batch, at their longest. */
const recordFramingBytes = 21;

/** The codec that `compression.type` makes the edge use; null where it leaves records as they are. */
export function compressionOf(config: TopicConfig): CompressionType | null {
  const { compressionType } = config;
  return compressionType === 'producer' || compressionType === 'uncompressed' ? null : compressionType;
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
