import { beforeAll, describe, expect, it } from 'vitest';
import { decompress } from '../../src/log/compression.ts';
import { decodeBatches, encodeBatch } from '../../src/log/record.ts';
import { partitionForKey } from '../../src/topics/partitioner.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

type Result = { partition: number; offset: number; timestamp: number };

const encoder = new TextEncoder();
const json = { 'content-type': 'application/json' };
const ndjson = { 'content-type': 'application/x-ndjson' };
const batchType = 'application/vnd.millrace.batch';

const platform = new MemoryPlatform();
const { api } = platform;

beforeAll(async () => {
  for (const name of ['exact', 'lines', 'keyed', 'batches', 'mixed', 'timed']) {
    const partitions = name === 'keyed' || name === 'mixed' ? 3 : 1;
    const body = JSON.stringify({ name, partitions });
    expect((await api.request('/v1/topics', { method: 'POST', headers: json, body })).status).toBe(201);
  }
});

async function produce(topic: string, body: string | Uint8Array, headers: Record<string, string> = json, query = '') {
  const answer = await api.request(`/v1/topics/${topic}/records${query}`, { method: 'POST', headers, body });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { results: Result[] }).results;
}

async function readText(topic: string, query = '', accept = 'application/json', partition = 0) {
  const answer = await api.request(`/v1/topics/${topic}/partitions/${partition}/records${query}`, {
    headers: { accept },
  });
  expect(answer.status).toBe(200);
  return { text: await answer.text(), headers: answer.headers };
}

describe('values', () => {
  it('come back byte for byte, whatever JSON makes of them', async () => {
    const values = ['9007199254740993', '-0', '1e400', '{"b":1, "a":2,"b":3}', '"\\u0041é😀"', '[ ]', '""', 'false'];
    await produce('exact', `{"records":[${values.map((value) => `{"value": ${value} }`).join(',')}]}`);
    const { text } = await readText('exact');
    for (const value of values) expect(text).toContain(`"value":${value},"value_type":"json"`);
    const lines = await readText('exact', '?values_only=true', 'application/x-ndjson');
    expect(lines.text).toBe(`${values.join('\n')}\n`);
    expect(lines.headers.get('millrace-next-offset')).toBe(String(values.length));
  });

  it('of NDJSON lines keep their white space, and the pointer finds their keys', async () => {
    const lines = ['  {"id" : "a", "n":1}', '{"id":7,"n":2}\t', '{"n":3}'];
    const results = await produce('lines', lines.join('\n'), ndjson, '?key=/id');
    expect(results.map((result) => result.offset)).toEqual([0, 1, 2]);
    const { text } = await readText('lines', '', 'application/x-ndjson');
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { key: unknown; key_type: string });
    expect(records.map(({ key, key_type }) => [key, key_type])).toEqual([
      ['a', 'text'],
      ['7', 'text'],
      [null, 'null'],
    ]);
    const raw = await readText('lines', '?values_only=true', 'application/x-ndjson');
    expect(raw.text).toBe(`${lines.join('\n')}\n`);
  });

  it('may be text, bytes or nothing, with headers', async () => {
    const records = [
      { value_text: 'not json', key: 'k' },
      {
        value_base64: '/wA=',
        headers: [
          { name: 'h', value: 'v' },
          { name: 'h', value_base64: '/w==' },
          { name: 'h', value: null },
        ],
      },
      { key: 'k', value: null },
    ];
    await produce('mixed', JSON.stringify({ records: records.map((record) => ({ ...record, partition: 2 })) }));
    const { text } = await readText('mixed', '', 'application/json', 2);
    expect(JSON.parse(text)).toMatchObject({
      records: [
        { partition: 2, offset: 0, key: 'k', key_type: 'text', value: 'not json', value_type: 'text', headers: [] },
        {
          offset: 1,
          key: null,
          key_type: 'null',
          value: '/wA=',
          value_type: 'base64',
          headers: [
            { name: 'h', value: 'v' },
            { name: 'h', value_base64: '/w==' },
            { name: 'h', value: null },
          ],
        },
        { offset: 2, value: null, value_type: 'null' },
      ],
      next_offset: 3,
      high_watermark: 3,
      log_start_offset: 0,
    });
    expect(JSON.parse((await readText('mixed', '?as=base64&offset=2', 'application/json', 2)).text)).toMatchObject({
      records: [{ key: 'aw==', key_type: 'base64' }],
    });
  });
});

