import { beforeEach, describe, expect, it } from 'vitest';
import {
  type ActivityJson,
  activitySchema,
  lagHistorySchema,
  type ThroughputHistoryJson,
  throughputHistorySchema,
} from '../../../src/contracts/history.ts';
import { HistorySweep } from '../../../src/gateway/history-sweep.ts';
import { ClosedPlatform } from '../../support/closed-platform.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';

const minuteMs = 60_000;

let platform: MemoryPlatform;

beforeEach(async () => {
  platform = new MemoryPlatform();
  await send('POST', '/v1/topics', { name: 'orders', partitions: 2 });
});

async function send(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const headers = { 'content-type': 'application/json' };
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  const answer = await platform.api.request(path, init);
  return { status: answer.status, body: await answer.json() };
}

/** Writes, and has the partitions tell the cluster at once. */
async function produce(values: readonly unknown[], partition = 0): Promise<void> {
  const records = values.map((value) => ({ value, partition }));
  expect((await send('POST', '/v1/topics/orders/records', { records })).status).toBe(200);
  expect((await send('POST', '/v1/maintenance')).status).toBe(200);
}

async function throughput(path: string): Promise<ThroughputHistoryJson> {
  return throughputHistorySchema.parse((await send('GET', path)).body);
}

const activity = async (): Promise<ActivityJson> => activitySchema.parse((await send('GET', '/v1/activity')).body);

async function sweep(): Promise<void> {
  const { catalog, cluster, groups } = platform.services;
  const swept = await new HistorySweep({ catalog, cluster, groups }).sweep();
  expect(swept).toEqual({ ok: true, value: { woken: 0, failures: [] } });
}

const sumOf = ({ points }: ThroughputHistoryJson) => points.reduce((sum, { records_in }) => sum + records_in, 0);

describe('the history of topics', () => {
  it('has every record once, before and after the sweep, of the topic and of the cluster', async () => {
    await produce(['a', 'b', 'c']);
    await produce(['d'], 1);
    platform.nowMs += 2 * minuteMs;
    await produce(['e', 'f']);
    for (let round = 0; round < 3; round += 1) {
      const topic = await throughput('/v1/topics/orders/history');
      expect(topic.points.filter(({ records_in }) => records_in > 0).map(({ records_in }) => records_in)).toEqual([
        4, 2,
      ]);
      expect(topic.points.at(-1)?.local_bytes).toBeGreaterThan(200);
      expect(await throughput('/v1/history')).toMatchObject({ step_ms: minuteMs, points: topic.points });
      await sweep();
    }
    const read = await send('GET', '/v1/topics/orders/partitions/0/records');
    expect(read.status).toBe(200);
    const { points } = await throughput('/v1/topics/orders/history');
    const bytes = points.reduce((sum, { bytes_in }) => sum + bytes_in, 0);
    expect(bytes).toBe(points.at(-1)?.local_bytes);
  });

  it('is given in steps, as wide as the time that is asked for needs', async () => {
    await produce(['a']);
    platform.nowMs += 3 * minuteMs;
    await produce(['b']);
    const to = platform.nowMs + 1;
    const day = 24 * 60 * minuteMs;
    const stepOf = async (from: number) => (await throughput(`/v1/history?from=${from}&to=${to}`)).step_ms;
    expect(await stepOf(to - day / 24)).toBe(minuteMs);
    expect(await stepOf(to - day / 2)).toBe(5 * minuteMs);
    expect(await stepOf(to - 7 * day)).toBe(60 * minuteMs);
    expect(await stepOf(to - 300 * day)).toBe(day);
    const wide = await throughput(`/v1/history?from=${to - day}&to=${to}&step_ms=${day}`);
    expect(sumOf(wide)).toBe(2);
    expect(wide.points.length).toBeLessThanOrEqual(2);
    const none = await throughput(`/v1/history?from=${to - 3 * day}&to=${to - 2 * day}`);
    expect(none.points).toEqual([]);
  });

  it.each([
    ['from=2&to=1', 'is a later time'],
    ['step_ms=1000', 'must be one of 60000'],
    ['from=0&step_ms=60000', 'more than 1500 points'],
    ['from=yesterday', 'must be an integer'],
    ['series=lag', 'There is no query parameter'],
  ])('refuses %s', async (query, reason) => {
    const answer = await send('GET', `/v1/topics/orders/history?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    expect(JSON.stringify(answer.body)).toContain(reason);
  });

  it('is of topics and groups that are there', async () => {
    expect((await send('GET', '/v1/topics/none/history')).body).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    expect((await send('GET', '/v1/groups/none/history')).body).toMatchObject({ code: 'GROUP_ID_NOT_FOUND' });
  });
});

describe('the history of groups', () => {
  it('has what the sweep measured: records and time behind, and nothing where nothing was committed', async () => {
    await produce(['a', 'b', 'c', 'd']);
    const commit = (offset: number) =>
      send('POST', '/v1/groups/billing/offsets', { offsets: { orders: { 0: offset } } });
    expect((await commit(1)).status).toBe(200);
    platform.nowMs += 5 * minuteMs;
    await sweep();
    expect((await commit(3)).status).toBe(200);
    platform.nowMs += 60 * minuteMs;
    await sweep();
    const { points } = lagHistorySchema.parse(
      (await send('GET', `/v1/groups/billing/history?from=${platform.nowMs - 120 * minuteMs}`)).body,
    );
    expect(points.map(({ lag, lag_ms }) => [lag, lag_ms])).toEqual([
      [3, 5 * minuteMs],
      [1, 65 * minuteMs],
    ]);
    expect((await activity()).groups).toEqual([
      { group: 'billing', lag: 1, lag_ms: 65 * minuteMs, measured_at: platform.nowMs },
    ]);
  });
});

describe('what goes on', () => {
  it('has rates while records come, and none afterwards', async () => {
    await produce(['a', 'b', 'c', 'd', 'e', 'f']);
    expect((await activity()).topics).toMatchObject([{ topic: 'orders' }]);
    expect((await activity()).topics[0]?.records_per_second).toBeGreaterThan(0);
    platform.nowMs += 10 * minuteMs;
    expect((await activity()).topics).toMatchObject([{ topic: 'orders', records_per_second: 0 }]);
  });

  it('shows a key only what it may DESCRIBE', async () => {
    const closed = new ClosedPlatform();
    const acme = await closed.found('acme');
    const request = async (method: string, path: string, body?: unknown, credential = acme.ownerKey) => {
      const answer = await closed.request(path, { method, credential, ...(body === undefined ? {} : { body }) });
      expect(answer.status, await answer.clone().text()).toBeLessThan(300);
      return answer;
    };
    for (const name of ['orders', 'secrets']) {
      await request('POST', '/v1/topics', { name, partitions: 1 });
      await request('POST', `/v1/topics/${name}/records`, { records: [{ value: 1 }] });
      await request('POST', `/v1/topics/${name}/maintenance`);
    }
    const reader = await closed.key(acme, ['consume:topic:orders']);
    const topicsFor = async (credential: string) =>
      activitySchema
        .parse(await (await request('GET', '/v1/activity', undefined, credential)).json())
        .topics.map(({ topic }) => topic);
    expect(await topicsFor(reader)).toEqual(['orders']);
    expect((await topicsFor(acme.ownerKey)).toSorted()).toEqual(['orders', 'secrets']);
  });
});
