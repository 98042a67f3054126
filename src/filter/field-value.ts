import { findPointedValue, type JsonPointer } from '../json/json-pointer.ts';
import { JsonScanner, type JsonSpan } from '../json/json-scanner.ts';
import { jsonStringText } from '../json/json-string.ts';
import { type ExactNumber, readExactNumber } from './exact-number.ts';
import type { FilterField, FilterRecord } from './filter.ts';

const encoder = new TextEncoder();
const latin1 = new TextDecoder('latin1');

const quote = 0x22;

/** What a record has where a filter looks. Text and number are read when they are asked for, once. */
export class FieldValue {
  readonly #bytes: Uint8Array;
  readonly #hasEscape: boolean;
  /** The first byte of a JSON value says what it is; 0 for what is no JSON, and -1 for what is null. */
  readonly #first: number;
  #text: Uint8Array | null | undefined;
  #number: ExactNumber | null | undefined;

  private constructor(bytes: Uint8Array, first: number, hasEscape: boolean) {
    this.#bytes = bytes;
    this.#first = first;
    this.#hasEscape = hasEscape;
  }

  static ofNull(): FieldValue {
    return new FieldValue(new Uint8Array(0), -1, false);
  }

  static ofText(bytes: Uint8Array): FieldValue {
    return new FieldValue(bytes, 0, false);
  }

  static ofJson(bytes: Uint8Array, { start, end }: JsonSpan, hasEscape: boolean): FieldValue {
    return new FieldValue(bytes.subarray(start, end), bytes[start]!, hasEscape);
  }

  get isNull(): boolean {
    return this.#first === -1 || this.#first === 0x6e;
  }

  /** Null for what is neither true nor false. */
  get boolean(): boolean | null {
    return this.#first === 0x74 ? true : this.#first === 0x66 ? false : null;
  }

  /** Whether it is a text by itself: a JSON string, or bytes that are no JSON. */
  get isText(): boolean {
    return this.#first === 0 || this.#first === quote;
  }

  /** A text's own characters, of other JSON its source; null for null, and for a string that UTF-8 cannot say. */
  get text(): Uint8Array | null {
    if (this.#text === undefined) this.#text = this.#readText();
    return this.#text;
  }

  /** The number it is; of what is no JSON, which keys and headers are, the number it reads as. */
  get number(): ExactNumber | null {
    if (this.#number === undefined) this.#number = this.#readNumber();
    return this.#number;
  }

  #readText(): Uint8Array | null {
    const bytes = this.#bytes;
    if (this.#first === -1) return null;
    return this.#first === quote ? jsonStringText(bytes, { start: 0, end: bytes.length }, this.#hasEscape) : bytes;
  }

  #readNumber(): ExactNumber | null {
    const first = this.#first === 0 ? (this.#bytes[0] ?? 0) : this.#first;
    const beginsNumber = first === 0x2d || (first >= 0x30 && first <= 0x39);
    return beginsNumber ? readExactNumber(latin1.decode(this.#bytes)) : null;
  }
}

/** Whether `test` holds of a value that the field has in a record; a header may have several. */
export type FieldReader = (record: FilterRecord, test: (value: FieldValue) => boolean) => boolean;

/** How the fields that are bytes are read; `isForText` when only their texts are asked for. */
export function fieldReader(
  field: Exclude<FilterField, { source: 'partition' | 'offset' | 'timestamp' }>,
  isForText: boolean,
): FieldReader {
  if (field.source === 'header') {
    const { name } = field;
    return ({ headers }, test) => headers.some((header) => header.name === name && test(ofBytes(header.value)));
  }
  const { source, path } = field;
  if (path.length > 0) {
    const pointer = pointerOf(path);
    return (record, test) => {
      const bytes = record[source];
      const found = bytes === null ? null : jsonAt(bytes, pointer);
      return found !== null && test(found);
    };
  }
  if (source === 'key') return ({ key }, test) => test(ofBytes(key));
  return ({ value }, test) => test(value === null ? FieldValue.ofNull() : wholeValue(value, isForText));
}

const ofBytes = (bytes: Uint8Array | null) => (bytes === null ? FieldValue.ofNull() : FieldValue.ofText(bytes));

/** JSON where it is JSON, as readers are shown it. Of all but a string the text is what is stored, JSON or not. */
function wholeValue(bytes: Uint8Array, isForText: boolean): FieldValue {
  if (isForText && new JsonScanner(bytes).peek() !== quote) return FieldValue.ofText(bytes);
  return jsonAt(bytes, []) ?? FieldValue.ofText(bytes);
}

/** What the pointer finds in a value that is JSON as a whole. */
function jsonAt(bytes: Uint8Array, pointer: JsonPointer): FieldValue | null {
  const scanner = new JsonScanner(bytes);
  const found = findPointedValue(scanner, pointer);
  return found === null || !scanner.finish() ? null : FieldValue.ofJson(bytes, found, found.hasEscape);
}

function pointerOf(path: readonly (string | number)[]): JsonPointer {
  return path.map((step) => ({
    name: encoder.encode(String(step)),
    index: typeof step === 'number' ? step : null,
  }));
}
