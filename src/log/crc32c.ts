const polynomial = 0x82f63b78;

/** How many bytes the inner loop takes at once, each through a table of its own. */
const sliceBytes = 16;

/** Entry `k * 256 + b` is the CRC of byte b followed by k zero bytes. */
const tables = buildTables();

function buildTables(): Int32Array {
  const built = new Int32Array(sliceBytes * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial;
    built[byte] = crc;
  }
  for (let entry = 256; entry < built.length; entry++) {
    const previous = built[entry - 256]!;
    built[entry] = (previous >>> 8) ^ built[previous & 0xff]!;
  }
  return built;
}

/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes[start, end)`, unsigned. Slicing by sixteen: the checksum is the
 * largest cost of checking a batch, and a byte at a time runs at a quarter of this speed.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1;
  let at = start;
  for (const slicesEnd = start + ((end - start) & -sliceBytes); at < slicesEnd; at += sliceBytes) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      tables[0xf00 | (crc & 0xff)]! ^
      tables[0xe00 | ((crc >>> 8) & 0xff)]! ^
      tables[0xd00 | ((crc >>> 16) & 0xff)]! ^
      tables[0xc00 | (crc >>> 24)]! ^
      tables[0xb00 | bytes[at + 4]!]! ^
      tables[0xa00 | bytes[at + 5]!]! ^
      tables[0x900 | bytes[at + 6]!]! ^
      tables[0x800 | bytes[at + 7]!]! ^
      tables[0x700 | bytes[at + 8]!]! ^
      tables[0x600 | bytes[at + 9]!]! ^
      tables[0x500 | bytes[at + 10]!]! ^
      tables[0x400 | bytes[at + 11]!]! ^
      tables[0x300 | bytes[at + 12]!]! ^
      tables[0x200 | bytes[at + 13]!]! ^
      tables[0x100 | bytes[at + 14]!]! ^
      tables[bytes[at + 15]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
