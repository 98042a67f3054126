import { Buffer } from 'node:buffer';
import type { ValueRendering, ValueType } from '../contracts/record-json.ts';
import { encodeBase64 } from './base64.ts';
import { JsonScanner } from './json-scanner.ts';
import { decodeUtf8 } from './utf8-text.ts';

/**
 * Renders parts of one records section as JSON, as **byte strings**: a character a byte of the JSON's UTF-8. The section
 * is made one byte string at once, and what is JSON already is cut out of it, neither decoded nor encoded again.
 */
export class ValueRenderer {
  /** What the part rendered last turned out to be. */
  type: ValueType = 'null';
  /** Whether anything rendered so far is beyond ASCII. */
  hasHighBytes = false;
  /** JSON that is UTF-8 only if its stored bytes are, which is cheaper to check for many at once. */
  readonly unchecked: string[] = [];
  readonly #section: Uint8Array;
  readonly #byteString: string;
  readonly #scanner: JsonScanner;
  readonly #checksEach: boolean;

  /** With `checksEach` stored JSON is checked to be UTF-8 at once, and `unchecked` stays empty. */
  constructor(section: Uint8Array, checksEach: boolean) {
    this.#section = section;
    this.#byteString = Buffer.from(section.buffer, section.byteOffset, section.byteLength).toString('latin1');
    this.#scanner = new JsonScanner(section);
    this.#checksEach = checksEach;
  }

  /**
   * The value at `[start, end)` (a start below 0 is null): JSON as it was stored, or a JSON string of its text or base64.
   * Null when it is not what `as` demands. JSON nested too deeply for a producer to send as JSON counts as text, since
   * readers' parsers recurse.
   */
  renderValue(start: number, end: number, as: ValueRendering): string | null {
    if (start < 0) return this.#renderNull();
    if (as === 'base64') return this.#renderBase64(start, end);
    if (as === 'text') return this.#renderText(start, end);
    const json = this.#renderJson(start, end);
    if (json !== null || as === 'json') return json;
    return this.#renderText(start, end) ?? this.#renderBase64(start, end);
  }

  /**
   * The key at `[start, end)`: a JSON string of its text, since that is what a JSON producer's string key is stored
   * as, or of its base64. Null when it is not what `as` demands; `json` demands nothing of keys.
   */
  renderKey(start: number, end: number, as: ValueRendering): string | null {
    if (start < 0) return this.#renderNull();
    if (as === 'base64') return this.#renderBase64(start, end);
    const text = this.#renderText(start, end);
    return text !== null || as === 'text' ? text : this.#renderBase64(start, end);
  }

  #renderNull(): string {
    this.type = 'null';
    return 'null';
  }

  #renderJson(start: number, end: number): string | null {
    const scanner = this.#scanner;
    scanner.reset(start, end);
    if (!canBeginJson(this.#section[start]!) || !scanner.skipValue() || !scanner.finish()) return null;
    const json = this.#byteString.slice(start, end);
    if (scanner.hasHighBytes) {
      if (this.#checksEach && !this.#isUtf8(start, end)) return null;
      if (!this.#checksEach) this.unchecked.push(json);
      this.hasHighBytes = true;
    }
    this.type = 'json';
    return json;
  }

  #renderText(start: number, end: number): string | null {
    const text = this.#byteString.slice(start, end);
    if (highCharacter.test(text)) {
      if (!this.#isUtf8(start, end)) return null;
      this.hasHighBytes = true;
    }
    this.type = 'text';
    // Only ASCII is ever escaped here, so escaping the bytes is escaping the text.
    return JSON.stringify(text);
  }

  #renderBase64(start: number, end: number): string {
    this.type = 'base64';
    return `"${encodeBase64(this.#section.subarray(start, end))}"`;
  }

  #isUtf8(start: number, end: number): boolean {
    return decodeUtf8(this.#section.subarray(start, end)) !== null;
  }
}

const highCharacter = /[\u0080-\u00ff]/;

/** Spares most text the scanner: JSON begins with white space, a bracket, a quote, a digit, a minus or t, f, n. */
const canBeginJson = (byte: number) => jsonBeginnings[byte] === 1;

const jsonBeginnings = new Uint8Array(256);
for (const character of ' \t\r\n{["-0123456789tfn') jsonBeginnings[character.charCodeAt(0)] = 1;
