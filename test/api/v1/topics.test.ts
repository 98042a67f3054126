import { beforeEach, describe, expect, it } from 'vitest';
import type { TopicJson, TopicListJson } from '../../../src/contracts/topics.ts';
import type { CheckedInit } from '../../support/checked-api.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';

let platform: MemoryPlatform;

beforeEach(() => {
  platform = new MemoryPlatform();
});

type Answer<Body> = { readonly status: number; readonly headers: Headers; readonly body: Body };

async function request<Body>(path: string, init: CheckedInit = {}): Promise<Answer<Body>> {
  const answer = await platform.api.request(path, init);
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: (text === '' ? null : JSON.parse(text)) as Body };
}

function send<Body = TopicJson>(method: string, path: string, body: unknown): Promise<Answer<Body>> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return request(path, { method, headers: { 'content-type': 'application/json' }, body: text });
}

const create = (body: unknown): Promise<Answer<TopicJson>> => send('POST', '/v1/topics', body);

type Problem = { readonly code: string; readonly detail: string; readonly context?: Record<string, unknown> };

describe('POST /v1/topics', () => {
  it('creates a topic and says where it is', async () => {
    const config = { 'retention.ms': 3_600_000, 'cleanup.policy': 'delete,compact' };
    const created = await create({ name: 'orders', partitions: 6, config });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe('/v1/topics/orders');
    expect(created.body).toMatchObject({
      name: 'orders',
      partitions: 6,
      config_overrides: { 'cleanup.policy': 'compact,delete', 'retention.ms': '3600000' },
      config: { 'max.message.bytes': '1048588', 'retention.ms': '3600000' },
      created_at: platform.nowMs,
    });
    expect(Object.keys(created.body.config)).toHaveLength(15);
    expect((await create({ name: 'events' })).body).toMatchObject({ partitions: 1, config_overrides: {} });
  });

  it.each([
    [{ name: '' }, 'INVALID_TOPIC_EXCEPTION', 400],
    [{ name: 'a b' }, 'INVALID_TOPIC_EXCEPTION', 400],
    [{ name: '..' }, 'INVALID_TOPIC_EXCEPTION', 400],
    [{ name: '__consumer_offsets' }, 'INVALID_TOPIC_EXCEPTION', 400],
    [{ name: 'x'.repeat(250) }, 'INVALID_TOPIC_EXCEPTION', 400],
    [{ name: 'taken' }, 'TOPIC_ALREADY_EXISTS', 409],
    [{ name: 'ta.ken' }, 'INVALID_TOPIC_EXCEPTION', 400],
    [{ name: 'x', partitions: 0 }, 'INVALID_PARTITIONS', 400],
    [{ name: 'x', partitions: -1 }, 'INVALID_PARTITIONS', 400],
    [{ name: 'x', partitions: 1_001 }, 'INVALID_PARTITIONS', 400],
    [{ name: 'x', partitions: 1.5 }, 'INVALID_REQUEST', 400],
    [{ name: 'x', partitions: '3' }, 'INVALID_REQUEST', 400],
    [{ name: 'x', config: { 'retention.minutes': '1' } }, 'INVALID_CONFIG', 400],
    [{ name: 'x', config: { 'max.message.bytes': 1_900_001 } }, 'INVALID_CONFIG', 400],
    [{ name: 'x', config: { 'retention.ms': null } }, 'INVALID_REQUEST', 400],
    [{ name: 'x', config: { 'retention.ms': true } }, 'INVALID_CONFIG', 400],
    [{ name: 'x', replicas: 3 }, 'INVALID_REQUEST', 400],
    [{}, 'INVALID_REQUEST', 400],
    [[], 'INVALID_REQUEST', 400],
    ['{"name": "x",}', 'MALFORMED_JSON', 400],
  ])('refuses %j with %s', async (body, code, status) => {
    await create({ name: 'taken' });
    await create({ name: 'ta_ken' });
    const refused = await send<Problem>('POST', '/v1/topics', body);
    expect([refused.status, refused.body.code]).toEqual([status, code]);
    const listed = await request<TopicListJson>('/v1/topics');
    expect(listed.body.topics.map((topic) => topic.name)).toEqual(['ta_ken', 'taken']);
  });

  it('refuses a body of another type, and a query', async () => {
    const text = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"name":"x"}' };
    expect((await request<Problem>('/v1/topics', text)).status).toBe(415);
    expect((await send<Problem>('POST', '/v1/topics?dry_run=true', { name: 'x' })).body.code).toBe('INVALID_REQUEST');
  });

  it('offers the key that was meant', async () => {
    const refused = await send<Problem>('POST', '/v1/topics', { name: 'x', config: { 'retention.m': '1' } });
    expect(refused.body).toMatchObject({
      detail: 'Unknown topic config "retention.m". Did you mean retention.ms?',
      context: { key: 'retention.m', nearest: 'retention.ms' },
    });
  });
});

describe('GET /v1/topics', () => {
  it('pages through the topics of a prefix', async () => {
    for (const name of ['b-2', 'a', 'b-1', 'b-3']) await create({ name });
    const first = await request<TopicListJson>('/v1/topics?prefix=b-&limit=2');
    expect(first.body.topics.map((topic) => topic.name)).toEqual(['b-1', 'b-2']);
    const next = encodeURIComponent(first.body.next_cursor ?? '');
    const second = await request<TopicListJson>(`/v1/topics?prefix=b-&limit=2&cursor=${next}`);
    expect(second.body.topics.map((topic) => topic.name)).toEqual(['b-3']);
    expect(second.body.next_cursor).toBeNull();
  });

  it.each(['limit=0', 'limit=1001', 'limit=ten', 'cursor=%25', 'cursor=', 'sort=name', 'prefix=a&prefix=b'])(
    'refuses ?%s',
    async (query) => {
      expect((await request<Problem>(`/v1/topics?${query}`)).body.code).toBe('INVALID_REQUEST');
    },
  );
});

