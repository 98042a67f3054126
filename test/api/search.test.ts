import { beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { compress } from '../../src/log/compression.ts';
import { encodeBatch } from '../../src/log/record.ts';
import { partitionForKey } from '../../src/topics/partitioner.ts';
import { HttpTransactions } from '../support/http-transactions.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

type Answer = {
  records: { partition: number; offset: number; key: unknown; value: unknown }[];
  scanned: { records: number; bytes: number };
  partitions: { partition: number; next_offset: number; end_offset: number }[];
  partition_count: number;
  narrowed_by_key: boolean;
  cursor: string | null;
};

const json = { 'content-type': 'application/json' };
const platform = new MemoryPlatform();
const { api } = platform;

async function create(name: string, partitions: number) {
  const answer = await api.request('/v1/topics', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ name, partitions }),
  });
  expect(answer.status).toBe(201);
}

async function produce(topic: string, records: readonly object[]) {
  const body = JSON.stringify({ records });
  const answer = await api.request(`/v1/topics/${topic}/records`, { method: 'POST', headers: json, body });
  expect(answer.status).toBe(200);
}

async function search(topic: string, where: string, query: Record<string, string | number> = {}): Promise<Answer> {
  const parameters = new URLSearchParams({ where, ...(query as Record<string, string>) });
  const answer = await api.request(`/v1/topics/${topic}/search?${parameters}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Answer;
}

async function refusal(topic: string, query: string): Promise<{ status: number; code: string; detail: string }> {
  const answer = await api.request(`/v1/topics/${topic}/search${query}`);
  return { status: answer.status, ...((await answer.json()) as { code: string; detail: string }) };
}

/** All pages of a search, and how many there were. */
async function searchAll(topic: string, where: string, query: Record<string, string | number> = {}) {
  const pages: Answer[] = [await search(topic, where, query)];
  while (pages.at(-1)!.cursor !== null && pages.length < 200) {
    pages.push(await search(topic, where, { ...query, cursor: pages.at(-1)!.cursor! }));
  }
  return { pages, records: pages.flatMap(({ records }) => records) };
}

const places = (records: Answer['records']) => records.map(({ partition, offset }) => `${partition}@${offset}`);

const orders = Array.from({ length: 60 }, (_, index) => ({
  key: `user-${index % 10}`,
  partition: index % 3,
  value: { total: index, id: index },
  headers: [{ name: 'x-tenant', value: index % 2 === 0 ? 'a' : 'b' }],
  timestamp: 1_790_000_000_000 + index * 1_000,
}));

beforeAll(async () => {
  await create('orders', 3);
  await produce('orders', orders);
});

describe('a search', () => {
  test('finds what the filter means in all partitions, and says what it tried', async () => {
    const found = await search('orders', 'value.total >= 50 && header["x-tenant"] == "a"');
    expect(places(found.records)).toEqual(['0@18', '1@17', '1@19', '2@16', '2@18']);
    expect(found.records[0]).toMatchObject({ key: 'user-4', value: { total: 54 } });
    expect(found.scanned.records).toBe(60);
    expect(found.scanned.bytes).toBeGreaterThan(60 * 30);
    const partitions = [0, 1, 2].map((partition) => ({ partition, next_offset: 20, end_offset: 20 }));
    expect(found).toMatchObject({ partitions, partition_count: 3, narrowed_by_key: false, cursor: null });
  });

  test('goes on behind the record that it stopped at, and misses and repeats none', async () => {
    const where = 'value.total >= 0';
    for (const size of [1, 7, 20, 60]) {
      const { pages, records } = await searchAll('orders', where, { max_records: size });
      expect(places(records)).toEqual([0, 1, 2].flatMap((it) => Array.from({ length: 20 }, (_, at) => `${it}@${at}`)));
      for (const page of pages) expect(page.records.length).toBeLessThanOrEqual(size);
      expect(pages.reduce((sum, { scanned }) => sum + scanned.records, 0)).toBe(60);
    }
  });

  test('begins where it is told, and at a time that the filter names', async () => {
    const at = await search('orders', 'value exists', { partition: 1, offset: 18 });
    expect(places(at.records)).toEqual(['1@18', '1@19']);
    const since = await search('orders', 'value exists', { timestamp: 1_790_000_058_000 });
    expect(places(since.records)).toEqual(['1@19', '2@19']);
    const named = await search('orders', 'timestamp >= @1790000058000 && value exists');
    expect([places(named.records), named.scanned.records]).toEqual([['1@19', '2@19'], 2]);
    const none = await search('orders', 'timestamp > 2030-01-01');
    expect(none).toMatchObject({ records: [], scanned: { records: 0 }, cursor: null });
    const latest = await search('orders', 'value exists', { offset: 'latest' });
    expect(latest).toMatchObject({ records: [], scanned: { records: 0 }, cursor: null });
  });

  test('looks only where the filter lets something be, and says so of keys', async () => {
    const inTwo = await search('orders', 'partition == 2 && value.total > 56');
    expect([places(inTwo.records), inTwo.partition_count, inTwo.narrowed_by_key]).toEqual([['2@19'], 1, false]);
    expect(await search('orders', 'partition == 9')).toMatchObject({ records: [], partition_count: 0, cursor: null });
    const home = partitionForKey(Buffer.from('user-4'), 3);
    const where = 'key == "user-4" && value exists';
    const narrowed = await search('orders', where);
    expect([narrowed.partition_count, narrowed.narrowed_by_key]).toEqual([1, true]);
    expect(narrowed.partitions.map(({ partition }) => partition)).toEqual([home]);
    const every = await search('orders', where, { every_partition: 'true' });
    expect([every.records.length, every.partition_count, every.narrowed_by_key]).toEqual([6, 3, false]);
  });

  test('keeps a time like -1s where it was when the search began', async () => {
    await create('moving', 1);
    const base = platform.nowMs;
    await produce(
      'moving',
      [0, 1, 2, 3].map((value) => ({ value, timestamp: base + value })),
    );
    const first = await search('moving', 'timestamp >= -1s', { max_records: 1 });
    platform.nowMs += 60_000;
    const next = await search('moving', 'timestamp >= -1s', { cursor: first.cursor! });
    platform.nowMs = base;
    expect([...places(first.records), ...places(next.records)]).toEqual(['0@0', '0@1', '0@2', '0@3']);
  });

  test('tries no more of one request than its bounds, of compressed batches too', async () => {
    await create('large', 2);
    const value = new Uint8Array(2_000_000).fill(0x61);
    for (let round = 0; round < 6; round++) {
      const records = [{ key: null, value, headers: [], timestampMs: 1_790_000_000_000 }];
      const body = encodeBatch(records, { compression: { type: 'gzip', compress } });
      const headers = { 'content-type': 'application/vnd.millrace.batch' };
      const answer = await api.request('/v1/topics/large/records?partition=1', { method: 'POST', headers, body });
      expect(answer.status).toBe(200);
    }
    const { pages, records } = await searchAll('large', 'value endsWith "ab"');
    expect(records).toEqual([]);
    expect(pages.map(({ scanned }) => scanned.records)).toEqual([5, 1]);
    for (const { scanned } of pages) expect(scanned.bytes).toBeLessThan(limits.searchedBytes.value + value.length);
    expect(pages[0]!.partitions).toEqual([
      { partition: 0, next_offset: 0, end_offset: 0 },
      { partition: 1, next_offset: 5, end_offset: 6 },
    ]);
  });

  test('reads each of many empty partitions once, some a request', async () => {
    await create('wide', 70);
    const { pages } = await searchAll('wide', 'tombstone');
    expect(pages.map(({ partitions }) => partitions.length)).toEqual([32, 32, 6]);
  });

  test('passes over what was deleted while it stood still', async () => {
    await create('cut', 1);
    await produce(
      'cut',
      [0, 1, 2, 3, 4].map((value) => ({ value })),
    );
    const first = await search('cut', 'value >= 0', { max_records: 1 });
    const deleted = await api.request('/v1/topics/cut/partitions/0/records?before=3', { method: 'DELETE' });
    expect(deleted.status).toBe(200);
    const rest = await search('cut', 'value >= 0', { cursor: first.cursor! });
    expect(places(rest.records)).toEqual(['0@3', '0@4']);
  });

  test('shows a committed reader nothing of a transaction that is open or was aborted', async () => {
    await create('bills', 1);
    const transactions = new HttpTransactions(api, 'billing');
    const found = async (isolation: string) => {
      const { records, cursor, partitions } = await search('bills', 'value >= 0', { isolation });
      expect(cursor).toBeNull();
      return [records.map(({ value }) => value), partitions[0]!.end_offset];
    };
    await produce('bills', [{ value: 0 }]);
    let producer = await transactions.begin();
    await transactions.write(producer, 'bills', 0, 1);
    await produce('bills', [{ value: 2 }]);
    expect(await found('read_committed'), 'what stands behind an open transaction is not decided').toEqual([[0], 1]);
    expect(await found('read_uncommitted')).toEqual([[0, 1, 2], 3]);
    producer = await transactions.end('abort', producer);
    expect(await found('read_committed')).toEqual([[0, 2], 4]);
    await transactions.write(producer, 'bills', 0, 3);
    await transactions.end('commit', producer);
    expect(await found('read_committed')).toEqual([[0, 2, 3], 6]);
    expect(await found('read_uncommitted')).toEqual([[0, 1, 2, 3], 6]);
  });

  test('shows records as it is asked to, with all digits', async () => {
    await create('digits', 1);
    await api.request('/v1/topics/digits/records', {
      method: 'POST',
      headers: json,
      body: '{"records":[{"value":{"id":9223372036854775807}},{"value":{"id":9223372036854775806}}]}',
    });
    const where = encodeURIComponent('value.id == 9223372036854775807');
    const text = await (await api.request(`/v1/topics/digits/search?where=${where}`)).text();
    expect(text).toContain('"value":{"id":9223372036854775807},"value_type":"json"');
    const [base64] = (await search('digits', 'value.id exists', { as: 'base64' })).records;
    expect(base64!.value).toBe(Buffer.from('{"id":9223372036854775807}').toString('base64'));
  });
});

describe('a search is refused', () => {
  test.each([
    ['', 400, 'INVALID_REQUEST', 'where, the filter, is missing'],
    ['?where=key%20=%201', 400, 'INVALID_REQUEST', 'character 5: write == to compare'],
    ['?where=', 400, 'INVALID_REQUEST', 'must be text of 1 to 2048 characters'],
    ['?where=tombstone&offset=3', 400, 'INVALID_REQUEST', 'give partition with it'],
    ['?where=tombstone&offset=latest&timestamp=1', 400, 'INVALID_REQUEST', 'not both'],
    ['?where=tombstone&cursor=MQ', 400, 'INVALID_REQUEST', 'no cursor of a search'],
    ['?where=tombstone&partition=3', 404, 'UNKNOWN_TOPIC_OR_PARTITION', 'has partitions 0 to 2'],
    ['?where=tombstone&partition=0&offset=99', 416, 'OFFSET_OUT_OF_RANGE', 'outside the log'],
    ['?where=tombstone&max_records=1001', 400, 'INVALID_REQUEST', '1 to 1000'],
  ])('%s', async (query, status, code, message) => {
    const refused = await refusal('orders', query);
    expect([refused.status, refused.code]).toEqual([status, code]);
    expect(refused.detail).toContain(message);
  });

  test('with a cursor of another search, or of a topic that is gone', async () => {
    const { cursor } = await search('orders', 'value exists', { max_records: 1, partition: 2 });
    const query = `?where=tombstone&cursor=${cursor}&partition=1`;
    expect(await refusal('orders', query)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    await create('other', 3);
    const gone = await refusal('other', `?where=tombstone&cursor=${cursor}`);
    expect(gone).toMatchObject({ status: 404, code: 'UNKNOWN_TOPIC_OR_PARTITION' });
  });
});
