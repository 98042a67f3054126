/** A secret of 128 bits, as four words: whoever writes keys cannot make two of them collide without knowing it. */
export type HashSecret = readonly [number, number, number, number];

/** The secret that a UUID's random bits make. */
export function hashSecretOf(uuid: string): HashSecret {
  const hex = uuid.replaceAll('-', '').padEnd(32, '0');
  const word = (at: number) => Number.parseInt(hex.slice(at, at + 8), 16) | 0;
  return [word(0), word(8), word(16), word(24)];
}

/** One 64-bit word of the state as two halves: numbers of 32 bits are what the runtime computes with directly. */
let v0l = 0;
let v0h = 0;
let v1l = 0;
let v1h = 0;
let v2l = 0;
let v2h = 0;
let v3l = 0;
let v3h = 0;

/**
 * SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, reference siphash.c): a keyed hash that is fast on short
 * inputs. Writes the hash of `bytes[start..end)` into `target` as four words, little-endian as the reference's bytes.
 */
export function hashKey(secret: HashSecret, bytes: Uint8Array, start: number, end: number, target: Int32Array): void {
  const [k0l, k0h, k1l, k1h] = secret;
  v0l = k0l ^ 0x70736575;
  v0h = k0h ^ 0x736f6d65;
  v1l = k1l ^ 0x6e646f6d ^ 0xee;
  v1h = k1h ^ 0x646f7261;
  v2l = k0l ^ 0x6e657261;
  v2h = k0h ^ 0x6c796765;
  v3l = k1l ^ 0x79746573;
  v3h = k1h ^ 0x74656462;
  const length = end - start;
  const wholeEnd = end - (length % 8);
  for (let at = start; at < wholeEnd; at += 8) compress(littleEndian(bytes, at), littleEndian(bytes, at + 4));
  let low = 0;
  let high = (length & 0xff) << 24;
  for (let at = end - 1; at >= wholeEnd; at -= 1) {
    const index = at - wholeEnd;
    const byte = bytes[at] ?? 0;
    if (index < 4) low |= byte << (8 * index);
    else high |= byte << (8 * (index - 4));
  }
  compress(low, high);
  v2l ^= 0xee;
  finish();
  target[0] = v0l ^ v1l ^ v2l ^ v3l;
  target[1] = v0h ^ v1h ^ v2h ^ v3h;
  v1l ^= 0xdd;
  finish();
  target[2] = v0l ^ v1l ^ v2l ^ v3l;
  target[3] = v0h ^ v1h ^ v2h ^ v3h;
}

function littleEndian(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

function compress(low: number, high: number): void {
  v3l ^= low;
  v3h ^= high;
  round();
  round();
  v0l ^= low;
  v0h ^= high;
}

function finish(): void {
  round();
  round();
  round();
  round();
}

/** Whether the sum of two unsigned words, of which `sum` are the low 32 bits, is larger than 32 bits. */
function carry(sum: number, addend: number): number {
  return sum >>> 0 < addend >>> 0 ? 1 : 0;
}

function round(): void {
  let low = (v0l + v1l) | 0;
  v0h = (v0h + v1h + carry(low, v1l)) | 0;
  v0l = low;
  let turned = (v1l << 13) | (v1h >>> 19);
  v1h = (v1h << 13) | (v1l >>> 19);
  v1l = turned ^ v0l;
  v1h ^= v0h;
  turned = v0l;
  v0l = v0h;
  v0h = turned;
  low = (v2l + v3l) | 0;
  v2h = (v2h + v3h + carry(low, v3l)) | 0;
  v2l = low;
  turned = (v3l << 16) | (v3h >>> 16);
  v3h = (v3h << 16) | (v3l >>> 16);
  v3l = turned ^ v2l;
  v3h ^= v2h;
  low = (v0l + v3l) | 0;
  v0h = (v0h + v3h + carry(low, v3l)) | 0;
  v0l = low;
  turned = (v3l << 21) | (v3h >>> 11);
  v3h = (v3h << 21) | (v3l >>> 11);
  v3l = turned ^ v0l;
  v3h ^= v0h;
  low = (v2l + v1l) | 0;
  v2h = (v2h + v1h + carry(low, v1l)) | 0;
  v2l = low;
  turned = (v1l << 17) | (v1h >>> 15);
  v1h = (v1h << 17) | (v1l >>> 15);
  v1l = turned ^ v2l;
  v1h ^= v2h;
  turned = v2l;
  v2l = v2h;
  v2h = turned;
}
