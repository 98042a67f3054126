import type { ProducerRecord } from '../client/index.ts';
import { decodeBase64 } from '../json/base64-decoder.ts';
import { scanMembers } from '../json/json-object.ts';
import type { JsonSpan } from '../json/json-scanner.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder();

const knownMembers: ReadonlySet<string> = new Set([
  'topic',
  'partition',
  'offset',
  'timestamp',
  'key',
  'key_type',
  'key_base64',
  'value',
  'value_type',
  'value_text',
  'value_base64',
  'headers',
]);

type HeaderJson = { readonly name?: unknown; readonly value?: unknown; readonly value_base64?: unknown };

/**
 * Reads a line that describes a record: what the HTTP API takes as one of its `records`, or what `millrace consume`
 * printed. A JSON value is stored as its source text. Where `value_type` or `key_type` is given it says how to read
 * the string; a line with an `offset` was consumed, so its partition is where it was, not where it has to go.
 * Answers what is wrong as the end of a sentence.
 */
export function readRecordObject(line: Uint8Array): ProducerRecord | string {
  const scanned = scanMembers(line);
  if (!scanned.ok) return scanned.error.message;
  const members = scanned.value;
  const unknown = [...members.keys()].find((name) => !knownMembers.has(name));
  if (unknown !== undefined) return `it has the member "${unknown}", which no record has`;
  const object = new MemberReader(line, members);
  const key = object.key();
  const value = object.value();
  const headers = object.headers();
  const timestamp = object.wholeNumber('timestamp');
  const partition = members.has('offset') ? undefined : object.wholeNumber('partition');
  return object.problem ?? { key, value, headers, timestamp, partition };
}

/** Reads members one by one; `problem` keeps the first thing that is wrong. */
class MemberReader {
  problem: string | null = null;
  readonly #line: Uint8Array;
  readonly #members: ReadonlyMap<string, JsonSpan>;

  constructor(line: Uint8Array, members: ReadonlyMap<string, JsonSpan>) {
    this.#line = line;
    this.#members = members;
  }

  /** A string is its text; any other JSON its source. */
  key(): Uint8Array | null {
    const key = this.#parsed('key');
    if (this.#isGiven('key_base64')) return this.#base64('key_base64', this.#parsed('key_base64'));
    if (key === undefined || key === null) return null;
    if (this.#parsed('key_type') === 'base64') return this.#base64('key', key);
    return typeof key === 'string' ? utf8.encode(key) : this.#source('key');
  }

  value(): Uint8Array | null {
    const given = ['value', 'value_text', 'value_base64'].filter((name) => this.#isGiven(name));
    if (given.length > 1) this.problem ??= `it has both ${given[0]} and ${given[1]}`;
    if (this.#isGiven('value_base64')) return this.#base64('value_base64', this.#parsed('value_base64'));
    if (this.#isGiven('value_text')) return this.#text('value_text', this.#parsed('value_text'));
    const type = this.#parsed('value_type');
    if (type === 'text') return this.#text('value', this.#parsed('value'));
    if (type === 'base64') return this.#base64('value', this.#parsed('value'));
    // The JSON value null, four bytes, is told from no value only by its type.
    if (type === 'json') return this.#source('value');
    return this.#isGiven('value') ? this.#source('value') : null;
  }

  headers(): { name: string; value: Uint8Array | null }[] | undefined {
    const headers = this.#parsed('headers');
    if (headers === undefined || headers === null) return undefined;
    if (!Array.isArray(headers)) {
      this.problem ??= 'its headers are no array';
      return undefined;
    }
    return headers.map((header: HeaderJson | null) => {
      const { name, value, value_base64: base64 } = header ?? {};
      if (typeof name !== 'string') this.problem ??= 'a header has no name';
      const bytes = base64 === undefined ? (value ?? null) : this.#base64('a header', base64);
      if (bytes !== null && typeof bytes !== 'string' && !(bytes instanceof Uint8Array)) {
        this.problem ??= `the header "${name}" is no text`;
        return { name: String(name), value: null };
      }
      return { name: String(name), value: typeof bytes === 'string' ? utf8.encode(bytes) : bytes };
    });
  }

  wholeNumber(name: string): number | undefined {
    const number = this.#parsed(name);
    if (number === undefined || number === null) return undefined;
    if (Number.isSafeInteger(number) && (number as number) >= 0) return number as number;
    this.problem ??= `its ${name} is no whole number`;
    return undefined;
  }

  #isGiven(name: string): boolean {
    const value = this.#parsed(name);
    return value !== undefined && value !== null;
  }

  #parsed(name: string): unknown {
    const source = this.#source(name);
    return source === null ? undefined : JSON.parse(text.decode(source));
  }

  #source(name: string): Uint8Array | null {
    const span = this.#members.get(name);
    return span === undefined ? null : this.#line.subarray(span.start, span.end);
  }

  #text(name: string, value: unknown): Uint8Array | null {
    if (typeof value === 'string') return utf8.encode(value);
    this.problem ??= `its ${name} is no string`;
    return null;
  }

  #base64(name: string, value: unknown): Uint8Array | null {
    const bytes = typeof value === 'string' ? decodeBase64(utf8.encode(value)) : null;
    if (bytes === null) this.problem ??= `${name} is no base64`;
    return bytes;
  }
}
