import { beforeEach, describe, expect, test } from 'vitest';
import type { BudgetJson } from '../../src/contracts/budget.ts';
import { ClosedPlatform, type Tenant } from '../support/closed-platform.ts';

describe('a budget', () => {
  let platform: ClosedPlatform;
  let acme: Tenant;
  let umbrella: Tenant;

  beforeEach(async () => {
    platform = new ClosedPlatform();
    acme = await platform.found('acme');
    umbrella = await platform.found('umbrella');
    for (const tenant of [acme, umbrella]) await ask(tenant, 'POST', '/v1/topics', { name: 'orders', partitions: 1 });
  });

  function ask({ ownerKey }: Tenant, method: string, path: string, body?: unknown, key = ownerKey): Promise<Response> {
    return platform.request(path, { method, credential: key, ...(body === undefined ? {} : { body }) });
  }

  const produce = (tenant: Tenant, key?: string) =>
    ask(tenant, 'POST', '/v1/topics/orders/records', { records: [{ value: 'x'.repeat(500) }] }, key);

  const read = (tenant: Tenant, key?: string) =>
    ask(tenant, 'GET', '/v1/topics/orders/partitions/0/records?offset=earliest', undefined, key);

  async function alter(change: Partial<BudgetJson>): Promise<BudgetJson> {
    const altered = await ask(acme, 'PATCH', '/v1/budget', change);
    expect(altered.status).toBe(200);
    return (await altered.json()) as BudgetJson;
  }

  /** Has the partition tell what it counted, and edges ask again for what they remember of keys. */
  async function settle(): Promise<void> {
    acme.world.nowMs = platform.nowMs;
    await ask(acme, 'POST', '/v1/topics/orders/maintenance');
    for (let round = 0; round < 2; round += 1) {
      platform.nowMs += 5_000;
      acme.world.nowMs = platform.nowMs;
      await ask(acme, 'GET', '/v1/organization');
    }
  }

  test('in bytes is used up by reading too', async () => {
    await produce(acme);
    await alter({ monthly_bytes: 5_000 });
    await settle();
    for (let count = 0; count < 10; count += 1) expect((await read(acme)).status).toBe(200);
    await platform.tellUsage();
    await settle();
    expect((await read(acme)).status).toBe(429);
    expect(await (await ask(acme, 'GET', '/v1/budget')).json()).toMatchObject({ state: 'stopped' });
  });

  test('that is used up stops writing and reading with the way out, and nothing else', async () => {
    const reader = await platform.key(acme, ['consume:topic:orders', 'describe:topic:orders']);
    expect((await produce(acme)).status).toBe(200);
    expect((await read(acme, reader)).status).toBe(200);
    expect((await alter({ monthly_bytes: 100 })).state).toBe('within');
    await settle();
    for (const refused of [await produce(acme), await read(acme), await read(acme, reader)]) {
      expect(refused.status).toBe(429);
      const problem = (await refused.json()) as { code: string; detail: string; retriable: boolean };
      expect(problem).toMatchObject({ code: 'BUDGET_EXCEEDED', retriable: false });
      expect(problem.detail).toContain('PATCH /v1/budget');
    }
    const rest = await ask(acme, 'POST', '/rest-proxy/topics/orders', { records: [{ value: 'eA==' }] });
    expect([rest.status, ((await rest.json()) as { error_code: number }).error_code]).toEqual([429, 429]);
    expect((await ask(acme, 'GET', '/v1/topics/orders')).status).toBe(200);
    expect((await ask(acme, 'PATCH', '/v1/topics/orders', { config: { 'retention.ms': 1_000_000 } })).status).toBe(200);
    expect(await (await ask(acme, 'GET', '/v1/budget')).json()).toMatchObject({ state: 'stopped' });
    // Of another organization's budget nobody else takes notice.
    expect((await produce(umbrella)).status).toBe(200);
  });

  test('that is raised lets everything go on, and what was stored is untouched', async () => {
    await produce(acme);
    await alter({ monthly_bytes: 100 });
    await settle();
    expect((await produce(acme)).status).toBe(429);
    expect((await alter({ monthly_bytes: 1_000_000 })).state).toBe('within');
    await settle();
    expect((await produce(acme)).status).toBe(200);
    const stored = (await (await read(acme)).json()) as { records: { offset: number }[] };
    expect(stored.records.map(({ offset }) => offset)).toEqual([0, 1]);
  });

  test('holds for what was used already, and is over with the month', async () => {
    await produce(acme);
    await settle();
    expect((await alter({ monthly_dollars: 0 })).state).toBe('stopped');
    await settle();
    expect((await read(acme)).status).toBe(429);
    expect((await alter({ monthly_dollars: null, monthly_bytes: 100 })).state).toBe('stopped');
    platform.nowMs += 31 * 24 * 3_600_000;
    await settle();
    expect((await read(acme)).status).toBe(200);
    expect(await (await ask(acme, 'GET', '/v1/budget')).json()).toMatchObject({ state: 'within', spent_bytes: 0 });
  });

  test('warns before it is used up: in the audit log, and in every answer', async () => {
    await produce(acme);
    await settle();
    const { spent_bytes, forecast_bytes } = (await (await ask(acme, 'GET', '/v1/budget')).json()) as BudgetJson;
    expect(spent_bytes).toBeGreaterThan(500);
    expect(forecast_bytes).toBeGreaterThan(spent_bytes);
    expect((await alter({ monthly_bytes: Math.floor(spent_bytes / 0.9) })).state).toBe('warned');
    await settle();
    const answered = await read(acme);
    expect(answered.status).toBe(200);
    expect(answered.headers.get('millrace-budget')).toBe('warned; used=90%');
    const { entries } = (await (await ask(acme, 'GET', '/v1/audit')).json()) as { entries: { action: string }[] };
    expect(entries.map(({ action }) => action)).toEqual(expect.arrayContaining(['budget.alter', 'budget.warned']));
  });
});
