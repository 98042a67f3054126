import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanMembers } from '../../src/json/json-object.ts';
import { parseProduceBody, parseProduceRecords } from '../../src/json/produce-body.ts';
import type { ProduceRecord } from '../../src/json/produce-record.ts';
import { jsonGap, jsonSource, text, utf8 } from './json-documents.ts';

const bounds = { maxRecords: 10 };

const parse = (body: string) => parseProduceBody(utf8(body), bounds);

function accepted(body: string): ProduceRecord[] {
  const parsed = parse(body);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function acceptedRecord(record: string): ProduceRecord {
  const [only, ...others] = accepted(`{"records":[${record}]}`);
  expect(others).toEqual([]);
  return only!;
}

const shown = (bytes: Uint8Array | null) => (bytes === null ? null : text(bytes));

describe('parseProduceBody', () => {
  it('stores every JSON value as its source text', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(jsonGap, jsonSource), { minLength: 1, maxLength: 5 }), (values) => {
        const records = values
          .map(([gap, source]) => `${gap}{${gap}"value"${gap}:${gap}${source}${gap}}${gap}`)
          .join(',');
        const stored = accepted(`{"records":[${records}]}`).map((record) => shown(record.value));
        expect(stored).toEqual(values.map(([, source]) => (source === 'null' ? null : source)));
      }),
    );
  });

  it('takes the bytes out of the body without a copy', () => {
    const body = utf8('{"records":[{"key":"k","value":{"id":9007199254740993}}]}');
    const parsed = parseProduceBody(body, bounds);
    if (!parsed.ok) throw new Error(parsed.error.message);
    expect(parsed.value[0]?.value?.buffer).toBe(body.buffer);
    expect(parsed.value[0]?.key?.buffer).toBe(body.buffer);
  });

  it.each<[record: string, value: string | null]>([
    ['{}', null],
    ['{"value":null}', null],
    ['{"value_text":null,"value_base64":null,"value":null}', null],
    ['{"value":9223372036854775807}', '9223372036854775807'],
    ['{"value":"\\u00e9\\n"}', '"\\u00e9\\n"'],
    ['{"value":"\\ud800"}', '"\\ud800"'],
    ['{"value": { "b" : 1.0,  "a":[ ] } }', '{ "b" : 1.0,  "a":[ ] }'],
    ['{"value_text":"caf\\u00e9 \\ud83d\\ude00 \\"x\\""}', 'café 😀 "x"'],
    ['{"value_text":""}', ''],
    ['{"value_base64":"eyJhIjoxfQ=="}', '{"a":1}'],
    ['{"value_base64":"Pz8\\/"}', '???'],
    ['{"value_base64":""}', ''],
    ['{"v\\u0061lue":1}', '1'],
  ])('reads the value of %s', (record, value) => {
    expect(shown(acceptedRecord(record).value)).toBe(value);
  });

  it.each<[record: string, key: string | null]>([
    ['{"value":1}', null],
    ['{"key":null}', null],
    ['{"key":"JFK"}', 'JFK'],
    ['{"key":""}', ''],
    ['{"key":"caf\\u00e9"}', 'café'],
    ['{"key":"null"}', 'null'],
    ['{"key":12345678901234567890}', '12345678901234567890'],
    ['{"key":{"id": 1}}', '{"id": 1}'],
    ['{"key":["\\u00e9"]}', '["\\u00e9"]'],
    ['{"key_base64":"w6k="}', 'é'],
    ['{"key":true,"key_base64":null}', 'true'],
  ])('reads the key of %s', (record, key) => {
    expect(shown(acceptedRecord(record).key)).toBe(key);
  });

  it('keeps headers in order, repeated names and null values included', () => {
    const { headers } = acceptedRecord(
      '{"headers":[{"name":"a","value":"1"},{"value":"\\u00e9","name":"a"},{"name":"b","value":null},{"name":""},{"name":"\\u00e9","value_base64":"AP8="}]}',
    );
    expect(headers).toEqual([
      { name: 'a', value: utf8('1') },
      { name: 'a', value: utf8('é') },
      { name: 'b', value: null },
      { name: '', value: null },
      { name: 'é', value: Uint8Array.of(0, 255) },
    ]);
    expect(acceptedRecord('{"headers":[]}').headers).toEqual([]);
    expect(acceptedRecord('{"headers":null}').headers).toEqual([]);
  });

  it('reads partition and timestamp', () => {
    expect(acceptedRecord('{"partition":3,"timestamp":1700000000000}')).toMatchObject({
      partition: 3,
      timestampMs: 1700000000000,
    });
    expect(acceptedRecord('{"partition":2147483647,"timestamp":9007199254740991}')).toMatchObject({
      partition: 2 ** 31 - 1,
      timestampMs: Number.MAX_SAFE_INTEGER,
    });
    expect(acceptedRecord('{"partition":0,"timestamp":0}')).toMatchObject({ partition: 0, timestampMs: 0 });
    expect(acceptedRecord('{"partition":null,"timestamp":null}')).toMatchObject({ partition: null, timestampMs: null });
  });

  it.each<[record: string, message: string]>([
    ['1', 'records[1] must be an object.'],
    ['null', 'records[1] must be an object.'],
    [
      '{"valeu":1}',
      'records[1] has the unknown field "valeu"; the fields are value, key, timestamp, headers, partition, value_text, value_base64, key_base64.',
    ],
    ['{"value":1,"value":1}', 'records[1] has the field "value" twice.'],
    ['{"value":null,"v\\u0061lue":1}', 'records[1] has the field "value" twice.'],
    ['{"value":1,"value_text":"1"}', 'records[1] has more than one of value, value_text and value_base64; send one.'],
    [
      '{"value_base64":"","value_text":""}',
      'records[1] has more than one of value, value_text and value_base64; send one.',
    ],
    ['{"key":1,"key_base64":"AA=="}', 'records[1] has more than one of key and key_base64; send one.'],
    ['{"value_text":1}', 'records[1].value_text must be a string or null.'],
    [
      '{"value_text":"\\ud800"}',
      'records[1].value_text has half of a surrogate pair (\\ud800 to \\udfff alone), which UTF-8 text cannot say.',
    ],
    [
      '{"key":"\\udc00x"}',
      'records[1].key has half of a surrogate pair (\\ud800 to \\udfff alone), which UTF-8 text cannot say.',
    ],
    ['{"value_base64":"a"}', 'records[1].value_base64 must be standard base64 (RFC 4648, letters A-Z a-z 0-9 + /).'],
    ['{"value_base64":{}}', 'records[1].value_base64 must be a string or null.'],
    ['{"key_base64":"_-8="}', 'records[1].key_base64 must be standard base64 (RFC 4648, letters A-Z a-z 0-9 + /).'],
    ['{"partition":-1}', 'records[1].partition must be an integer from 0 to 2147483647, or null.'],
    ['{"partition":1.0}', 'records[1].partition must be an integer from 0 to 2147483647, or null.'],
    ['{"partition":"1"}', 'records[1].partition must be an integer from 0 to 2147483647, or null.'],
    ['{"partition":2147483648}', 'records[1].partition must be an integer from 0 to 2147483647, or null.'],
    [
      '{"timestamp":-1}',
      'records[1].timestamp must be an integer of milliseconds since 1970 from 0 to 9007199254740991, or null.',
    ],
    [
      '{"timestamp":9007199254740992}',
      'records[1].timestamp must be an integer of milliseconds since 1970 from 0 to 9007199254740991, or null.',
    ],
    [
      '{"timestamp":1e3}',
      'records[1].timestamp must be an integer of milliseconds since 1970 from 0 to 9007199254740991, or null.',
    ],
    [
      '{"timestamp":"2001-01-01"}',
      'records[1].timestamp must be an integer of milliseconds since 1970 from 0 to 9007199254740991, or null.',
    ],
    ['{"headers":{}}', 'records[1].headers must be an array of headers or null.'],
    ['{"headers":[1]}', 'records[1].headers[0] must be an object.'],
    ['{"headers":[{"name":"a"},{}]}', 'records[1].headers[1].name must be a string.'],
    ['{"headers":[{"name":null}]}', 'records[1].headers[0].name must be a string.'],
    [
      '{"headers":[{"name":"\\ud800"}]}',
      'records[1].headers[0].name has half of a surrogate pair (\\ud800 to \\udfff alone), which UTF-8 text cannot say.',
    ],
    ['{"headers":[{"name":"a","value":1}]}', 'records[1].headers[0].value must be a string or null.'],
    [
      '{"headers":[{"name":"a","value":"1","value_base64":"AA=="}]}',
      'records[1].headers[0] has more than one of value and value_base64; send one.',
    ],
    [
      '{"headers":[{"name":"a","key":"b"}]}',
      'records[1].headers[0] has the unknown field "key"; the fields are name, value, value_base64.',
    ],
    ['{"headers":[{"name":"a","name":"b"}]}', 'records[1].headers[0] has the field "name" twice.'],
  ])('refuses the record %s and says which it is', (record, message) => {
    expect(parse(`{"records":[{"value":0},${record},{"value":2}]}`)).toEqual({
      ok: false,
      error: { code: 'INVALID_REQUEST', message, detail: { record: 1 } },
    });
  });

  it.each<[body: string, message: string]>([
    ['[]', 'the body must be an object: send {"records":[{"value": ...}, ...]}.'],
    ['{}', 'the body has no field "records": send {"records":[{"value": ...}, ...]}.'],
    ['{"record":[]}', 'the body has the unknown field "record": send {"records":[{"value": ...}, ...]}.'],
    [
      '{"records":[{}],"records":[{}]}',
      'the body has the field "records" twice: send {"records":[{"value": ...}, ...]}.',
    ],
    ['{"records":[]}', 'records is empty: send at least one record.'],
    ['{"records":{}}', 'records must be an array of records.'],
    ['{"records":null}', 'records must be an array of records.'],
  ])('refuses the body %s', (body, message) => {
    expect(parse(body)).toEqual({ ok: false, error: { code: 'INVALID_REQUEST', message } });
  });

  it.each<[body: string, line: number, column: number]>([
    ['', 1, 1],
    ['x', 1, 1],
    ['{"records":}', 1, 12],
    ['{"records":[{"value":}]}', 1, 22],
    ['{"records":[{"value":1}', 1, 24],
    ['{"records":[{"value":1}]', 1, 25],
    ['{"records":[{"value":1}]}x', 1, 26],
    ['{"records":[\n{"value":1},\n{"key":"é",, }]}', 3, 12],
    ['{"records":[\n{"value":1},\n{"key":"é" "value":2}]}', 3, 12],
    ['{"records":[{"value_text":"a}]}', 1, 32],
    ['{"records":[{"headers":[{"name":"a"}}]}', 1, 37],
    ['{"records":[{"partition":01}]}', 1, 27],
    ['{"records":[{"key":nul}]}', 1, 23],
    ['{"records":[{"headers":[{"name":nul}]}]}', 1, 36],
  ])('says where %j stops being JSON', (body, line, column) => {
    expect(parse(body)).toMatchObject({ ok: false, error: { code: 'MALFORMED_JSON', detail: { line, column } } });
  });

  it('refuses a value that is nested too deeply, and takes the deepest that is allowed', () => {
    const nested = (depth: number) => `{"records":[{"value":${'['.repeat(depth)}${']'.repeat(depth)}}]}`;
    expect(accepted(nested(64))).toHaveLength(1);
    expect(parse(nested(65))).toMatchObject({
      ok: false,
      error: { code: 'MALFORMED_JSON', detail: { line: 1, column: 86 } },
    });
  });

  it('refuses one record more than is allowed', () => {
    const body = (count: number) => `{"records":[${Array(count).fill('{"value":1}').join(',')}]}`;
    expect(accepted(body(10))).toHaveLength(10);
    expect(parse(body(11))).toMatchObject({
      ok: false,
      error: { code: 'RECORD_LIST_TOO_LARGE', detail: { max_records: 10 } },
    });
  });

  it('refuses one header more than is allowed', () => {
    const body = (count: number) => `{"records":[{"headers":[${Array(count).fill('{"name":"a"}').join(',')}]}]}`;
    expect(accepted(body(1000))[0]?.headers).toHaveLength(1000);
    expect(parse(body(1001))).toMatchObject({
      ok: false,
      error: {
        code: 'INVALID_RECORD',
        message: 'records[0].headers has more than 1000 headers.',
        detail: { record: 0 },
      },
    });
  });

  it('refuses a body that is not UTF-8 and says which byte', () => {
    const body = utf8('{"records":[\n{"value":"é?"}]}');
    body[body.indexOf(0x3f)] = 0xff;
    expect(parseProduceBody(body, bounds)).toMatchObject({
      ok: false,
      error: { code: 'MALFORMED_UTF8', detail: { byte: 25, line: 2, column: 12 } },
    });
  });

  it('reads a records array inside a larger text, with the positions of the whole', () => {
    const frame = utf8('{"type":"produce",\n"id":"1","records":[{"value": 1 },{"value":[ ]}],"x":[0]}');
    const members = scanMembers(frame);
    if (!members.ok) throw new Error(members.error.message);
    const records = parseProduceRecords(frame, members.value.get('records')!, bounds);
    expect(records.ok && records.value.map((record) => shown(record.value))).toEqual(['1', '[ ]']);
    expect(parseProduceRecords(frame, members.value.get('x')!, bounds)).toMatchObject({
      ok: false,
      error: { code: 'INVALID_REQUEST', message: 'records[0] must be an object.' },
    });
    expect(parseProduceRecords(frame, { start: 19, end: 21 }, bounds)).toMatchObject({
      ok: false,
      error: { code: 'MALFORMED_JSON', detail: { line: 2, column: 3 } },
    });
  });
});
