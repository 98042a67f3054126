import { beforeAll, describe, expect, it } from 'vitest';
import type { RecordJson } from '../../../src/contracts/record-json.ts';
import { limits } from '../../../src/limits.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';
import { RestProxyApi } from '../../support/rest-proxy-api.ts';

const platform = new MemoryPlatform();
const api = new RestProxyApi(platform.services);
const topics = '/v3/clusters/local/topics';
const records = `${topics}/taken/records`;

beforeAll(async () => {
  await api.request(topics, { body: { topic_name: 'taken', partitions_count: 2 } });
});

/** What the native API reads, which shows what was stored. */
async function stored(topic: string, partition: number): Promise<RecordJson[]> {
  const answer = await platform.api.request(`/v1/topics/${topic}/partitions/${partition}/records`);
  return ((await answer.json()) as { records: RecordJson[] }).records;
}

const lines = (text: string) => text.split('\n').map((line) => JSON.parse(line));

describe('a record', () => {
  it('is stored with its key, headers, partition and time, and told so', async () => {
    const { status, json } = await api.request(records, {
      body: {
        partition_id: 1,
        headers: [{ name: 'h', value: 'dmFsdWU=' }, { name: 'n' }],
        key: { type: 'BINARY', data: 'a2V5' },
        value: { type: 'JSON', data: { a: 1 } },
        timestamp: '2026-01-31T12:00:00.5+02:00',
      },
    });
    expect([status, json]).toEqual([
      200,
      {
        error_code: 200,
        cluster_id: 'local',
        topic_name: 'taken',
        partition_id: 1,
        offset: 0,
        timestamp: '2026-01-31T10:00:00.500Z',
        key: { type: 'BINARY', size: 3 },
        value: { type: 'JSON', size: 7 },
      },
    ]);
    expect(await stored('taken', 1)).toEqual([
      {
        partition: 1,
        offset: 0,
        timestamp: Date.parse('2026-01-31T10:00:00.500Z'),
        key: 'key',
        key_type: 'text',
        value: { a: 1 },
        value_type: 'json',
        headers: [
          { name: 'h', value: 'value' },
          { name: 'n', value: null },
        ],
      },
    ]);
  });

  it('keeps the text of its JSON byte for byte, and strings as they are', async () => {
    await api.request(topics, { body: { topic_name: 'texts' } });
    const body = `{"value":{"type":"JSON","data": { "a" : 1.50 } }}
{"key":{"type":"JSON","data":"k"},"value":{"type":"STRING","data":"line\\nbreak \\u00e9"}}
{"value":{"type":"STRING","data":""},"key":{"type":"STRING","data":"k"}}
{"value":{"data":null,"type":"JSON"}} {"key":null,"value":null}{}`;
    const { text } = await api.request(`${topics}/texts/records`, { body });
    expect(
      lines(text).map(({ error_code, offset, key, value }) => [error_code, offset, key?.size, value?.size]),
    ).toEqual([
      [200, 0, undefined, 14],
      [200, 1, 3, 13],
      [200, 2, 1, 0],
      [200, 3, undefined, 0],
      [200, 4, undefined, undefined],
      [200, 5, undefined, undefined],
    ]);
    const raw = await platform.api.request('/v1/topics/texts/partitions/0/records?as=text');
    const read = ((await raw.json()) as { records: RecordJson[] }).records;
    expect(read.map(({ key, value }) => [key, value])).toEqual([
      [null, '{ "a" : 1.50 }'],
      ['"k"', 'line\nbreak é'],
      ['k', ''],
      [null, null],
      [null, null],
      [null, null],
    ]);
  });
});

