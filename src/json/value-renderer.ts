import { Buffer } from 'node:buffer';
import type { ValueRendering, ValueType } from '../contracts/record-json.ts';
import { encodeBase64 } from './base64.ts';
import { JsonScanner } from './json-scanner.ts';
import { decodeUtf8 } from './utf8-text.ts';

/**
 * Renders parts of one records section as JSON text. The section is decoded once, a character a byte, and parts that
 * are ASCII are cut out of that text: decoding each by itself costs several times as much.
 */
export class ValueRenderer {
  /** What the part rendered last turned out to be. */
  type: ValueType = 'null';
  /** How many bytes of UTF-8 the texts rendered since this was last set to 0 have beyond their length. */
  extraBytes = 0;
  readonly #section: Uint8Array;
  readonly #characters: string;
  readonly #scanner: JsonScanner;

  constructor(section: Uint8Array) {
    this.#section = section;
    this.#characters = Buffer.from(section.buffer, section.byteOffset, section.byteLength).toString('latin1');
    this.#scanner = new JsonScanner(section);
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
    const text = scanner.hasHighBytes ? this.#decode(start, end) : this.#characters.slice(start, end);
    if (text !== null) this.type = 'json';
    return text;
  }

  #renderText(start: number, end: number): string | null {
    const characters = this.#characters.slice(start, end);
    const text = highCharacter.test(characters) ? this.#decode(start, end) : characters;
    if (text === null) return null;
    this.type = 'text';
    return JSON.stringify(text);
  }

  #renderBase64(start: number, end: number): string {
    this.type = 'base64';
    return `"${encodeBase64(this.#section.subarray(start, end))}"`;
  }

  #decode(start: number, end: number): string | null {
    const text = decodeUtf8(this.#section.subarray(start, end));
    if (text !== null) this.extraBytes += end - start - text.length;
    return text;
  }
}

const highCharacter = /[\u0080-\u00ff]/;

/** Spares most text the scanner: JSON begins with white space, a bracket, a quote, a digit, a minus or t, f, n. */
const canBeginJson = (byte: number) => jsonBeginnings[byte] === 1;

const jsonBeginnings = new Uint8Array(256);
for (const character of ' \t\r\n{["-0123456789tfn') jsonBeginnings[character.charCodeAt(0)] = 1;
