import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CsvReader } from '../../src/record-files/csv-reader.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** The file in one block, read to its end. */
function read(text: string, keyColumn: string | null = null) {
  const reader = new CsvReader(keyColumn);
  const parts = [reader.readAll({ bytes: bytesOf(text), firstLine: 1 }), reader.end()];
  return {
    records: parts.flatMap(({ records }) => records.map(({ line, record }) => [line, record.key, record.value])),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

describe('csv', () => {
  test('makes objects of texts, whose digits stay as they are', () => {
    expect(read('id,name\n9223372036854775807,"Ada ""the first"""\r\n2,\n', 'id')).toEqual({
      records: [
        [2, '9223372036854775807', '{"id":"9223372036854775807","name":"Ada \\"the first\\""}'],
        [3, '2', '{"id":"2","name":""}'],
      ],
      problems: [],
    });
  });

  test('says which line is no row, and goes on with the next', () => {
    const { records, problems } = read('a,b\n1,2\n3\n4,"5" 6\n\n7,8');
    expect(records.map(([line]) => line)).toEqual([2, 6]);
    expect(problems).toEqual([
      { line: 3, message: 'it has 1 fields, and there are 2 columns' },
      { line: 4, message: 'field 2 has a quote that does not belong there' },
    ]);
  });

  test('refuses a header without the column of the key, or with one twice', () => {
    expect(read('a,b\n1,2\n', 'id').problems).toMatchObject([{ line: 1 }]);
    expect(read('a,a\n').problems).toEqual([{ line: 1, message: 'it names the column "a" twice' }]);
  });

  test('reads what RFC 4180 writes, wherever the blocks are cut at line ends', () => {
    const value = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', 'é', ' '), maxLength: 8 });
    const rows = fc.array(fc.tuple(value, value), { maxLength: 12 });
    fc.assert(
      fc.property(rows, fc.array(fc.boolean(), { minLength: 200, maxLength: 200 }), (table, cuts) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const text = `x,y\n${table.map((row) => `${row.map(quoted).join(',')}\n`).join('')}`;
        const lines = text.split('\n').slice(0, -1);
        const reader = new CsvReader(null);
        const values: unknown[] = [];
        let block = '';
        let firstLine = 1;
        for (const [index, line] of lines.entries()) {
          block += `${line}\n`;
          if (!cuts[index] && index < lines.length - 1) continue;
          const { records, problems } = reader.readAll({ bytes: bytesOf(block), firstLine });
          expect(problems).toEqual([]);
          values.push(...records.map(({ record }) => Object.values(JSON.parse(record.value as string))));
          block = '';
          firstLine = index + 2;
        }
        expect(reader.end()).toEqual({ records: [], problems: [] });
        expect(values).toEqual(table);
      }),
    );
  });
});
