import type { NewRecord } from '../log/record.ts';
import type { RecordHeader } from '../log/record-body.ts';
import { recordBodyBytes } from '../log/record-body.ts';
import { MillraceError } from './millrace-error.ts';

/** A record to send. */
export type ProducerRecord = {
  /** Text is stored as UTF-8. Records of one key go to one partition, the one the Java client chooses, in order. */
  readonly key?: Uint8Array | string | null;
  /** Bytes and text are stored as they are, null is a tombstone, anything else is stored as its JSON. */
  readonly value?: Uint8Array | string | number | boolean | object | null;
  readonly headers?: ProducerHeaders;
  /** Pins the record; otherwise the key chooses, or a sticky choice when there is none. */
  readonly partition?: number;
  /** Milliseconds since 1970; the time of `send` by default. */
  readonly timestamp?: number;
};

/** By name, or as a list when a name is used more than once or the order matters. */
export type ProducerHeaders =
  | Readonly<Record<string, Uint8Array | string | null>>
  | readonly { readonly name: string; readonly value: Uint8Array | string | null }[];

/** A record in the log's terms, with what it takes in a batch. */
export type PreparedRecord = {
  readonly record: NewRecord;
  readonly partition: number | null;
  readonly sizeBytes: number;
};

const utf8 = new TextEncoder();

/** A record's length, attributes and two deltas take at most this much before its body. */
const recordPrefixBytes = 21;

const noHeaders: readonly RecordHeader[] = [];

/** Turns a record into bytes; throws INVALID_RECORD for what cannot be stored. */
export function prepareRecord(record: ProducerRecord, nowMs: number): PreparedRecord {
  const timestampMs = record.timestamp ?? nowMs;
  if (!Number.isSafeInteger(timestampMs) || timestampMs < 0) {
    throw invalid('INVALID_TIMESTAMP', `timestamp is ${timestampMs}; it must be milliseconds since 1970`);
  }
  const { partition } = record;
  if (partition !== undefined && (!Number.isInteger(partition) || partition < 0)) {
    throw invalid('INVALID_RECORD', `partition is ${partition}; it must be a whole number from 0 on`);
  }
  const key = bytesOf(record.key ?? null);
  const value = valueBytes(record.value ?? null);
  const headers = record.headers === undefined ? noHeaders : headersOf(record.headers);
  return {
    record: { key, value, headers, timestampMs },
    partition: partition ?? null,
    sizeBytes: recordPrefixBytes + recordBodyBytes(key, value, headers),
  };
}

function valueBytes(value: NonNullable<ProducerRecord['value']> | null): Uint8Array | null {
  if (value === null || typeof value === 'string' || value instanceof Uint8Array) return bytesOf(value);
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (thrown) {
    throw invalid('INVALID_RECORD', `the value is not JSON: ${(thrown as Error).message}`);
  }
  if (json === undefined) throw invalid('INVALID_RECORD', `a ${typeof value} is not JSON; send bytes, text or JSON`);
  return utf8.encode(json);
}

function headersOf(headers: ProducerHeaders): readonly RecordHeader[] {
  const list = isList(headers) ? headers : Object.entries(headers).map(([name, value]) => ({ name, value }));
  return list.map(({ name, value }) => ({ name, value: bytesOf(value) }));
}

function isList(headers: ProducerHeaders): headers is Extract<ProducerHeaders, readonly unknown[]> {
  return Array.isArray(headers);
}

function bytesOf(part: Uint8Array | string | null): Uint8Array | null {
  return typeof part === 'string' ? utf8.encode(part) : part;
}

function invalid(code: 'INVALID_RECORD' | 'INVALID_TIMESTAMP', message: string): MillraceError {
  return new MillraceError({ code, message, status: null });
}
