const polynomial = 0x82f63b78;

/** Eight tables of 256 entries: entry `k * 256 + b` is the CRC of byte b followed by k zero bytes. */
const tables = buildTables();

function buildTables(): Int32Array {
  const built = new Int32Array(8 * 256);
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
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes[start, end)`, unsigned. Slicing by eight: the checksum is
 * the largest cost of an append, and a byte at a time runs at a third of this speed.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1;
  let at = start;
  for (const wholeWords = start + ((end - start) & ~7); at < wholeWords; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      tables[1792 | (crc & 0xff)]! ^
      tables[1536 | ((crc >>> 8) & 0xff)]! ^
      tables[1280 | ((crc >>> 16) & 0xff)]! ^
      tables[1024 | (crc >>> 24)]! ^
      tables[768 | bytes[at + 4]!]! ^
      tables[512 | bytes[at + 5]!]! ^
      tables[256 | bytes[at + 6]!]! ^
      tables[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
