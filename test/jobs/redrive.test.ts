import { beforeEach, describe, expect, it } from 'vitest';
import type { JobJson, RedrivenJson } from '../../src/contracts/jobs.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

let platform: MemoryPlatform;

async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await platform.api.request(path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(answer.status, await answer.clone().text()).toBeLessThan(300);
  return (await answer.json()) as Answer;
}

/** Has workers of a group reject the next records of `orders`, and their letters written. */
async function reject(group: string, count: number): Promise<void> {
  type Acquired = { records: { partition: number; offset: number; lock_id: string }[] };
  const { records } = await call<Acquired>('POST', `/v1/share-groups/${group}/acquire`, {
    topics: ['orders'],
    max_records: count,
    wait_ms: 0,
  });
  expect(records).toHaveLength(count);
  const acknowledgements = records.map(({ partition, offset, lock_id }) => ({
    topic: 'orders',
    partition,
    from: offset,
    lock_id,
    type: 'reject',
  }));
  await call('POST', `/v1/share-groups/${group}/acknowledge`, { acknowledgements });
  await run();
}

async function run(): Promise<void> {
  for (let second = 0; second < 5; second += 1) {
    await platform.runAlarms();
    platform.nowMs += 1_000;
  }
}

const send = (values: readonly number[]) =>
  call('POST', '/v1/topics/orders/records', { records: values.map((value) => ({ key: `key-${value}`, value })) });

type Records = { records: { key: string; value: number; headers: unknown[] }[] };

const values = async () =>
  (await call<Records>('GET', '/v1/topics/orders/partitions/0/records?offset=0')).records.map(({ value }) => value);

async function redrive(body: object): Promise<JobJson> {
  const { job_id } = await call<JobJson>('POST', '/v1/jobs', { kind: 'redrive', ...body });
  await run();
  return call<JobJson>('GET', `/v1/jobs/${job_id}`);
}

const redriven = () => call<RedrivenJson>('GET', '/v1/share-groups/workers/redriven');

beforeEach(async () => {
  platform = new MemoryPlatform();
  for (const name of ['orders', 'letters']) await call('POST', '/v1/topics', { name, partitions: 1 });
  for (const group of ['workers', 'others']) {
    await call('POST', '/v1/share-groups', { group, start: 'earliest', dead_letter_topic: 'letters' });
  }
  await send([0, 1, 2, 3]);
});

describe('dead letters', () => {
  it('go back to where they came from, as they were, and once', async () => {
    await reject('others', 1);
    await reject('workers', 3);
    expect(await redrive({ group: 'workers' })).toMatchObject({
      state: 'done',
      source: 'letters',
      group: 'workers',
      read: 4,
      written: 3,
      passed_over: 1,
    });
    expect(await values()).toEqual([0, 1, 2, 3, 0, 1, 2]);
    const { records } = await call<Records>('GET', '/v1/topics/orders/partitions/0/records?offset=4');
    expect(records[0]).toMatchObject({ key: 'key-0', headers: [] });
    expect(await redriven()).toEqual({
      dead_letter_topic: 'letters',
      partitions: [{ partition: 0, next: 4 }],
      letters: [],
    });
    expect(await redrive({ group: 'workers' })).toMatchObject({ state: 'done', offsets: 0, written: 0 });
  });

  it('go back one by one, and not again with the others', async () => {
    await reject('workers', 3);
    const one = await redrive({ group: 'workers', letter: { partition: 0, offset: 1 } });
    expect(one).toMatchObject({ state: 'done', written: 1, offsets: 1 });
    expect(await values()).toEqual([0, 1, 2, 3, 1]);
    expect(await redriven()).toMatchObject({ partitions: [], letters: [{ partition: 0, offset: 1 }] });
    expect(await redrive({ group: 'workers' })).toMatchObject({ written: 2, passed_over: 1 });
    expect(await values()).toEqual([0, 1, 2, 3, 1, 0, 2]);
    expect(await redriven()).toMatchObject({ partitions: [{ partition: 0, next: 3 }], letters: [] });
  });

  it('of one group go back by one job at a time', async () => {
    await reject('workers', 1);
    await call('POST', '/v1/jobs', { kind: 'redrive', group: 'workers' });
    const second = await platform.api.request('/v1/jobs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'redrive', group: 'workers' }),
    });
    expect(second.status).toBe(409);
    expect(await second.json()).toMatchObject({ code: 'ILLEGAL_STATE' });
  });

  it('are planned without being sent', async () => {
    await reject('workers', 2);
    expect(await call('POST', '/v1/jobs', { kind: 'redrive', group: 'workers', dry_run: true })).toEqual({
      dry_run: true,
      source: 'letters',
      target: null,
      partitions: [{ partition: 0, from: 0, to: 2 }],
      offsets: 2,
    });
    expect(await call('GET', '/v1/jobs')).toEqual({ jobs: [] });
  });
});
