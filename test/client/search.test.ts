import { beforeAll, expect, test } from 'vitest';
import { createClient, type SearchOptions, type SearchPage } from '../../src/client/index.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

const platform = new MemoryPlatform();
const origin = 'http://127.0.0.1:8787';
const client = createClient({
  url: origin,
  fetch: (url, init) => platform.api.request(url.slice(origin.length), init),
});

beforeAll(async () => {
  await client.topics.create({ name: 'orders', partitions: 2 });
  const records = Array.from(
    { length: 10 },
    (_, index) => `{"key":"k${index}","partition":${index % 2},"value":{"n":900719925474099${index}}}`,
  );
  const body = `{"records":[${records.join(',')}]}`;
  const headers = { 'content-type': 'application/json' };
  await platform.api.request('/v1/topics/orders/records', { method: 'POST', headers, body });
});

async function pagesOf(search: SearchOptions): Promise<SearchPage[]> {
  const pages: SearchPage[] = [];
  for await (const page of client.search(search)) pages.push(page);
  return pages;
}

test('a search gives pages of exact records, and goes on behind any of them', async () => {
  const search = { topic: 'orders', where: 'value.n > 9007199254740993', maxRecords: 2 };
  const pages = await pagesOf(search);
  const texts = (searched: typeof pages) => searched.flatMap(({ records }) => records.map((record) => record.text()));
  expect(texts(pages)).toEqual([4, 6, 8, 5, 7, 9].map((digit) => `{"n":900719925474099${digit}}`));
  expect(pages.reduce((sum, { scanned }) => sum + scanned.records, 0)).toBe(10);
  expect(pages.at(-1)).toMatchObject({ cursor: null, partitionCount: 2, isNarrowedByKey: false });
  expect(pages.at(-1)!.partitions).toContainEqual({ partition: 1, nextOffset: 5, endOffset: 5 });
  const rest = await pagesOf({ ...search, cursor: pages[0]!.cursor! });
  expect(texts(rest)).toEqual(texts(pages.slice(1)));
});

test('a filter that cannot be read is a MillraceError that says where', async () => {
  const pages = client.search({ topic: 'orders', where: 'value.n = 1' });
  await expect(pages.next()).rejects.toMatchObject({ code: 'INVALID_REQUEST', detail: { character: 9 } });
});
