import type { ProducerRecord } from '../client/index.ts';
import { findPointedValue, type JsonPointer } from '../json/json-pointer.ts';
import { JsonScanner } from '../json/json-scanner.ts';
import { isNullLiteral, jsonKeyBytes } from '../json/json-string.ts';
import { decodeUtf8 } from '../json/utf8-text.ts';
import type { LineBlock } from './line-blocks.ts';
import { readRecordObject } from './record-object.ts';

/** How lines become records. */
export type RecordFormat =
  /** A line is a value as it stands, or a key and a value around `keySeparator`. */
  | { readonly kind: 'lines'; readonly keySeparator: Uint8Array | null }
  /** A line is one JSON value, stored byte for byte; `keyPointer` names the part of it that is the key. */
  | { readonly kind: 'ndjson'; readonly keyPointer: JsonPointer | null }
  /** A line is a JSON object that describes a record: see record-object.ts. */
  | { readonly kind: 'json' };

/** The records of a block up to the first bad line, and what is wrong with that line. */
export type ReadRecords = {
  readonly records: ProducerRecord[];
  readonly problem: LineProblem | null;
};

/** A line that is no record, and why: the end of a sentence. */
export type LineProblem = { readonly line: number; readonly message: string };

/** What lines say: records with the line that each begins in, and the lines that are none. */
export type ReadLines = {
  readonly records: readonly { readonly line: number; readonly record: ProducerRecord }[];
  readonly problems: readonly LineProblem[];
};

/** Reads a file block by block. */
export interface LineRecordReader {
  readAll(block: LineBlock): ReadLines;
  /** What is left once the last block was read. */
  end(): ReadLines;
}

type MutableLines = { readonly records: { line: number; record: ProducerRecord }[]; readonly problems: LineProblem[] };

type LineReader = (bytes: Uint8Array, start: number, end: number) => ProducerRecord | string;

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Reads blocks of lines as records; `\r\n` ends a line too. */
export class RecordReader implements LineRecordReader {
  readonly #format: RecordFormat;

  constructor(format: RecordFormat) {
    this.#format = format;
  }

  /** The code of a line that is no record. */
  get problemCode(): 'MALFORMED_JSON' | 'INVALID_RECORD' {
    return this.#format.kind === 'ndjson' ? 'MALFORMED_JSON' : 'INVALID_RECORD';
  }

  read(block: LineBlock): ReadRecords {
    const records: ProducerRecord[] = [];
    for (const { line, record } of this.#lines(block)) {
      if (typeof record === 'string') return { records, problem: { line, message: record } };
      records.push(record);
    }
    return { records, problem: null };
  }

  /** Every line of the block: those that are records, and those that are none. */
  readAll(block: LineBlock): ReadLines {
    const lines: MutableLines = { records: [], problems: [] };
    for (const { line, record } of this.#lines(block)) {
      if (typeof record === 'string') lines.problems.push({ line, message: record });
      else lines.records.push({ line, record });
    }
    return lines;
  }

  /** A line is whole in its block, so nothing is left at the end. */
  end(): ReadLines {
    return { records: [], problems: [] };
  }

  *#lines({ bytes, firstLine }: LineBlock): Generator<{ line: number; record: ProducerRecord | string }> {
    const readLine = this.#lineReader(bytes);
    let line = firstLine;
    for (let start = 0; start < bytes.length; line += 1) {
      const nextNewline = bytes.indexOf(newline, start);
      const lineEnd = nextNewline === -1 ? bytes.length : nextNewline;
      const end = lineEnd > start && bytes[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
      yield { line, record: readLine(bytes, start, end) };
      start = lineEnd + 1;
    }
  }

  #lineReader(bytes: Uint8Array): LineReader {
    const format = this.#format;
    switch (format.kind) {
      case 'lines': {
        const { keySeparator } = format;
        return keySeparator === null
          ? (block, start, end) => ({ value: block.subarray(start, end) })
          : (block, start, end) => readKeyAndValue(block.subarray(start, end), keySeparator);
      }
      case 'ndjson': {
        const scanner = new JsonScanner(bytes, 0, bytes.length, 'line');
        // Once for the block; only when that fails is the bad line looked for.
        const isUtf8 = decodeUtf8(bytes) !== null;
        return (_, start, end) => readJsonValue(scanner, start, end, format.keyPointer, isUtf8);
      }
      case 'json':
        return (block, start, end) => readRecordObject(block.subarray(start, end));
    }
  }
}

function readKeyAndValue(line: Uint8Array, separator: Uint8Array): ProducerRecord | string {
  const at = indexOfBytes(line, separator);
  if (at === -1) return 'it has no key separator';
  return { key: line.subarray(0, at), value: line.subarray(at + separator.length) };
}

function readJsonValue(
  scanner: JsonScanner,
  start: number,
  end: number,
  pointer: JsonPointer | null,
  isUtf8: boolean,
): ProducerRecord | string {
  const { bytes } = scanner;
  if (start === end) return 'it is empty, and an empty text is not JSON';
  if (!isUtf8 && decodeUtf8(bytes.subarray(start, end)) === null) return 'it is not UTF-8';
  scanner.reset(start, end);
  const found = pointer === null ? null : findPointedValue(scanner, pointer);
  if (pointer === null) scanner.skipValue();
  if (!scanner.finish()) return `column ${scanner.problemAt - start + 1}: ${scanner.problem}`;
  const value = bytes.subarray(start, end);
  if (found === null || isNullLiteral(bytes, found)) return { value };
  const key = jsonKeyBytes(bytes, found, found.hasEscape);
  return key === null ? 'its key has half of a surrogate pair, which UTF-8 cannot say' : { key, value };
}

function indexOfBytes(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = bytes.indexOf(wanted[0]!); at !== -1; at = bytes.indexOf(wanted[0]!, at + 1)) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}
