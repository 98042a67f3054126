import { beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

const platform = new MemoryPlatform();
const origin = 'http://127.0.0.1:8787';
const client = createClient({
  url: origin,
  fetch: (url, init) => platform.api.request(url.slice(origin.length), init),
});
const baseMs = 1_790_000_000_000;

async function produce(topic: string, partition: number, timestamps: readonly number[]) {
  for (const timestamp of timestamps) {
    const answer = await platform.api.request(`/v1/topics/${topic}/records`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ records: [{ partition, value: 1, timestamp }] }),
    });
    expect(answer.status).toBe(200);
  }
}

beforeAll(async () => {
  await client.topics.create({ name: 'orders', partitions: 2 });
  await client.topics.create({ name: 'wide', partitions: 40 });
  const seconds = Array.from({ length: 10 }, (_, index) => baseMs + index * 1_000);
  await produce('orders', 0, seconds);
});

describe('the timeline of a topic', () => {
  test('says how its logs grew, and where each begins', async () => {
    const { partitionCount, partitions } = await client.topics.timeline('orders');
    expect(partitionCount).toBe(2);
    expect(partitions[0]).toMatchObject({ partition: 0, logStartOffset: 0, highWatermark: 10, firstTimestamp: baseMs });
    expect(partitions[0]!.points.at(-1)).toEqual({ offset: 10, timestamp: baseMs + 9_000 });
    expect(partitions[0]!.points).toHaveLength(10);
    expect(partitions[1]).toEqual({
      partition: 1,
      logStartOffset: 0,
      highWatermark: 0,
      firstTimestamp: null,
      points: [],
    });
  });

  test('is of one partition when that is asked for', async () => {
    const { partitions } = await client.topics.timeline('orders', { partition: 1 });
    expect(partitions.map(({ partition }) => partition)).toEqual([1]);
    const refused = client.topics.timeline('orders', { partition: 2 });
    await expect(refused).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', status: 404 });
  });

  test('asks some partitions of many', async () => {
    const { partitions, partitionCount } = await client.topics.timeline('wide');
    expect([partitions.length, partitionCount]).toEqual([16, 40]);
    expect(partitions.at(-1)!.partition).toBe(37);
  });
});
