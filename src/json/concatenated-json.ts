import { type Failed, failed } from '../errors/result.ts';

/** One thing of a stream of objects, in order: an object's text, not yet checked, or why there is none. */
export type ConcatenatedItem =
  | { readonly kind: 'object'; readonly text: Uint8Array }
  | { readonly kind: 'malformed'; readonly failure: Failed };

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const newline = 0x0a;
const space = 0x20;

const isWhiteSpace = (byte: number) => byte === space || byte === newline || byte === 0x0d || byte === 0x09;

/**
 * Where the reader stands: between objects; in one; in one that is too large to keep; in what is no object, up to the
 * next brace or line break; or behind a broken string, up to the next line that begins with a brace.
 */
type Mode = 'between' | 'object' | 'oversize' | 'garbage' | 'lost';

/**
 * Takes a stream of JSON objects that follow each other, with or without white space between them, apart, whatever
 * pieces it arrives in. An object ends at the brace that closes it, so that one with an error inside costs its
 * successors nothing. What cannot be an object is one malformed item up to the next `{` or line break; a string that a
 * line break cuts off leaves no way to tell what follows, so reading goes on at the next line that begins with `{`.
 *
 * Holds one object at most, of `maxObjectBytes`: a larger one is passed over, and is one malformed item.
 */
export class ConcatenatedJson {
  readonly #maxObjectBytes: number;
  #mode: Mode = 'between';
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** Whether a line begins with the next byte, while nothing else is known of where it stands. */
  #isLineStart = false;
  /** The beginning of the object that the pieces so far left open, copied, since pieces may be of a byte each. */
  #held = new Uint8Array();
  #heldBytes = 0;

  constructor(maxObjectBytes: number) {
    this.#maxObjectBytes = maxObjectBytes;
  }

  /** Takes the next piece and answers what it completes; texts may be views into it. */
  push(piece: Uint8Array): ConcatenatedItem[] {
    const items: ConcatenatedItem[] = [];
    let start = 0;
    for (let at = 0; at < piece.length; ) {
      switch (this.#mode) {
        case 'between':
          at = this.#begin(piece, at, items);
          start = at;
          break;
        case 'garbage':
          at = this.#skipGarbage(piece, at);
          break;
        case 'lost':
          at = this.#skipLines(piece, at);
          break;
        default:
          at = this.#walk(piece, start, at, items);
          break;
      }
    }
    if (this.#mode === 'object') this.#hold(piece.subarray(start), items);
    return items;
  }

  /** The stream has ended: what is left open is malformed. */
  end(): ConcatenatedItem[] {
    const isOpen = this.#mode === 'object';
    this.#mode = 'between';
    return isOpen ? [malformed('the stream ends inside an object')] : [];
  }

  /** Skips white space and answers where the next thing begins. */
  #begin(piece: Uint8Array, from: number, items: ConcatenatedItem[]): number {
    let at = from;
    while (at < piece.length && isWhiteSpace(piece[at]!)) at++;
    if (at === piece.length) return at;
    if (piece[at] === openBrace) {
      this.#mode = 'object';
      this.#depth = 0;
      this.#heldBytes = 0;
    } else {
      this.#mode = 'garbage';
      items.push(malformed('expected an object, which begins with {'));
    }
    return at;
  }

  /** Walks through an object, and answers where it ends or the piece does. */
  #walk(piece: Uint8Array, start: number, from: number, items: ConcatenatedItem[]): number {
    for (let at = from; at < piece.length; at++) {
      const byte = piece[at]!;
      if (this.#isInString) {
        if (byte < space) return this.#lose(byte, at, at - start, items);
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === backslash) this.#isEscaped = true;
        else if (byte === quote) this.#isInString = false;
      } else if (byte === quote) {
        this.#isInString = true;
      } else if (byte === openBrace) {
        this.#depth++;
      } else if (byte === closeBrace) {
        this.#depth--;
        if (this.#depth > 0) continue;
        if (this.#mode === 'object') this.#complete(piece.subarray(start, at + 1), items);
        this.#mode = 'between';
        return at + 1;
      }
    }
    return piece.length;
  }

  /** After a string that was cut off there is no telling strings from what is between them. */
  #lose(byte: number, at: number, walkedBytes: number, items: ConcatenatedItem[]): number {
    if (this.#mode === 'object') {
      const isTooLarge = this.#heldBytes + walkedBytes > this.#maxObjectBytes;
      items.push(isTooLarge ? this.#tooLarge() : malformed('a string has a control character that is not escaped'));
    }
    this.#mode = 'lost';
    this.#isLineStart = byte === newline;
    this.#isInString = false;
    this.#isEscaped = false;
    return at + 1;
  }

  #skipGarbage(piece: Uint8Array, from: number): number {
    let at = from;
    while (at < piece.length && piece[at] !== openBrace && piece[at] !== newline) at++;
    if (at < piece.length) this.#mode = 'between';
    return at;
  }

  #skipLines(piece: Uint8Array, from: number): number {
    for (let at = from; at < piece.length; at++) {
      if (this.#isLineStart && piece[at] === openBrace) {
        this.#mode = 'between';
        return at;
      }
      this.#isLineStart = piece[at] === newline;
    }
    return piece.length;
  }

  #hold(rest: Uint8Array, items: ConcatenatedItem[]): void {
    if (this.#heldBytes + rest.length <= this.#maxObjectBytes) {
      this.#append(rest);
      return;
    }
    this.#mode = 'oversize';
    this.#held = new Uint8Array();
    items.push(this.#tooLarge());
  }

  #complete(rest: Uint8Array, items: ConcatenatedItem[]): void {
    if (this.#heldBytes + rest.length > this.#maxObjectBytes) {
      items.push(this.#tooLarge());
    } else if (this.#heldBytes === 0) {
      items.push({ kind: 'object', text: rest });
    } else {
      this.#append(rest);
      items.push({ kind: 'object', text: this.#held.slice(0, this.#heldBytes) });
    }
  }

  #append(rest: Uint8Array): void {
    const sizeBytes = this.#heldBytes + rest.length;
    if (sizeBytes > this.#held.length) {
      const grown = new Uint8Array(Math.min(this.#maxObjectBytes, Math.max(sizeBytes, this.#held.length * 2)));
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(rest, this.#heldBytes);
    this.#heldBytes = sizeBytes;
  }

  #tooLarge(): ConcatenatedItem {
    const max = this.#maxObjectBytes;
    const message = `An object of the stream takes more than ${max} bytes; it was passed over.`;
    return { kind: 'malformed', failure: failed('BODY_TOO_LARGE', message, { limit_bytes: max }) };
  }
}

const malformed = (problem: string): ConcatenatedItem => ({
  kind: 'malformed',
  failure: failed('MALFORMED_JSON', `Malformed JSON in the stream: ${problem}.`),
});
