import { readInt16, readInt32, readInt64 } from '../../log/varint.ts';

/** An unsigned varint of 32 bits has at most this many bytes. */
const maxUvarintBytes = 5;

/** Kafka's strings have a length of 16 bits, also where it is written as a varint. */
const maxStringBytes = 0x7fff;

/** Byte order marks are part of a string like any other character. */
const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/**
 * Reads Kafka's primitive types from bytes that are not trusted. What is cut off, out of range or too much sets
 * {@link failed} and reads as zero or empty; `failed` stays set, so that a caller checks it once, before it uses what
 * it read. Nothing is allocated by a length that was not compared with what is left.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  end: number;
  failed = false;
  /** How many elements of arrays may still be read; each takes more memory than it has bytes. */
  #elements: number;

  constructor(bytes: Uint8Array, elementBudget: number) {
    this.bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
    this.#elements = elementBudget;
  }

  remaining(): number {
    return this.end - this.at;
  }

  fail(): void {
    this.failed = true;
    this.at = this.end;
  }

  /** Moves on by `count` bytes if there are so many; answers where they begin, or -1. */
  take(count: number): number {
    if (this.failed || count < 0 || count > this.end - this.at) {
      this.fail();
      return -1;
    }
    const at = this.at;
    this.at = at + count;
    return at;
  }

  int8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : (this.bytes[at]! << 24) >> 24;
  }

  int16(): number {
    const at = this.take(2);
    return at < 0 ? 0 : readInt16(this.bytes, at);
  }

  uint16(): number {
    return this.int16() & 0xffff;
  }

  int32(): number {
    const at = this.take(4);
    return at < 0 ? 0 : readInt32(this.bytes, at);
  }

  /** Exact within +-2^53; a value beyond comes back rounded and is no safe integer. */
  int64(): number {
    const at = this.take(8);
    return at < 0 ? 0 : readInt64(this.bytes, at);
  }

  float64(): number {
    const at = this.take(8);
    return at < 0 ? 0 : new DataView(this.bytes.buffer, this.bytes.byteOffset + at, 8).getFloat64(0);
  }

  /** Of at most 32 bits: a longer one fails. */
  uvarint(): number {
    let value = 0;
    for (let index = 0; index < maxUvarintBytes && !this.failed; index += 1) {
      const at = this.take(1);
      if (at < 0) return 0;
      const byte = this.bytes[at]!;
      if (index === maxUvarintBytes - 1 && byte > 0x0f) break;
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value;
    }
    this.fail();
    return 0;
  }

  /** As it is written everywhere else: 32 hex digits with hyphens. */
  uuid(): string {
    const at = this.take(16);
    if (at < 0) return zeroUuid;
    let text = '';
    for (let index = 0; index < 16; index += 1) {
      if (index === 4 || index === 6 || index === 8 || index === 10) text += '-';
      text += hexPairs[this.bytes[at + index]!];
    }
    return text;
  }

  /** A length before a string or bytes, or the count before an array; null for Kafka's null. */
  length(kind: 'int16' | 'int32' | 'compact'): number | null {
    const length = kind === 'compact' ? this.uvarint() - 1 : kind === 'int16' ? this.int16() : this.int32();
    if (this.failed) return 0;
    if (length === -1) return null;
    if (length < -1 || length > this.remaining()) {
      this.fail();
      return 0;
    }
    return length;
  }

  string(length: number): string {
    if (length > maxStringBytes) this.fail();
    const at = this.take(length);
    return at < 0 ? '' : utf8.decode(this.bytes.subarray(at, at + length));
  }

  /** A view, no copy. */
  view(length: number): Uint8Array {
    const at = this.take(length);
    return at < 0 ? new Uint8Array(0) : this.bytes.subarray(at, at + length);
  }

  /** Whether an array may have `count` elements of at least `minBytes` each; takes them off the budget. */
  allow(count: number, minBytes: number): boolean {
    if (this.failed || count > this.remaining() / minBytes || count > this.#elements) {
      this.fail();
      return false;
    }
    this.#elements -= count;
    return true;
  }
}

/** Kafka's uuid for "none". */
export const zeroUuid = '00000000-0000-0000-0000-000000000000';

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
