/** Kafka's record fields are zigzag varints (int32, at most 5 bytes) and varlongs (int64, at most 10 bytes). */
const maxVarintBytes = 5;
const maxVarlongBytes = 10;

const two32 = 0x1_0000_0000;

/** Bytes that {@link writeVarint} writes for an int32. */
export function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
}

/** Writes an int32 as a zigzag varint and answers the position after it. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let next = at;
  while (rest >= 0x80) {
    target[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[next++] = rest;
  return next;
}

/** Bytes that {@link writeVarlong} writes for a safe integer. */
export function varlongBytes(value: number): number {
  if (value === (value | 0)) return varintBytes(value);
  let rest = Math.floor((value < 0 ? -1 - value : value) / 0x40);
  let size = 1;
  for (; rest > 0; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Writes a safe integer as a zigzag varlong and answers the position after it. */
export function writeVarlong(target: Uint8Array, at: number, value: number): number {
  if (value === (value | 0)) return writeVarint(target, at, value);
  // The zigzag of a 53 bit integer has 54 bits, which a number does not hold: the sign goes into the first byte alone.
  const magnitude = value < 0 ? -1 - value : value;
  let rest = Math.floor(magnitude / 0x40);
  let next = at;
  target[next++] = ((magnitude % 0x40) << 1) | (value < 0 ? 1 : 0) | 0x80;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) target[next++] = (rest % 0x80) | 0x80;
  target[next++] = rest;
  return next;
}

/**
 * Reads varints one after the other from `bytes[at, end)`. A varint that is longer than its type, out of range
 * (beyond +-2^53 for a varlong) or cut off by `end` sets `failed` and reads as 0; `failed` stays set, so a caller may
 * check it once after several reads, before it uses them.
 */
export class VarintReader {
  readonly bytes: Uint8Array;
  at: number;
  end: number;
  failed = false;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  readVarint(): number {
    const at = this.at;
    if (at < this.end) {
      const first = this.bytes[at]!;
      if (first < 0x80) {
        this.at = at + 1;
        return (first >>> 1) ^ -(first & 1);
      }
    }
    return this.#readLongVarint();
  }

  readVarlong(): number {
    const at = this.at;
    if (at < this.end) {
      const first = this.bytes[at]!;
      if (first < 0x80) {
        this.at = at + 1;
        return (first >>> 1) ^ -(first & 1);
      }
    }
    return this.#readLongVarlong();
  }

  #readLongVarint(): number {
    const limit = Math.min(this.end, this.at + maxVarintBytes);
    let value = 0;
    let shift = 0;
    for (let at = this.at; at < limit; at++, shift += 7) {
      const byte = this.bytes[at]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        // The fifth byte holds the last four of 32 bits.
        if (shift === 28 && byte > 0x0f) break;
        this.at = at + 1;
        return (value >>> 1) ^ -(value & 1);
      }
    }
    return this.#fail();
  }

  #readLongVarlong(): number {
    const limit = Math.min(this.end, this.at + maxVarlongBytes);
    const negative = (this.bytes[this.at]! & 1) === 1;
    let magnitude = (this.bytes[this.at]! & 0x7f) >>> 1;
    let scale = 0x40;
    for (let at = this.at + 1; at < limit; at++, scale *= 0x80) {
      const byte = this.bytes[at]!;
      magnitude += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (magnitude > Number.MAX_SAFE_INTEGER - (negative ? 1 : 0)) break;
        this.at = at + 1;
        return negative ? -1 - magnitude : magnitude;
      }
    }
    return this.#fail();
  }

  #fail(): number {
    this.failed = true;
    return 0;
  }
}

/** The int32 at a position, big-endian. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

export function writeInt32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

/** The int16 at a position, big-endian. */
export function readInt16(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) >> 16) | bytes[at + 1]!;
}

export function writeInt16(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 8;
  target[at + 1] = value;
}

/**
 * The int64 at a position, big-endian. Exact within +-2^53; a value beyond comes back rounded and fails
 * `Number.isSafeInteger`, which whoever reads foreign bytes must check.
 */
export function readInt64(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at) * two32 + (readInt32(bytes, at + 4) >>> 0);
}

/** Writes a safe integer as an int64, big-endian. */
export function writeInt64(target: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / two32);
  writeInt32(target, at, high);
  writeInt32(target, at + 4, value - high * two32);
}
