import { describe, expect, test } from 'vitest';
import { exportText } from '../../../dashboard/src/records/export-text.ts';
import type { PlainRecord } from '../../../dashboard/src/records/record-row.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const record = (offset: number, changed: Partial<PlainRecord>): PlainRecord => ({
  partition: 0,
  offset,
  timestampMs: 1_700_000_000_000,
  key: bytes('k'),
  value: null,
  headers: [],
  ...changed,
});

const records = [
  record(0, { value: bytes('{"id":9223372036854775807,"note":"a, \\"b\\""}'), headers: [{ name: 'h', value: null }] }),
  record(1, { key: null, value: bytes('') }),
  record(2, { value: new Uint8Array([254, 255]) }),
];
const shape = { rendering: 'auto', columns: ['value.id', 'value.note'] } as const;

describe('a file of records', () => {
  test('as NDJSON has a line a record, with the value as it is stored', () => {
    const lines = exportText('orders', records, 'ndjson', shape).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toContain('"topic":"orders","partition":0,"offset":0,"timestamp":1700000000000,"key":"k"');
    expect(lines[0]).toContain('"value":{"id":9223372036854775807,"note":"a, \\"b\\""},"value_type":"json"');
    expect(lines[2]).toContain('"value":"/v8=","value_type":"base64"');
  });

  test('as CSV tells null, empty and texts with commas and quotes apart', () => {
    expect(exportText('orders', records, 'csv', shape)).toBe(
      [
        'partition,offset,timestamp,key,value,value.id,value.note,headers',
        '0,0,2023-11-14T22:13:20.000Z,k,"{""id"":9223372036854775807,""note"":""a, \\""b\\""""}",9223372036854775807,"a, ""b""","[{""name"":""h"",""value"":null}]"',
        '0,1,2023-11-14T22:13:20.000Z,,"",,,',
        '0,2,2023-11-14T22:13:20.000Z,k,fe ff,,,',
        '',
      ].join('\r\n'),
    );
  });

  test('as CSV is not cut where lists are', () => {
    const long = record(0, { value: bytes('x'.repeat(5_000)) });
    expect(exportText('orders', [long], 'csv', shape)).toContain('x'.repeat(5_000));
  });
});
