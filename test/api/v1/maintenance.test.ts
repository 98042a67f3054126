import { beforeEach, describe, expect, it } from 'vitest';
import type { MaintenanceJson } from '../../../src/contracts/maintenance.ts';
import { sweepReporting } from '../../../src/gateway/upkeep.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';

let platform: MemoryPlatform;

beforeEach(() => {
  platform = new MemoryPlatform();
});

const day = 24 * 60 * 60 * 1000;

async function call<Body>(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
  const answer = await platform.api.request(path, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Body };
}

type Problem = { readonly code: string; readonly context?: Record<string, unknown> };

async function topicWith(partitions: number, config: Record<string, string> = {}, name = 'orders'): Promise<void> {
  expect((await call('POST', '/v1/topics', { name, partitions, config })).status).toBe(201);
}

async function produce(partition: number, count: number, topic = 'orders'): Promise<void> {
  const records = Array.from({ length: count }, (_, index) => ({ key: `key ${index}`, value: { index } }));
  const { status } = await call('POST', `/v1/topics/${topic}/records?partition=${partition}`, { records });
  expect(status).toBe(200);
}

const deleteRecords = <Body>(before: number | string, partition: number | string = 0) =>
  call<Body>('DELETE', `/v1/topics/orders/partitions/${partition}/records?before=${before}`);

describe('DELETE /v1/topics/{topic}/partitions/{partition}/records', () => {
  it('moves the log start, and reads below it say so', async () => {
    await topicWith(2);
    await produce(0, 10);
    expect(await deleteRecords(4)).toEqual({ status: 200, body: { log_start_offset: 4 } });
    const read = await call<Problem>('GET', '/v1/topics/orders/partitions/0/records?offset=3');
    expect(read).toMatchObject({
      status: 416,
      body: { code: 'OFFSET_OUT_OF_RANGE', context: { log_start_offset: 4, high_watermark: 10 } },
    });
    const rest = await call<{ records: unknown[]; log_start_offset: number }>(
      'GET',
      '/v1/topics/orders/partitions/0/records',
    );
    expect(rest.body.records).toHaveLength(6);
    expect(rest.body.log_start_offset).toBe(4);
    expect(await deleteRecords(2)).toEqual({ status: 200, body: { log_start_offset: 4 } });
    expect(await deleteRecords('latest')).toEqual({ status: 200, body: { log_start_offset: 10 } });
  });

  it('refuses what cannot be deleted', async () => {
    await topicWith(1);
    await produce(0, 3);
    expect((await deleteRecords<Problem>(4)).body.code).toBe('OFFSET_OUT_OF_RANGE');
    expect((await deleteRecords<Problem>('earliest')).body.code).toBe('INVALID_REQUEST');
    expect((await deleteRecords<Problem>(1, 1)).body.code).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect((await deleteRecords<Problem>(1, 'x')).body.code).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    const missing = await call<Problem>('DELETE', '/v1/topics/orders/partitions/0/records');
    expect(missing.body.code).toBe('INVALID_REQUEST');
    await call('PATCH', '/v1/topics/orders', { config: { 'cleanup.policy': 'compact' } });
    await platform.runCatalogAlarm();
    expect(await deleteRecords<Problem>(1)).toMatchObject({ status: 403, body: { code: 'POLICY_VIOLATION' } });
  });
});

