const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const notBase64 = 0x40;
const padding = 0x3d;

/** The six bits each byte stands for; `notBase64` for the others. */
const sixBits = new Uint8Array(256).fill(notBase64);
for (let index = 0; index < alphabet.length; index++) sixBits[alphabet.charCodeAt(index)] = index;

/**
 * Decodes standard base64 (RFC 4648 section 4) given as ASCII bytes; padding may be absent. Null when it is anything
 * else: another alphabet, white space, bits left over. The lenient decoders of the runtimes drop such bytes silently.
 */
export function decodeBase64(text: Uint8Array): Uint8Array | null {
  const length = lengthWithoutPadding(text);
  const rest = length & 3;
  if (rest === 1 || (length < text.length && (text.length & 3) !== 0)) return null;
  const bytes = new Uint8Array((length * 3) >>> 2);
  const wholeLength = length - rest;
  let to = 0;
  for (let from = 0; from < wholeLength; from += 4) {
    const a = sixBits[text[from]!]!;
    const b = sixBits[text[from + 1]!]!;
    const c = sixBits[text[from + 2]!]!;
    const d = sixBits[text[from + 3]!]!;
    if ((a | b | c | d) >= notBase64) return null;
    bytes[to++] = (a << 2) | (b >> 4);
    bytes[to++] = ((b & 0x0f) << 4) | (c >> 2);
    bytes[to++] = ((c & 0x03) << 6) | d;
  }
  return rest === 0 || decodeRest(text.subarray(wholeLength, length), bytes.subarray(to)) ? bytes : null;
}

function lengthWithoutPadding(text: Uint8Array): number {
  let length = text.length;
  while (length > 0 && text.length - length < 2 && text[length - 1] === padding) length--;
  return length;
}

/** The last two or three characters, which carry one or two bytes. */
function decodeRest(text: Uint8Array, to: Uint8Array): boolean {
  const a = sixBits[text[0]!]!;
  const b = sixBits[text[1]!]!;
  const c = text.length === 3 ? sixBits[text[2]!]! : 0;
  if ((a | b | c) >= notBase64) return false;
  to[0] = (a << 2) | (b >> 4);
  if (text.length === 2) return (b & 0x0f) === 0;
  to[1] = ((b & 0x0f) << 4) | (c >> 2);
  return (c & 0x03) === 0;
}
