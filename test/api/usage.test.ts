import { beforeEach, describe, expect, test } from 'vitest';
import type { UsageJson } from '../../src/contracts/usage.ts';
import { usageSchema } from '../../src/contracts/usage.ts';
import { ClosedPlatform, type Tenant } from '../support/closed-platform.ts';

describe('GET /v1/usage', () => {
  let platform: ClosedPlatform;
  let acme: Tenant;
  let umbrella: Tenant;

  beforeEach(async () => {
    platform = new ClosedPlatform();
    acme = await platform.found('acme');
    umbrella = await platform.found('umbrella');
    for (const tenant of [acme, umbrella]) await send(tenant, 'POST', '/v1/topics', { name: 'orders', partitions: 2 });
  });

  async function send({ ownerKey }: Tenant, method: string, path: string, body?: unknown, key = ownerKey) {
    const answer = await platform.request(path, { method, credential: key, ...(body === undefined ? {} : { body }) });
    expect(answer.status, await answer.clone().text()).toBeLessThan(300);
    return answer;
  }

  async function usage(tenant: Tenant, query = ''): Promise<UsageJson> {
    return usageSchema.parse(await (await send(tenant, 'GET', `/v1/usage${query}`)).json());
  }

  const produce = (tenant: Tenant, values: readonly string[], key?: string) =>
    send(tenant, 'POST', '/v1/topics/orders/records', { records: values.map((value) => ({ value })) }, key);

  const tell = (tenant: Tenant) => send(tenant, 'POST', '/v1/topics/orders/maintenance');

  test('has what each key wrote to each topic, of its own organization alone', async () => {
    const writer = await platform.key(acme, ['produce:topic:orders']);
    await produce(acme, ['a', 'b'], writer);
    await produce(acme, ['c']);
    await produce(umbrella, ['x', 'y', 'z', 'z']);
    for (const tenant of [acme, umbrella]) await tell(tenant);
    const byTopic = await usage(acme, '?by=topic');
    expect(byTopic.usage.map(({ name, records_in }) => [name, records_in])).toEqual([['orders', 3]]);
    expect(byTopic.total.bytes_in).toBeGreaterThan(2 * 61);
    const byKey = await usage(acme, '?by=key');
    const counts = Object.fromEntries(byKey.usage.map(({ name, records_in }) => [name, records_in]));
    expect(Object.values(counts).toSorted()).toEqual([0, 1, 2]);
    expect((await usage(umbrella)).total.records_in).toBe(4);
  });

  test('has what each key read of each topic, by whatever route, and its requests', async () => {
    const reader = await platform.key(acme, ['consume:topic:orders', 'consume:group:*']);
    await produce(acme, ['a', 'b', 'c']);
    const path = '/v1/topics/orders/partitions/';
    let records = 0;
    let bytes = 0;
    for (const partition of [0, 1]) {
      for (const accept of ['application/json', 'application/x-ndjson', 'application/vnd.millrace.batch']) {
        const read = await platform.request(`${path}${partition}/records?offset=earliest`, {
          credential: reader,
          headers: { accept },
        });
        const body = await read.arrayBuffer();
        if (Number(read.headers.get('millrace-high-watermark') ?? 1) === 0) continue;
        if (accept === 'application/json') {
          const shown = (JSON.parse(new TextDecoder().decode(body)) as { records: unknown[] }).records.length;
          if (shown === 0) continue;
          records += 3 * shown;
        }
        bytes += body.byteLength;
      }
    }
    await platform.request(`${path}0/records?offset=earliest`, { credential: reader, method: 'HEAD' });
    expect(records).toBe(9);
    expect((await usage(acme)).total).toMatchObject({ records_out: 0, bytes_out: 0, requests: 0 });
    await platform.tellUsage();
    const byKey = await usage(acme, '?by=key');
    const readers = byKey.usage.filter(({ records_out }) => records_out > 0);
    expect(readers).toHaveLength(1);
    expect(readers[0]).toMatchObject({
      records_out: records,
      bytes_out: bytes,
      requests: 7,
    });
    expect((await usage(acme, '?by=topic')).usage.find(({ name }) => name === 'orders')).toMatchObject({
      records_out: records,
      bytes_out: bytes,
    });
    expect((await usage(umbrella)).total.records_out).toBe(0);
  });

  test('has what a search found, and nothing of what it went past', async () => {
    await produce(acme, ['a', 'é', 'c']);
    const found = await send(acme, 'GET', '/v1/topics/orders/search?where=value%20%3D%3D%20%22%C3%A9%22');
    const body = await found.arrayBuffer();
    expect(JSON.parse(new TextDecoder().decode(body))).toMatchObject({ records: [{ value: 'é' }] });
    await send(acme, 'GET', '/v1/topics/orders/search?where=value%20%3D%3D%20%22z%22');
    await platform.tellUsage();
    expect((await usage(acme)).total).toMatchObject({ records_out: 1, bytes_out: body.byteLength });
  });

  test('has what a group read, topic by topic', async () => {
    await send(acme, 'POST', '/v1/topics', { name: 'memos' });
    await produce(acme, ['a', 'b']);
    await send(acme, 'POST', '/v1/topics/memos/records', { records: [{ value: 'x' }] });
    const body = { topics: ['orders', 'memos'], from: 'earliest', wait_ms: 0 };
    let bytes = 0;
    let member: { member_id?: string; member_epoch?: number; positions?: unknown } = {};
    let records = 0;
    for (let round = 0; round < 3; round += 1) {
      const { member_id, member_epoch } = member;
      const joined = member_id === undefined ? body : { member_id, member_epoch, wait_ms: 0 };
      const answer = await send(acme, 'POST', '/v1/groups/crew/consume', joined);
      const text = await answer.text();
      const consumed = JSON.parse(text) as { records: unknown[]; member_id: string; member_epoch: number };
      if (consumed.records.length > 0) bytes += new TextEncoder().encode(text).length;
      records += consumed.records.length;
      member = consumed;
      if (records > 0) break;
    }
    await platform.tellUsage();
    const rows = (await usage(acme, '?by=topic')).usage;
    const out = Object.fromEntries(rows.map(({ name, records_out }) => [name, records_out]));
    expect(out).toMatchObject({ memos: 1, orders: 2 });
    expect(rows.reduce((sum, { bytes_out }) => sum + bytes_out, 0)).toBe(bytes);
  });

  test('is told to Prometheus, topic by topic', async () => {
    await produce(acme, ['a', 'b']);
    await send(acme, 'GET', '/v1/topics/orders/partitions/0/records?offset=earliest');
    await send(acme, 'GET', '/v1/topics/orders/partitions/1/records?offset=earliest');
    await tell(acme);
    await platform.tellUsage();
    const answer = await send(acme, 'GET', '/v1/usage/metrics');
    expect(answer.headers.get('content-type')).toContain('version=0.0.4');
    const lines = (await answer.text()).split('\n');
    expect(lines).toContain('millrace_usage_records_in_total{topic="orders"} 2');
    expect(lines).toContain('millrace_usage_records_out_total{topic="orders"} 2');
    expect(lines.filter((line) => line.startsWith('# TYPE'))).toHaveLength(8);
    const others = await (await send(umbrella, 'GET', '/v1/usage/metrics')).text();
    expect(others).not.toContain('records_out_total{topic="orders"} 2');
  });

  test('is of the month until today, unless other days are asked for', async () => {
    await produce(acme, ['a']);
    await tell(acme);
    const today = new Date(platform.nowMs).toISOString().slice(0, 10);
    const read = await usage(acme);
    expect(read).toMatchObject({ from: `${today.slice(0, 8)}01`, to: today, by: 'day', next_cursor: null });
    expect(read.usage.map(({ name }) => name)).toEqual([today]);
    expect(read.month.month).toBe(today.slice(0, 7));
    expect(read.month.dollars).toBeGreaterThan(0);
    expect(read.month.forecast_dollars).toBeGreaterThan(read.month.dollars);
    expect((await usage(acme, '?from=2020-01-01&to=2020-12-31')).usage).toEqual([]);
    expect((await usage(acme, '?cluster=elsewhere')).total.records_in).toBe(0);
  });

  test('comes in pages, and says what is wrong with a question', async () => {
    await send(acme, 'POST', '/v1/topics', { name: 'memos', partitions: 1 });
    await produce(acme, ['a']);
    await send(acme, 'POST', '/v1/topics/memos/records', { records: [{ value: 'm' }] });
    await tell(acme);
    await send(acme, 'POST', '/v1/topics/memos/maintenance');
    const first = await usage(acme, '?by=topic&limit=1');
    expect(first.usage.map(({ name }) => name)).toEqual(['memos']);
    const second = await usage(acme, `?by=topic&limit=1&cursor=${first.next_cursor}`);
    expect(second.usage.map(({ name }) => name)).toEqual(['orders']);
    expect(second).toMatchObject({ next_cursor: null, total: first.total });
    for (const query of ['?from=2026-02-30', '?from=2026-11-02&to=2026-11-01', '?by=hour', '?limit=0']) {
      const answer = await platform.request(`/v1/usage${query}`, { credential: acme.ownerKey });
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, 'INVALID_REQUEST']);
    }
  });
});
