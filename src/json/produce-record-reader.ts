import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { RecordHeader } from '../log/record-body.ts';
import { decodeBase64 } from './base64-decoder.ts';
import { isNamed, quotedName } from './json-member.ts';
import type { JsonScanner } from './json-scanner.ts';
import { jsonKeyBytes, jsonStringText } from './json-string.ts';
import { noHeaders, type ProduceBounds, type ProduceRecord } from './produce-record.ts';
import { decodeUtf8Lossily } from './utf8-text.ts';

/** Kafka's partition index is an int32. */
const highestPartition = 2 ** 31 - 1;

const maxHeaders = limits.recordHeaders.value;

/** The names an object may have, and their UTF-8. */
type FieldNames<Name extends string> = readonly { readonly name: Name; readonly bytes: Uint8Array }[];

const fieldNames = <Name extends string>(...names: Name[]): FieldNames<Name> =>
  names.map((name) => ({ name, bytes: new TextEncoder().encode(name) }));

const recordFields = fieldNames(
  'value',
  'key',
  'timestamp',
  'headers',
  'partition',
  'value_text',
  'value_base64',
  'key_base64',
);
const headerFields = fieldNames('name', 'value', 'value_base64');

/** Reads the array of records that comes next in `scanner`, whose bytes are UTF-8. */
export function readProduceRecords(scanner: JsonScanner, bounds: ProduceBounds): Result<ProduceRecord[]> {
  if (scanner.peek() !== openBracket) {
    return scanner.skipValue() ? failed('INVALID_REQUEST', 'records must be an array of records.') : scanner.failure();
  }
  const reader = new ProduceRecordReader(scanner);
  const records: ProduceRecord[] = [];
  scanner.enterArray();
  for (let isFirst = true; scanner.nextElement(isFirst); isFirst = false) {
    if (records.length === bounds.maxRecords) return tooManyRecords(bounds.maxRecords);
    const record = reader.read(records.length);
    if (reader.failure !== null) return reader.failure;
    records.push(record);
  }
  if (scanner.problem !== null) return scanner.failure();
  if (records.length === 0) return failed('INVALID_REQUEST', 'records is empty: send at least one record.');
  return ok(records);
}

const openBracket = 0x5b;
const openBrace = 0x7b;
const quote = 0x22;
const zero = 0x30;
const nine = 0x39;
const firstOfNull = 0x6e;

const tooManyRecords = (maxRecords: number): Failed =>
  failed('RECORD_LIST_TOO_LARGE', `records has more than ${maxRecords} records: split it into several requests.`, {
    max_records: maxRecords,
  });

/**
 * Reads one record after another. What it returns is meaningless once `failure` is set, and nothing may be read
 * after that.
 */
class ProduceRecordReader {
  failure: Failed | null = null;
  readonly #scanner: JsonScanner;
  #record = 0;
  /** The header being read, or -1 outside of headers. */
  #header = -1;

  constructor(scanner: JsonScanner) {
    this.#scanner = scanner;
  }

  read(record: number): ProduceRecord {
    this.#record = record;
    let key: Uint8Array | null = null;
    let value: Uint8Array | null = null;
    let headers = noHeaders;
    let partition: number | null = null;
    let timestampMs: number | null = null;
    let seen = 0;
    for (let field = this.#firstField(recordFields); field >= 0; field = this.#nextField(recordFields, seen)) {
      seen |= 1 << field;
      const { name } = recordFields[field]!;
      switch (name) {
        case 'value':
          value = this.#onlyOne(value, this.#readSource(), valueFields);
          break;
        case 'value_text':
          value = this.#onlyOne(value, this.#readText(name), valueFields);
          break;
        case 'value_base64':
          value = this.#onlyOne(value, this.#readBase64(name), valueFields);
          break;
        case 'key':
          key = this.#onlyOne(key, this.#readKey(), keyFields);
          break;
        case 'key_base64':
          key = this.#onlyOne(key, this.#readBase64(name), keyFields);
          break;
        case 'headers':
          headers = this.#readHeaders();
          break;
        case 'partition':
          partition = this.#readInteger(name, highestPartition);
          break;
        case 'timestamp':
          timestampMs = this.#readInteger(name, Number.MAX_SAFE_INTEGER);
          break;
      }
    }
    return { key, value, headers, partition, timestampMs };
  }

  #readHeaders(): readonly RecordHeader[] {
    const scanner = this.#scanner;
    if (this.#skipNull()) return noHeaders;
    if (scanner.peek() !== openBracket) return this.#refuseType('headers', 'an array of headers or null') ?? noHeaders;
    const headers: RecordHeader[] = [];
    scanner.enterArray();
    for (let isFirst = true; this.failure === null && scanner.nextElement(isFirst); isFirst = false) {
      if (headers.length === maxHeaders) {
        this.#header = -1;
        this.#refuse('headers', `has more than ${maxHeaders} headers`, 'INVALID_RECORD');
        break;
      }
      this.#header = headers.length;
      headers.push(this.#readHeader());
    }
    this.#header = -1;
    this.#checkSyntax();
    return headers;
  }

  #readHeader(): RecordHeader {
    let headerName: Uint8Array | null = null;
    let value: Uint8Array | null = null;
    let seen = 0;
    for (let field = this.#firstField(headerFields); field >= 0; field = this.#nextField(headerFields, seen)) {
      seen |= 1 << field;
      const { name } = headerFields[field]!;
      switch (name) {
        case 'name':
          headerName = this.#scanner.peek() === quote ? this.#readText(name) : this.#refuseType(name, 'a string');
          break;
        case 'value':
          value = this.#onlyOne(value, this.#readText(name), headerValueFields);
          break;
        case 'value_base64':
          value = this.#onlyOne(value, this.#readBase64(name), headerValueFields);
          break;
      }
    }
    if (headerName === null) this.#refuse('name', 'must be a string');
    return { name: headerName === null ? '' : decodeUtf8Lossily(headerName), value };
  }

