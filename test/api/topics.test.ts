import { expect, it } from 'vitest';
import { MemoryPlatform } from '../support/memory-platform.ts';

const json = { 'content-type': 'application/json' };

function send(platform: MemoryPlatform, method: string, path: string, body: unknown): Promise<Response> {
  return platform.api.request(path, { method, headers: json, body: JSON.stringify(body) });
}

it('a topic is created, described, altered and deleted', async () => {
  const platform = new MemoryPlatform();
  const { api } = platform;
  const created = await send(platform, 'POST', '/v1/topics', {
    name: 'orders',
    partitions: 3,
    config: { 'retention.ms': 60_000 },
  });
  expect(created.status).toBe(201);
  expect(created.headers.get('location')).toBe('/v1/topics/orders');
  const topic = (await created.json()) as Record<string, unknown>;
  expect(topic).toMatchObject({
    name: 'orders',
    partitions: 3,
    config: { 'retention.ms': '60000', 'cleanup.policy': 'delete', 'max.message.bytes': '1048588' },
    config_overrides: { 'retention.ms': '60000' },
    created_at: platform.nowMs,
  });
  expect(await (await api.request('/v1/topics/orders')).json()).toMatchObject({ topic_id: topic.topic_id });

  const altered = await send(platform, 'PATCH', '/v1/topics/orders', {
    partitions: 5,
    config: { 'retention.ms': null, 'cleanup.policy': 'compact' },
  });
  expect(altered.status).toBe(200);
  expect(await altered.json()).toMatchObject({ partitions: 5, config_overrides: { 'cleanup.policy': 'compact' } });

  const deleted = await api.request('/v1/topics/orders', { method: 'DELETE' });
  expect(deleted.status).toBe(204);
  expect(await deleted.text()).toBe('');
  expect((await api.request('/v1/topics/orders')).status).toBe(404);
});

it('a topic that was deleted and created again is a new, empty one', async () => {
  const platform = new MemoryPlatform();
  const produce = () => send(platform, 'POST', '/v1/topics/again/records', { records: [{ value: 1 }] });
  const offsets: number[] = [];
  for (let round = 0; round < 2; round++) {
    expect((await send(platform, 'POST', '/v1/topics', { name: 'again' })).status).toBe(201);
    const { results } = (await (await produce()).json()) as { results: { offset: number }[] };
    offsets.push(results[0]!.offset);
    expect((await platform.api.request('/v1/topics/again', { method: 'DELETE' })).status).toBe(204);
    expect((await produce()).status).toBe(404);
    await platform.runCatalogAlarm();
  }
  expect(offsets).toEqual([0, 0]);
});

it('topics are listed in pages, in name order, by prefix', async () => {
  const platform = new MemoryPlatform();
  const names = ['b', 'a.2', 'a.10', 'a.1', 'c'];
  for (const name of names) expect((await send(platform, 'POST', '/v1/topics', { name })).status).toBe(201);
  const list = async (query: string) => {
    const answer = await platform.api.request(`/v1/topics${query}`);
    const page = (await answer.json()) as { topics: { name: string }[]; next_cursor: string | null };
    return { names: page.topics.map(({ name }) => name), cursor: page.next_cursor };
  };
  expect(await list('')).toEqual({ names: ['a.1', 'a.10', 'a.2', 'b', 'c'], cursor: null });
  expect(await list('?prefix=a.1')).toEqual({ names: ['a.1', 'a.10'], cursor: null });
  const seen: string[] = [];
  let cursor: string | null = '';
  for (let pages = 0; cursor !== null && pages < 10; pages++) {
    const page = await list(`?limit=2${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
    expect(page.names.length).toBeLessThanOrEqual(2);
    seen.push(...page.names);
    cursor = page.cursor;
  }
  expect(seen).toEqual(['a.1', 'a.10', 'a.2', 'b', 'c']);
});
