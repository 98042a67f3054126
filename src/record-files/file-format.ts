import { ok, type Result } from '../errors/result.ts';
import { parseJsonPointer } from '../json/json-pointer.ts';
import { CsvReader } from './csv-reader.ts';
import { type LineRecordReader, RecordReader } from './record-reader.ts';

/** How a file of records is written. `key` says where the key is, as a person writes it; empty for no key. */
export type FileFormat = {
  /**
   * A line is a value as it stands; a line is a JSON value; a line is a JSON object that describes a record; or a row of
   * a table whose first row names the columns.
   */
  readonly kind: 'lines' | 'ndjson' | 'json' | 'csv';
  /** Of lines the text between key and value, of NDJSON a JSON pointer, of CSV a column; of `json` nothing. */
  readonly key: string;
};

/** A reader for files of this format. INVALID_REQUEST for a key that cannot be. */
export function lineReaderOf({ kind, key }: FileFormat): Result<LineRecordReader> {
  switch (kind) {
    case 'lines':
      return ok(new RecordReader({ kind, keySeparator: key === '' ? null : new TextEncoder().encode(key) }));
    case 'json':
      return ok(new RecordReader({ kind }));
    case 'csv':
      return ok(new CsvReader(key === '' ? null : key));
    case 'ndjson': {
      if (key === '') return ok(new RecordReader({ kind, keyPointer: null }));
      const pointer = parseJsonPointer(key);
      return pointer.ok ? ok(new RecordReader({ kind, keyPointer: pointer.value })) : pointer;
    }
  }
}

/** The format that a file's name speaks of. */
export function formatOfName(name: string): FileFormat['kind'] {
  if (/\.(ndjson|jsonl)$/i.test(name)) return 'ndjson';
  return /\.csv$/i.test(name) ? 'csv' : 'lines';
}