describe('POST /v1/maintenance', () => {
  const partitionsOf = ({ partitions }: MaintenanceJson) =>
    partitions.map(({ topic, partition }) => [topic, partition]);

  it('does what is due in the partitions of one topic, and says what is due next', async () => {
    await topicWith(3, { 'retention.ms': String(day) });
    await produce(0, 5);
    await produce(2, 5);
    const early = await call<MaintenanceJson>('POST', '/v1/topics/orders/maintenance');
    expect(partitionsOf(early.body)).toEqual([
      ['orders', 0],
      ['orders', 2],
    ]);
    const retention = early.body.partitions[0]?.jobs?.find(({ job }) => job === 'retention');
    expect(retention).toEqual({ job: 'retention', done: {}, next_due_at: platform.nowMs + day + 1, failure: null });
    platform.nowMs += 2 * day;
    const late = await call<MaintenanceJson>('POST', '/v1/topics/orders/maintenance');
    expect(late.body.partitions).toMatchObject([
      { partition: 0, log_start_offset: 5, high_watermark: 5, local_bytes: 0 },
      { partition: 2, log_start_offset: 5, high_watermark: 5, local_bytes: 0 },
    ]);
    expect(late.body.partitions[0]?.jobs?.find(({ job }) => job === 'retention')?.done).toMatchObject({
      dropped_segments: 1,
    });
    expect(late.body.next_cursor).toBeNull();
    expect((await call('POST', '/v1/topics/none/maintenance')).status).toBe(404);
  });

  it('goes through all topics, a bounded number of partitions a call', async () => {
    await topicWith(130, {}, 'many');
    await topicWith(1, {}, 'one');
    for (let partition = 0; partition < 130; partition += 1) await produce(partition, 1, 'many');
    await produce(0, 1, 'one');
    const first = await call<MaintenanceJson>('POST', '/v1/maintenance');
    expect(first.body.partitions).toHaveLength(100);
    const cursor = first.body.next_cursor ?? '';
    const second = await call<MaintenanceJson>('POST', `/v1/maintenance?cursor=${encodeURIComponent(cursor)}`);
    expect(second.body.partitions).toHaveLength(31);
    expect(second.body.next_cursor).toBeNull();
    const all = [...partitionsOf(first.body), ...partitionsOf(second.body)].map(
      ([topic, partition]) => `${topic} ${partition}`,
    );
    expect(new Set(all).size).toBe(131);
    expect((await call<Problem>('POST', '/v1/maintenance?cursor=nonsense')).body.code).toBe('INVALID_REQUEST');
  });
});

describe('the sweep', () => {
  it('finds what an alarm lost, and only that', async () => {
    await topicWith(2, { 'retention.ms': String(day / 2) });
    await produce(0, 5);
    await call('POST', '/v1/maintenance');
    const lines: object[] = [];
    const sweep = () => sweepReporting(platform.services.upkeep, (line) => lines.push(line));
    platform.nowMs += day / 2;
    await sweep();
    expect(lines).toEqual([]);
    platform.nowMs += 5 * 60_000;
    await sweep();
    expect(lines).toEqual([{ level: 'info', event: 'sweep', woken: 1, failures: [] }]);
    const described = await call<{ partition_reports: object[] }>('GET', '/v1/topics/orders');
    expect(described.body.partition_reports).toMatchObject([
      { partition: 0, log_start_offset: 5, next_maintenance_at: null },
    ]);
    await sweep();
    expect(lines).toHaveLength(1);
  });

  it('wakes a partition that was granted and never heard of, and each one once a day', async () => {
    await topicWith(1);
    await produce(0, 1);
    const wakes = async () => {
      const swept = await platform.services.upkeep.sweep();
      return swept.ok ? swept.value.woken : -1;
    };
    expect(await wakes()).toBe(0);
    platform.nowMs += 10 * 60_000;
    expect(await wakes()).toBe(1);
    expect(await wakes()).toBe(0);
    platform.nowMs += day - 60_000;
    expect(await wakes()).toBe(0);
    platform.nowMs += 3 * 60_000;
    expect(await wakes()).toBe(1);
  });

  it('logs a failure and never throws', async () => {
    const lines: object[] = [];
    const { upkeep } = platform.services;
    const broken = Object.assign(Object.create(upkeep), {
      sweep: () => Promise.reject(new Error('the cluster is away')),
    });
    await sweepReporting(broken, (line) => lines.push(line));
    expect(lines).toMatchObject([{ level: 'error', event: 'sweep-failed' }]);
  });
});