describe('GET, PATCH and DELETE /v1/topics/{topic}', () => {
  it('describes a topic with what its partitions reported', async () => {
    const { topic_id: topicId } = (await create({ name: 'orders', partitions: 2 })).body;
    expect((await request<TopicJson>('/v1/topics/orders')).body.partition_reports).toEqual([]);
    await platform.catalog.grantPartition(platform.services.cluster, topicId, 1);
    const report = {
      logStartOffset: 2,
      highWatermark: 7,
      localBytes: 4_096,
      remoteBytes: 512,
      segmentCount: 1,
      maxTimestampMs: 5,
      upkeep: {
        nextDueMs: 77,
        compaction: { cleanableRatio: 0.25, cleanedOffset: 4, cleanedAtMs: 9 },
        damaged: [{ offset: 3, lastOffset: 5 }],
      },
    };
    await platform.catalog.reportPartitions(platform.services.cluster, [{ ...report, topicId, partition: 1 }]);
    const described = await request<TopicJson>('/v1/topics/orders');
    expect(described.body.partition_reports).toEqual([
      {
        partition: 1,
        log_start_offset: 2,
        high_watermark: 7,
        local_bytes: 4_096,
        remote_bytes: 512,
        segment_count: 1,
        max_timestamp: 5,
        next_maintenance_at: 77,
        compaction: { cleanable_ratio: 0.25, cleaned_offset: 4, cleaned_at: 9 },
        damaged: [{ offset: 3, last_offset: 5 }],
        reported_at: platform.nowMs,
      },
    ]);
  });

  it('adds partitions, sets and resets configs', async () => {
    await create({ name: 'orders', partitions: 2, config: { 'retention.ms': '5' } });
    const altered = await send('PATCH', '/v1/topics/orders', {
      partitions: 4,
      config: { 'retention.ms': null, 'segment.ms': 60_000 },
    });
    expect(altered.status).toBe(200);
    expect(altered.body).toMatchObject({ partitions: 4, config_overrides: { 'segment.ms': '60000' } });
    expect((await request<TopicJson>('/v1/topics/orders')).body).toMatchObject(altered.body);
  });

  it('takes a new partition into use at once', async () => {
    await create({ name: 'orders', partitions: 1 });
    const produce = (partition: number): Promise<Answer<Problem>> =>
      send('POST', '/v1/topics/orders/records', { records: [{ value: 1, partition }] });
    expect((await produce(0)).status).toBe(200);
    expect((await produce(1)).status).toBe(404);
    await send('PATCH', '/v1/topics/orders', { partitions: 2 });
    expect((await produce(1)).status).toBe(200);
  });

  it.each([
    [{ partitions: 1 }, 'INVALID_PARTITIONS'],
    [{ partitions: 1_001 }, 'INVALID_PARTITIONS'],
    [{ config: { 'no.such.key': null } }, 'INVALID_CONFIG'],
    [{ config: { 'retention.ms': 'forever' } }, 'INVALID_CONFIG'],
    [{ name: 'other' }, 'INVALID_REQUEST'],
  ])('refuses %j with %s and changes nothing', async (body, code) => {
    const created = await create({ name: 'orders', partitions: 2 });
    expect((await send<Problem>('PATCH', '/v1/topics/orders', body)).body.code).toBe(code);
    expect((await request<TopicJson>('/v1/topics/orders')).body).toMatchObject(created.body);
  });

  it('[I-8b] deletes a topic for good: one of the same name starts empty', async () => {
    const first = await create({ name: 'orders' });
    const produce = (): Promise<Answer<{ results: { offset: number }[] }>> =>
      send('POST', '/v1/topics/orders/records', { records: [{ value: 1 }] });
    expect((await produce()).body.results).toMatchObject([{ offset: 0 }]);
    const deleted = await request('/v1/topics/orders', { method: 'DELETE' });
    expect([deleted.status, deleted.body]).toEqual([204, null]);
    expect((await request('/v1/topics/orders')).status).toBe(404);
    expect((await produce()).status).toBe(404);
    await platform.runCatalogAlarm();
    const second = await create({ name: 'orders' });
    expect(second.body.topic_id).not.toBe(first.body.topic_id);
    expect((await produce()).body.results).toMatchObject([{ offset: 0 }]);
  });

  it.each(['GET', 'DELETE'])('%s of an unknown topic is 404', async (method) => {
    for (const name of ['nothing', '..%2F', '%00', 'a%20b', 'x'.repeat(300)]) {
      const unknown = await request<Problem>(`/v1/topics/${name}`, { method });
      expect([unknown.status, unknown.body.code]).toEqual([404, 'UNKNOWN_TOPIC_OR_PARTITION']);
    }
  });
});

describe('POST /v1/producers', () => {
  it('gives each caller an id of its own', async () => {
    const first = await request<{ producer_id: number }>('/v1/producers', { method: 'POST' });
    const second = await request<{ producer_id: number }>('/v1/producers', { method: 'POST' });
    expect([first.status, first.body]).toEqual([201, { producer_id: expect.any(Number), producer_epoch: 0 }]);
    expect(second.body.producer_id).not.toBe(first.body.producer_id);
  });
});
