import { copyBytes } from './copy-bytes.ts';
import { type VarintReader, varintBytes, writeVarint } from './varint.ts';

/** A record's header. Names may repeat; their order is kept. */
export type RecordHeader = { readonly name: string; readonly value: Uint8Array | null };

/** What a producer decides about a record besides its time: in the format v2, everything from the key length on. */
export type RecordBody = {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
};

/** Where a record's parts lie in the bytes it was read from; a start of -1 is a null key or value. */
export type BodySpan = {
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  valueEnd: number;
  headersStart: number;
  headerCount: number;
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of a string in UTF-8, as TextEncoder writes it. */
function utf8Bytes(text: string): number {
  let size = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) {
      size += 1;
    } else {
      const isPair = unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
      // A pair is two units and four bytes; anything else here, a lone surrogate included, is one unit and three bytes.
      size += 2;
      if (isPair) index++;
    }
  }
  return size;
}

function nullableBytes(part: Uint8Array | null): number {
  return part === null ? 1 : varintBytes(part.length) + part.length;
}

/** Bytes that {@link writeRecordBody} writes. */
export function recordBodyBytes(
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: readonly RecordHeader[],
): number {
  return nullableBytes(key) + nullableBytes(value) + headersBytes(headers);
}

/** Bytes of a record's header count and headers. */
export function headersBytes(headers: readonly RecordHeader[]): number {
  let size = varintBytes(headers.length);
  for (const header of headers) {
    const nameBytes = utf8Bytes(header.name);
    size += varintBytes(nameBytes) + nameBytes + nullableBytes(header.value);
  }
  return size;
}

function writeNullable(target: Uint8Array, at: number, part: Uint8Array | null): number {
  if (part === null) return writeVarint(target, at, -1);
  return copyBytes(target, writeVarint(target, at, part.length), part, 0, part.length);
}

/** Writes a record from its key length on and answers the position after it; the target has room. */
export function writeRecordBody(
  target: Uint8Array,
  at: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: readonly RecordHeader[],
): number {
  return writeHeaders(target, writeNullable(target, writeNullable(target, at, key), value), headers);
}

/** Writes a record's header count and headers and answers the position after them. */
export function writeHeaders(target: Uint8Array, at: number, headers: readonly RecordHeader[]): number {
  let next = writeVarint(target, at, headers.length);
  for (const header of headers) {
    const nameBytes = utf8Bytes(header.name);
    next = writeVarint(target, next, nameBytes);
    encoder.encodeInto(header.name, target.subarray(next, next + nameBytes));
    next = writeNullable(target, next + nameBytes, header.value);
  }
  return next;
}

/**
 * Reads a record from its key length to the reader's end, every header included, and notes in `span` where its parts
 * lie. False when a length is negative (-1 is a null key or value), leaves the record, or anything is left over.
 */
export function readRecordBody(reader: VarintReader, span: BodySpan): boolean {
  const keyBytes = reader.readVarint();
  if (keyBytes < -1 || keyBytes > reader.end - reader.at) return false;
  span.keyStart = keyBytes < 0 ? -1 : reader.at;
  if (keyBytes > 0) reader.at += keyBytes;
  span.keyEnd = keyBytes < 0 ? -1 : reader.at;
  const valueBytes = reader.readVarint();
  if (valueBytes < -1 || valueBytes > reader.end - reader.at) return false;
  span.valueStart = valueBytes < 0 ? -1 : reader.at;
  if (valueBytes > 0) reader.at += valueBytes;
  span.valueEnd = valueBytes < 0 ? -1 : reader.at;
  const headerCount = reader.readVarint();
  // A header has at least two bytes, which bounds the loop by what is left.
  if (headerCount < 0 || headerCount > (reader.end - reader.at) / 2) return false;
  span.headersStart = reader.at;
  span.headerCount = headerCount;
  for (let index = 0; index < headerCount; index++) {
    const nameBytes = reader.readVarint();
    if (nameBytes < 0 || nameBytes > reader.end - reader.at) return false;
    reader.at += nameBytes;
    const headerBytes = reader.readVarint();
    if (headerBytes < -1 || headerBytes > reader.end - reader.at) return false;
    if (headerBytes > 0) reader.at += headerBytes;
  }
  return !reader.failed && reader.at === reader.end;
}

/** Decodes the headers of a record that {@link readRecordBody} has found sound; `reader` is put at their start. */
export function readHeaders(reader: VarintReader, span: BodySpan): RecordHeader[] {
  const headers: RecordHeader[] = [];
  reader.at = span.headersStart;
  for (let index = 0; index < span.headerCount; index++) {
    const name = readPart(reader);
    headers.push({ name: decoder.decode(name ?? undefined), value: readPart(reader) });
  }
  return headers;
}

function readPart(reader: VarintReader): Uint8Array | null {
  const size = reader.readVarint();
  if (size < 0) return null;
  reader.at += size;
  return reader.bytes.subarray(reader.at - size, reader.at);
}
