import { describe, expect, it } from 'vitest';
import { MemoryPlatform } from '../../support/memory-platform.ts';

type Json = { readonly [field: string]: unknown };

async function platformWithFlights(partitions: number): Promise<MemoryPlatform> {
  const platform = new MemoryPlatform();
  await post(platform, '/v1/topics', { name: 'flights', partitions });
  return platform;
}

async function send(platform: MemoryPlatform, method: string, path: string, body?: unknown) {
  const headers = { 'content-type': 'application/json' };
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  const answer = await platform.api.request(path, init);
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? null : JSON.parse(text)) as Json & { code?: string } };
}

const post = (platform: MemoryPlatform, path: string, body: unknown) => send(platform, 'POST', path, body);

async function produce(platform: MemoryPlatform, partition: number, values: readonly unknown[]): Promise<void> {
  const answer = await post(platform, '/v1/topics/flights/records', {
    records: values.map((value) => ({ partition, value })),
  });
  expect(answer.status).toBe(200);
}

describe('POST /v1/groups/{group}/consume', () => {
  it('joins, reads, commits with the next call, and goes on where that was', async () => {
    const platform = await platformWithFlights(2);
    await produce(platform, 0, ['a', 'b']);
    await produce(platform, 1, ['c']);
    const joined = await post(platform, '/v1/groups/g/consume', { topics: ['flights'] });
    expect(joined).toMatchObject({
      status: 200,
      body: { member_id: 'member-1', member_epoch: 1, assignment: { flights: [0, 1] } },
    });
    const values = (joined.body.records as Json[]).map(({ topic, partition, offset, value }) => [
      topic,
      partition,
      offset,
      value,
    ]);
    expect(values.sort()).toEqual([
      ['flights', 0, 0, 'a'],
      ['flights', 0, 1, 'b'],
      ['flights', 1, 0, 'c'],
    ]);
    expect(joined.body.positions).toEqual({ flights: { 0: 2, 1: 1 } });
    await produce(platform, 0, ['d']);
    const member = { member_id: 'member-1', member_epoch: 1, topics: ['flights'] };
    const next = { ...member, commit: joined.body.positions };
    const second = await post(platform, '/v1/groups/g/consume', next);
    expect((second.body.records as Json[]).map(({ value }) => value)).toEqual(['d']);
    // The answer was lost: the same call brings the same records.
    const again = await post(platform, '/v1/groups/g/consume', next);
    expect(again.body).toEqual(second.body);
  });
});
