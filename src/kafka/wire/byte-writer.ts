import { assert } from '../../errors/assert.ts';
import { writeInt16, writeInt32, writeInt64 } from '../../log/varint.ts';

/** Bytes of at least this many are passed on as they are; smaller ones cost less to copy than to send by themselves. */
const passedOnBytes = 4_096;

const firstBufferBytes = 512;

/** The largest int64: a number cannot hold it, so it stands for every number that is too large. */
const two63 = 2 ** 63;

const utf8 = new TextEncoder();

/** Writes Kafka's primitive types. Large byte arrays are not copied: the result is a list of parts, sent in order. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];
  #buffer = new Uint8Array(firstBufferBytes);
  /** What of the buffer is written, and where the part begins that is not in `#parts` yet. */
  #at = 0;
  #partBytes = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#partBytes + this.#at;
  }

  int8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#at++] = value;
  }

  int16(value: number): void {
    this.#reserve(2);
    writeInt16(this.#buffer, this.#at, value);
    this.#at += 2;
  }

  int32(value: number): void {
    this.#reserve(4);
    writeInt32(this.#buffer, this.#at, value);
    this.#at += 4;
  }

  int64(value: number): void {
    this.#reserve(8);
    if (value >= two63) {
      writeInt32(this.#buffer, this.#at, 0x7fff_ffff);
      writeInt32(this.#buffer, this.#at + 4, -1);
    } else {
      writeInt64(this.#buffer, this.#at, value);
    }
    this.#at += 8;
  }

  float64(value: number): void {
    this.#reserve(8);
    new DataView(this.#buffer.buffer, this.#at, 8).setFloat64(0, value);
    this.#at += 8;
  }

  uvarint(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#at++] = rest;
  }

  uuid(text: string): void {
    const digits = text.replaceAll('-', '');
    assert(/^[0-9a-f]{32}$/.test(digits), 'a uuid has 32 hex digits');
    this.#reserve(16);
    for (let index = 0; index < 32; index += 2) {
      this.#buffer[this.#at++] = Number.parseInt(digits.slice(index, index + 2), 16);
    }
  }

  /** A length before a string or bytes, or the count before an array; null for Kafka's null. */
  lengthPrefix(kind: 'int16' | 'int32' | 'compact', length: number | null): void {
    if (kind === 'compact') this.uvarint((length ?? -1) + 1);
    else if (kind === 'int16') this.int16(length ?? -1);
    else this.int32(length ?? -1);
  }

  string(kind: 'int16' | 'compact', text: string): void {
    const bytes = utf8.encode(text);
    this.lengthPrefix(kind, bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    if (bytes.length >= passedOnBytes) {
      this.#closePart();
      this.#parts.push(bytes);
      this.#partBytes += bytes.length;
      return;
    }
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Everything written, in order; the writer is used up. */
  finish(): Uint8Array[] {
    this.#closePart();
    return this.#parts;
  }

  #closePart(): void {
    if (this.#at === 0) return;
    this.#parts.push(this.#buffer.subarray(0, this.#at));
    this.#partBytes += this.#at;
    this.#buffer = new Uint8Array(firstBufferBytes);
    this.#at = 0;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = larger;
  }
}
