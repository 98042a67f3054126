import type { ProducerRecord } from '../client/index.ts';
import { limits } from '../limits.ts';
import type { LineBlock } from './line-blocks.ts';
import type { LineProblem, LineRecordReader, ReadLines } from './record-reader.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A row that has not ended within the size of a record never will: its quote was opened by mistake. */
const rowCharactersMax = limits.messageBytes.max;

type Row = { readonly line: number; readonly fields: readonly string[] };

/**
 * Reads CSV (RFC 4180) whose first row names the columns. A row becomes a JSON object of texts, in the order of the
 * columns; the one called `keyColumn`, if any, is the key too. Rows may have line breaks inside quotes, so a row may
 * begin in one block and end in a later one.
 */
export class CsvReader implements LineRecordReader {
  readonly #keyColumn: string | null;
  readonly #rows = new CsvRows();
  #columns: readonly string[] | null = null;

  constructor(keyColumn: string | null) {
    this.#keyColumn = keyColumn;
  }

  readAll({ bytes, firstLine }: LineBlock): ReadLines {
    let text: string;
    try {
      text = strictUtf8.decode(bytes);
    } catch {
      return { records: [], problems: [{ line: firstLine, message: 'the text from here on is not UTF-8' }] };
    }
    return this.#recordsOf(this.#rows.push(text, firstLine));
  }

  end(): ReadLines {
    return this.#recordsOf(this.#rows.end());
  }

  #recordsOf(rows: readonly (Row | LineProblem)[]): ReadLines {
    const records: { line: number; record: ProducerRecord }[] = [];
    const problems: LineProblem[] = [];
    for (const row of rows) {
      if ('message' in row) problems.push(row);
      else if (this.#columns === null) problems.push(...this.#readHeader(row));
      else {
        const record = this.#recordOf(row.fields, this.#columns);
        if (typeof record === 'string') problems.push({ line: row.line, message: record });
        else records.push({ line: row.line, record });
      }
    }
    return { records, problems };
  }

  #readHeader({ line, fields }: Row): LineProblem[] {
    this.#columns = fields;
    const twice = fields.find((name, index) => fields.indexOf(name) !== index);
    if (twice !== undefined) return [{ line, message: `it names the column "${twice}" twice` }];
    if (this.#keyColumn === null || fields.includes(this.#keyColumn)) return [];
    return [{ line, message: `it has no column "${this.#keyColumn}", which is to be the key` }];
  }

  #recordOf(fields: readonly string[], columns: readonly string[]): ProducerRecord | string {
    if (fields.length !== columns.length)
      return `it has ${fields.length} fields, and there are ${columns.length} columns`;
    const members = columns.map((name, index) => `${JSON.stringify(name)}:${JSON.stringify(fields[index])}`);
    const key = this.#keyColumn === null ? null : (fields[columns.indexOf(this.#keyColumn)] ?? null);
    return { key, value: `{${members.join(',')}}` };
  }
}

/** Cuts text into rows; what has not ended waits for more. */
class CsvRows {
  #rest = '';
  #line = 1;

  push(text: string, firstLine: number): (Row | LineProblem)[] {
    if (this.#rest === '') this.#line = firstLine;
    this.#rest += text;
    return this.#take(false);
  }

  end(): (Row | LineProblem)[] {
    return this.#take(true);
  }

  #take(isEnd: boolean): (Row | LineProblem)[] {
    const rows: (Row | LineProblem)[] = [];
    let start = 0;
    for (;;) {
      const end = rowEnd(this.#rest, start);
      if (end === -1 && !isEnd) break;
      if (start === this.#rest.length) break;
      const source = this.#rest.slice(start, end === -1 ? this.#rest.length : end).replace(/\r$/, '');
      // An empty line, as many files end with, is no row.
      if (source !== '') rows.push(readRow(source, this.#line));
      const next = end === -1 ? this.#rest.length : end + 1;
      this.#line += newlinesIn(this.#rest, start, next);
      start = next;
    }
    this.#rest = this.#rest.slice(start);
    if (this.#rest.length > rowCharactersMax) {
      rows.push({ line: this.#line, message: 'it does not end: a quote is opened and not closed' });
      this.#rest = '';
    }
    return rows;
  }
}

/** Where the row that begins at `start` ends: at the next newline outside of quotes, or -1. */
function rowEnd(text: string, start: number): number {
  let isQuoted = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    else if (character === '\n' && !isQuoted) return at;
  }
  return -1;
}

function newlinesIn(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

const field = /("[^"]*(?:""[^"]*)*"|[^",]*)(,|$)/y;

function readRow(source: string, line: number): Row | LineProblem {
  const fields: string[] = [];
  field.lastIndex = 0;
  for (;;) {
    const found = field.exec(source);
    if (found === null) return { line, message: `field ${fields.length + 1} has a quote that does not belong there` };
    const [, content = '', end] = found;
    fields.push(content.startsWith('"') ? content.slice(1, -1).replaceAll('""', '"') : content);
    if (end === '') return { line, fields };
  }
}