  /** Enters an object and comes to its first field; -1 when it has none or on a failure. */
  #firstField(fields: FieldNames<string>): number {
    if (this.#scanner.peek() !== openBrace) {
      this.#refuseType(null, 'an object');
      return -1;
    }
    this.#scanner.enterObject();
    return this.#nextField(fields, 0);
  }

  /** Comes to the next of an object's fields, of which `seen` (a bit each) came before; -1 at its end or on a failure. */
  #nextField(fields: FieldNames<string>, seen: number): number {
    const scanner = this.#scanner;
    if (this.failure !== null) return -1;
    if (!scanner.nextMember(seen === 0)) {
      this.#checkSyntax();
      return -1;
    }
    for (let field = 0; field < fields.length; field++) {
      const { name, bytes } = fields[field]!;
      if (!isNamed(scanner, bytes)) continue;
      if ((seen & (1 << field)) === 0) return field;
      this.#refuse(null, `has the field "${name}" twice`);
      return -1;
    }
    const known = fields.map((field) => field.name).join(', ');
    this.#refuse(null, `has the unknown field ${quotedName(scanner)}; the fields are ${known}`);
    return -1;
  }

  /** Of fields that say the same thing, one at most may be other than null. */
  #onlyOne(before: Uint8Array | null, now: Uint8Array | null, fields: string): Uint8Array | null {
    if (before !== null && now !== null) this.#refuse(null, `has more than one of ${fields}`);
    return before ?? now;
  }

  #readSource(): Uint8Array | null {
    const scanner = this.#scanner;
    const start = scanner.position;
    if (!scanner.skipValue()) return this.#checkSyntax();
    return scanner.bytes[start] === firstOfNull ? null : scanner.bytes.subarray(start, scanner.position);
  }

  #readKey(): Uint8Array | null {
    const scanner = this.#scanner;
    const start = scanner.position;
    if (!scanner.skipValue()) return this.#checkSyntax();
    if (scanner.bytes[start] === firstOfNull) return null;
    const span = { start, end: scanner.position };
    return jsonKeyBytes(scanner.bytes, span, scanner.hasEscape) ?? this.#refuseSurrogate('key');
  }

  #readText(field: string): Uint8Array | null {
    const scanner = this.#scanner;
    if (this.#skipNull()) return null;
    if (scanner.peek() !== quote) return this.#refuseType(field, 'a string or null');
    const start = scanner.position;
    if (!scanner.skipString()) return this.#checkSyntax();
    const span = { start, end: scanner.position };
    return jsonStringText(scanner.bytes, span, scanner.hasEscape) ?? this.#refuseSurrogate(field);
  }

  #readBase64(field: string): Uint8Array | null {
    const text = this.#readText(field);
    if (text === null || this.failure !== null) return null;
    return decodeBase64(text) ?? this.#refuse(field, 'must be standard base64 (RFC 4648, letters A-Z a-z 0-9 + /)');
  }

  #readInteger(field: string, highest: number): number | null {
    const scanner = this.#scanner;
    if (this.#skipNull()) return null;
    const start = scanner.position;
    if (!scanner.skipValue()) return this.#checkSyntax();
    let integer = 0;
    for (let at = start; at < scanner.position; at++) {
      const byte = scanner.bytes[at]!;
      const isDigit = byte >= zero && byte <= nine;
      integer = isDigit ? integer * 10 + (byte - zero) : Number.POSITIVE_INFINITY;
    }
    if (integer <= highest) return integer;
    const unit = field === 'timestamp' ? ' of milliseconds since 1970' : '';
    return this.#refuse(field, `must be an integer${unit} from 0 to ${highest}, or null`);
  }

  #skipNull(): boolean {
    if (this.#scanner.peek() !== firstOfNull) return false;
    if (!this.#scanner.skipValue()) this.#checkSyntax();
    return true;
  }

  /** Turns the scanner's problem, if it has one, into the failure. */
  #checkSyntax(): null {
    if (this.#scanner.problem !== null) this.failure ??= this.#scanner.failure();
    return null;
  }

  /** The value that comes next has the wrong type, unless it is not JSON at all. */
  #refuseType(field: string | null, expected: string): null {
    if (!this.#scanner.skipValue()) return this.#checkSyntax();
    return this.#refuse(field, `must be ${expected}`);
  }

  #refuseSurrogate(field: string): null {
    return this.#refuse(field, 'has half of a surrogate pair (\\ud800 to \\udfff alone), which UTF-8 text cannot say');
  }

  #refuse(field: string | null, why: string, code: 'INVALID_REQUEST' | 'INVALID_RECORD' = 'INVALID_REQUEST'): null {
    const header = this.#header === -1 ? '' : `.headers[${this.#header}]`;
    const path = `records[${this.#record}]${header}${field === null ? '' : `.${field}`}`;
    this.failure ??= failed(code, `${path} ${why}.`, { record: this.#record });
    return null;
  }
}

const valueFields = 'value, value_text and value_base64; send one';
const keyFields = 'key and key_base64; send one';
const headerValueFields = 'value and value_base64; send one';
