/** Finds a text in bytes in time linear in them, whatever the text (Knuth, Morris, Pratt). */
export class TextSearch {
  readonly #text: Uint8Array;
  /** For each place in the text, how much of its beginning the text ends with there. */
  readonly #borders: Int32Array;

  constructor(text: Uint8Array) {
    this.#text = text;
    this.#borders = new Int32Array(text.length);
    for (let at = 1, border = 0; at < text.length; at++) {
      while (border > 0 && text[at] !== text[border]) border = this.#borders[border - 1]!;
      if (text[at] === text[border]) border++;
      this.#borders[at] = border;
    }
  }

  isIn(bytes: Uint8Array): boolean {
    const text = this.#text;
    if (text.length === 0) return true;
    let matched = 0;
    for (let at = 0; at < bytes.length; at++) {
      if (matched === 0) {
        at = bytes.indexOf(text[0]!, at);
        if (at === -1) return false;
      }
      const byte = bytes[at];
      while (matched > 0 && byte !== text[matched]) matched = this.#borders[matched - 1]!;
      if (byte === text[matched]) matched++;
      if (matched === text.length) return true;
    }
    return false;
  }
}

/** Whether `bytes` has `part` at `at`. */
export function hasBytesAt(bytes: Uint8Array, part: Uint8Array, at: number): boolean {
  if (at < 0 || bytes.length - at < part.length) return false;
  for (let index = 0; index < part.length; index++) if (bytes[at + index] !== part[index]) return false;
  return true;
}

/** Orders texts by their UTF-8 bytes, which is the order of their code points. */
export function compareBytes(one: Uint8Array, other: Uint8Array): number {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index++) {
    const difference = one[index]! - other[index]!;
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}