describe('partitions', () => {
  it('are chosen by the key as the Java client does, and results come in request order', async () => {
    const keys = Array.from({ length: 50 }, (_, index) => `key-${index % 20}`);
    const results = await produce('keyed', JSON.stringify({ records: keys.map((key, value) => ({ key, value })) }));
    expect(results.map((result) => result.partition)).toEqual(
      keys.map((key) => partitionForKey(encoder.encode(key), 3)),
    );
    const read: number[] = [];
    for (const partition of [0, 1, 2]) {
      const { records } = JSON.parse((await readText('keyed', '', 'application/json', partition)).text) as {
        records: { offset: number; value: number }[];
      };
      for (const { offset, value } of records) {
        expect(results[value]).toMatchObject({ partition, offset });
        read.push(value);
      }
    }
    expect(read.sort((a, b) => a - b)).toEqual(keys.map((_key, index) => index));
  });
});

describe('batches', () => {
  it('go in and come out as they are, with their offsets', async () => {
    const batch = encodeBatch(
      ['a', 'b'].map((value) => ({ timestampMs: 5, key: null, value: encoder.encode(value), headers: [] })),
    );
    const results = await produce(
      'batches',
      Uint8Array.of(...batch, ...batch),
      { 'content-type': batchType },
      '?partition=0',
    );
    expect(results.map((result) => result.offset)).toEqual([0, 2]);
    const answer = await api.request('/v1/topics/batches/partitions/0/records?offset=0', {
      headers: { accept: batchType },
    });
    expect(answer.headers.get('content-type')).toBe(batchType);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'millrace-next-offset': '4',
      'millrace-high-watermark': '4',
      'millrace-log-start-offset': '0',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    const offsets: number[] = [];
    const decoded = decodeBatches(new Uint8Array(await answer.arrayBuffer()), decompress, ({ offset }) => {
      offsets.push(offset);
      return true;
    });
    expect(decoded.ok).toBe(true);
    expect(offsets).toEqual([0, 1, 2, 3]);
  });

  it('with a producer id are stored once however often they come', async () => {
    const answer = await api.request('/v1/producers', { method: 'POST' });
    expect(answer.status).toBe(201);
    const { producer_id: producerId, producer_epoch: producerEpoch } = (await answer.json()) as Record<string, number>;
    const record = { timestampMs: 5, key: null, value: encoder.encode('once'), headers: [] };
    const batch = encodeBatch([record], { producerId: producerId!, producerEpoch: producerEpoch!, baseSequence: 0 });
    const [first] = await produce('batches', batch, { 'content-type': batchType }, '?partition=0');
    const [again] = await produce('batches', batch, { 'content-type': batchType }, '?partition=0');
    expect(again).toEqual(first);
    expect(JSON.parse((await readText('batches', '?offset=latest')).text)).toMatchObject({
      high_watermark: first!.offset + 1,
    });
  });
});

describe('reading', () => {
  it('starts at an offset, at a time, at either end, and stops at max_records', async () => {
    const records = [1_000, 2_000, 3_000].map((timestamp) => ({ timestamp, value: timestamp }));
    for (const record of records) await produce('timed', JSON.stringify({ records: [record] }));
    const valuesOf = async (query: string) => {
      const { records: read, next_offset } = JSON.parse((await readText('timed', query)).text) as {
        records: { value: number; timestamp: number }[];
        next_offset: number;
      };
      return [read.map(({ value }) => value), next_offset];
    };
    expect(await valuesOf('')).toEqual([[1_000, 2_000, 3_000], 3]);
    expect(await valuesOf('?offset=earliest&max_records=2')).toEqual([[1_000, 2_000], 2]);
    expect(await valuesOf('?offset=2')).toEqual([[3_000], 3]);
    expect(await valuesOf('?offset=3')).toEqual([[], 3]);
    expect(await valuesOf('?offset=latest')).toEqual([[], 3]);
    expect(await valuesOf('?timestamp=1500')).toEqual([[2_000, 3_000], 3]);
    expect(await valuesOf('?timestamp=3001')).toEqual([[], 3]);
  });
});
