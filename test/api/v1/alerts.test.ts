import { beforeEach, describe, expect, test } from 'vitest';
import {
  type AlertJson,
  alertHistorySchema,
  alertListSchema,
  alertSchema,
  issuedAlertSchema,
} from '../../../src/contracts/alerts.ts';
import { HistorySweep } from '../../../src/gateway/history-sweep.ts';
import { ClosedPlatform, type Tenant } from '../../support/closed-platform.ts';

const hook = 'https://hooks.example.com/secret-path';

const full = { name: 'Full', metric: 'stored_bytes', target: { type: 'cluster' }, threshold: 1, webhook_url: hook };

describe('alerts of an organization', () => {
  let platform: ClosedPlatform;
  let acme: Tenant;
  let viewer: string;

  beforeEach(async () => {
    platform = new ClosedPlatform();
    acme = await platform.found('acme');
    viewer = await platform.key(acme, 'viewer');
    for (const name of ['orders', 'payroll']) expect((await ask('POST', '/v1/topics', { name })).status).toBe(201);
  });

  function ask(method: string, path: string, body?: unknown, credential = acme.ownerKey): Promise<Response> {
    return platform.request(path, { method, credential, ...(body === undefined ? {} : { body }) });
  }

  async function create(change: object = {}) {
    const made = await ask('POST', '/v1/alerts', { ...full, ...change });
    expect(made.status, await made.clone().text()).toBe(201);
    return issuedAlertSchema.parse(await made.json());
  }

  const list = async (credential?: string): Promise<AlertJson[]> =>
    alertListSchema.parse(await (await ask('GET', '/v1/alerts', undefined, credential)).json()).alerts;

  test('are made by who may alter the cluster, and looked at by viewers, who see no address', async () => {
    const { alert_id, secret, ...made } = await create();
    expect(made).toMatchObject({
      state: 'ok',
      webhook_url: hook,
      condition: 'storage of the cluster above 1 B',
    });
    expect(await list(viewer)).toMatchObject([{ alert_id, webhook_url: null, webhook_host: 'hooks.example.com' }]);
    const seen = JSON.stringify([await list(), await list(viewer)]);
    expect(seen).not.toContain(secret);
    expect(JSON.stringify(await list(viewer))).not.toContain('secret-path');
    for (const [method, path, body] of [
      ['POST', '/v1/alerts', full],
      ['PATCH', `/v1/alerts/${alert_id}`, { muted_until: 1 }],
      ['POST', `/v1/alerts/${alert_id}/test`, undefined],
      ['POST', `/v1/alerts/${alert_id}/rotate-secret`, {}],
      ['DELETE', `/v1/alerts/${alert_id}`, undefined],
    ] as const) {
      expect((await ask(method, path, body, viewer)).status).toBe(403);
    }
  });

  test('are changed field by field, muted and deleted', async () => {
    const { alert_id } = await create({ for_ms: 60_000 });
    const path = `/v1/alerts/${alert_id}`;
    const altered = await ask('PATCH', path, { threshold: 5, muted_until: 9e12 });
    expect(alertSchema.parse(await altered.json())).toMatchObject({
      ...{ name: 'Full', metric: 'stored_bytes', threshold: 5, for_ms: 60_000, muted_until: 9e12 },
    });
    expect((await ask('PATCH', path, { metric: 'lag' })).status).toBe(400);
    expect((await ask('DELETE', path)).status).toBe(204);
    expect((await ask('GET', path)).status).toBe(404);
  });

  test('say nothing of topics to who may not see them', async () => {
    await ask('POST', '/v1/acls', {
      acls: [
        {
          ...{ principal: 'User:*', operation: 'DESCRIBE' },
          ...{ resource_type: 'TOPIC', resource_name: 'payroll', permission: 'DENY' },
        },
      ],
    });
    const silent = { metric: 'records_in_per_second', comparison: 'below', threshold: 1 };
    const payroll = await create({ ...silent, target: { type: 'topic', name: 'payroll' } });
    const all = await create({ ...silent, target: { type: 'topic', name: '', pattern: 'prefixed' } });
    await sweep();
    const [everything] = (await list()).filter(({ alert_id }) => alert_id === all.alert_id);
    expect(everything?.subjects.map(({ subject }) => subject)).toEqual(['orders', 'payroll']);
    platform.nowMs += 60_000;
    const seen = await list(viewer);
    expect(seen.map(({ alert_id }) => alert_id)).toEqual([all.alert_id]);
    expect(JSON.stringify(seen)).not.toContain('payroll');
    const path = `/v1/alerts/${payroll.alert_id}`;
    for (const one of [path, `${path}/history`]) expect((await ask('GET', one, undefined, viewer)).status).toBe(403);
    const past = await ask('GET', `/v1/alerts/${all.alert_id}/history`, undefined, viewer);
    expect(JSON.stringify(alertHistorySchema.parse(await past.json()))).not.toContain('payroll');
    const preview = { ...silent, target: { type: 'topic', name: 'payroll' } };
    expect((await ask('POST', '/v1/alerts/preview', preview, viewer)).status).toBe(403);
  });

  test('are in the audit log when they are made, changed, tested and deleted', async () => {
    const { alert_id } = await create();
    await ask('PATCH', `/v1/alerts/${alert_id}`, { threshold: 2 });
    await ask('POST', `/v1/alerts/${alert_id}/test`);
    await ask('POST', `/v1/alerts/${alert_id}/rotate-secret`, {});
    await ask('DELETE', `/v1/alerts/${alert_id}`);
    const { entries } = (await (await ask('GET', '/v1/audit?limit=50')).json()) as { entries: { action: string }[] };
    const actions = entries.map(({ action }) => action).filter((action) => action.startsWith('alerts.'));
    expect(actions.toSorted()).toEqual([
      ...['alerts.alter', 'alerts.create', 'alerts.delete', 'alerts.rotate_secret', 'alerts.test'],
    ]);
  });

  test('watch the budget of the organization, of which the sweep tells the cluster', async () => {
    const spent = { metric: 'budget_percent', target: { type: 'organization' }, threshold: 80 };
    const { alert_id } = await create(spent);
    await sweep();
    expect(await list()).toMatchObject([{ alert_id, state: 'ok', value: null }]);
    expect((await ask('PATCH', '/v1/budget', { monthly_dollars: 0 })).status).toBe(200);
    await sweep();
    expect(await list()).toMatchObject([{ alert_id, state: 'firing', value: 100, subjects: [{ subject: null }] }]);
  });

  async function sweep(): Promise<void> {
    const { catalog, cluster, groups } = acme.cluster.services;
    const budget = () => acme.world.organization.describeBudget('acme');
    const swept = await new HistorySweep({ catalog, cluster, groups, budget }).sweep();
    expect(swept).toEqual({ ok: true, value: { woken: 0, failures: [] } });
  }
});