describe('what is wrong with a record', () => {
  const ok = '{"value":{"type":"STRING","data":"x"}}';

  it.each([
    ['bad base64', { value: { type: 'BINARY', data: '%%' } }, 42_206],
    ['base64 that is no string', { value: { type: 'BINARY', data: 1 } }, 42_206],
    ['a STRING that is none', { value: { type: 'STRING', data: {} } }, 42_206],
    ['half a surrogate pair', '{"value":{"type":"STRING","data":"\\ud800"}}', 42_206],
    ['no type', { value: { data: 1 } }, 42_206],
    ['an unknown type', { value: { type: 'XML', data: '<a/>' } }, 42_206],
    ['a value that is no object', { value: 'x' }, 42_206],
    ['an unknown field of the value', { value: { type: 'STRING', data: 'x', more: 1 } }, 42_206],
    ['Avro, without a registry', { value: { type: 'AVRO', schema: '"int"', data: 1 } }, 42_206],
    ['JSON Schema, without a registry', { value: { type: 'JSONSCHEMA', schema_id: 1, data: 1 } }, 42_206],
    ['Protobuf, without a registry', { key: { type: 'PROTOBUF', data: {} } }, 42_206],
    ['a schema and no type', { value: { schema_id: 1, data: 1 } }, 42_206],
    ['headers without names', { headers: [{ value: '' }] }, 42_206],
    ['headers whose values are no base64', { headers: [{ name: 'h', value: '%' }] }, 42_206],
    ['headers that are no list', { headers: {} }, 400],
    ['too many headers', { headers: Array.from({ length: 1_001 }, () => ({ name: 'h' })) }, 40_002],
    ['an unknown field', { values: 1 }, 400],
    ['a partition that is no number', { partition_id: '1' }, 400],
    ['a partition that is not there', { partition_id: 2 }, 40_403],
    ['a time of day only', { timestamp: '12:00' }, 400],
    ['a day that is not in the calendar', { timestamp: '2026-02-30T00:00:00Z' }, 400],
    ['a time before 1970', { timestamp: '1969-12-31T23:59:59Z' }, 400],
    ['a time far ahead', { timestamp: '2500-01-01T00:00:00Z' }, 40_002],
    ['too many bytes', { value: { type: 'STRING', data: 'x'.repeat(1_100_000) } }, 413],
    ['JSON that ends too early', '{"value":{"type":"JSON","data":[1,}}', 400],
    ['a line break in a string', '{"value":{"type":"STRING","data":"a\nb', 400],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400],
    ['no object at all', '[1, 2] "x" 3', 400],
  ])('is told of it alone: %s', async (_what, bad, error_code) => {
    const text =
      bad instanceof Uint8Array ? bad : new TextEncoder().encode(typeof bad === 'string' ? bad : JSON.stringify(bad));
    const before = (await stored('taken', 0)).length + (await stored('taken', 1)).length;
    const separator = new TextEncoder().encode('\n');
    const good = new TextEncoder().encode(ok);
    const body = Buffer.concat([good, separator, text, separator, good]);
    const answer = await api.request(records, { body });
    expect(answer.status).toBe(200);
    expect(lines(answer.text).map((line) => line.error_code)).toEqual([200, error_code, 200]);
    expect((await stored('taken', 0)).length + (await stored('taken', 1)).length).toBe(before + 2);
  });

  it('is told with 404 where there is no topic or no cluster', async () => {
    const body = ok;
    expect(await api.refusal(`${topics}/nowhere/records`, { body })).toEqual({ status: 404, error_code: 40_403 });
    expect(await api.refusal('/v3/clusters/other/topics/taken/records', { body })).toEqual({
      status: 404,
      error_code: 404,
    });
  });

  it('is told with 400 where there is none, and with 413 where there are too many', async () => {
    for (const body of ['', ' \n'])
      expect(await api.refusal(records, { body })).toEqual({ status: 400, error_code: 400 });
    const body = '{}'.repeat(limits.recordsPerRequest.value + 1);
    expect(await api.refusal(records, { body })).toEqual({ status: 413, error_code: 413 });
  });

  it('is told with an error of the record when the record has no key and the topic is compacted', async () => {
    const configs = [{ name: 'cleanup.policy', value: 'compact' }];
    await api.request(topics, { body: { topic_name: 'compacted', configs } });
    const { json } = await api.request(`${topics}/compacted/records`, { body: ok });
    expect(json).toMatchObject({ error_code: 40_002 });
  });
});

describe('a batch', () => {
  const batch = `${topics}/taken/records:batch`;
  const value = { type: 'STRING', data: 'x' };

  it('says of each entry, by its id, what became of it', async () => {
    const { status, json } = await api.request(batch, {
      body: {
        entries: [
          { id: 'a-1', partition_id: 0, value },
          { id: 'b_2', partition_id: 7, value },
          { id: 'c', value: { type: 'BINARY', data: '%' } },
          { id: 'd', partition_id: 0, value },
        ],
      },
    });
    expect(status).toBe(207);
    const { successes, failures } = json as { successes: { offset: number }[]; failures: object[] };
    expect(successes).toMatchObject([
      { id: 'a-1', topic_name: 'taken', partition_id: 0 },
      { id: 'd', partition_id: 0, offset: successes[0]!.offset + 1 },
    ]);
    expect(failures).toMatchObject([
      { id: 'b_2', error_code: 40_403 },
      { id: 'c', error_code: 42_206 },
    ]);
  });

  it.each([
    ['no entries', {}],
    ['an empty list', { entries: [] }],
    ['no list', { entries: {} }],
    ['an unknown field', { entries: [{ id: 'a', value }], more: 1 }],
    ['more than ten', { entries: Array.from({ length: 11 }, (_, id) => ({ id: String(id), value })) }],
    [
      'an id twice',
      {
        entries: [
          { id: 'a', value },
          { id: 'a', value },
        ],
      },
    ],
    ['no id', { entries: [{ value }] }],
    ['an id that is too long', { entries: [{ id: 'x'.repeat(81), value }] }],
    ['an id of other characters', { entries: [{ id: 'a b', value }] }],
    ['an entry that is no object', { entries: [1] }],
  ])('is refused as a whole: %s', async (_what, body) => {
    expect(await api.refusal(batch, { body })).toEqual({ status: 422, error_code: 42_208 });
  });

  it('is refused where there is no topic, and when it is no JSON', async () => {
    const body = { entries: [{ id: 'a', value }] };
    expect(await api.refusal(`${topics}/nowhere/records:batch`, { body })).toEqual({ status: 404, error_code: 40_403 });
    expect(await api.refusal(batch, { body: '{"entries":[' })).toEqual({ status: 400, error_code: 400 });
    const large = 'x'.repeat(limits.requestBodyBytes.value + 1);
    expect(await api.refusal(batch, { body: large })).toEqual({ status: 413, error_code: 413 });
  });
});
