import { beforeEach, describe, expect, test } from 'vitest';
import type { SqlStore } from '../../src/platform/sql-store.ts';
import { ClosedPlatform, operatorKeyText, type Tenant } from '../support/closed-platform.ts';

const refusedCount = 100;

/** Something that bounds acme, and a request that is refused by it once others like it came before. */
type Bound = {
  readonly name: string;
  readonly set: { readonly path: string; readonly body: object; readonly asOperator?: true };
  readonly refused: { readonly method: string; readonly path: string; readonly body?: object };
  readonly code: string;
};

const produce = { method: 'POST', path: '/v1/topics/orders/records', body: { records: [{ value: 'x'.repeat(500) }] } };
const read = { method: 'GET', path: '/v1/topics/orders/partitions/0/records?offset=earliest' };
const list = { method: 'GET', path: '/v1/topics' };

const quota = (entity: object) => ({ path: '/v1/quotas', body: { quotas: [entity] } });
const organization = { entity_type: 'organization' };
const topic = { entity_type: 'topic', entity_name: 'orders' };
const throttled = 'THROTTLING_QUOTA_EXCEEDED';

const bounds: readonly Bound[] = [
  { name: 'requests', set: quota({ ...organization, requests_per_second: 5 }), refused: list, code: throttled },
  { name: "requests of a topic's", set: quota({ ...topic, requests_per_second: 5 }), refused: read, code: throttled },
  {
    name: 'produced bytes',
    set: quota({ ...organization, produce_bytes_per_second: 100 }),
    refused: produce,
    code: throttled,
  },
  {
    name: "a topic's produced bytes",
    set: quota({ ...topic, produce_bytes_per_second: 100 }),
    refused: produce,
    code: throttled,
  },
  {
    name: 'fetched bytes',
    set: quota({ ...organization, fetch_bytes_per_second: 100 }),
    refused: read,
    code: throttled,
  },
  {
    name: 'requests, by the operator',
    set: { path: '/v1/organizations/acme/quotas', body: { requests_per_second: 5 }, asOperator: true },
    refused: list,
    code: throttled,
  },
  {
    name: 'stored bytes',
    set: quota({ ...organization, caps: { storage_bytes: 10 } }),
    refused: produce,
    code: 'STORAGE_QUOTA_EXCEEDED',
  },
  {
    name: 'the budget',
    set: { path: '/v1/budget', body: { monthly_bytes: 10 } },
    refused: read,
    code: 'BUDGET_EXCEEDED',
  },
];

/** Rows that were inserted, changed or deleted since the database was opened. */
const changedRows = (sql: SqlStore): number =>
  sql.query<{ changes: number }>('SELECT total_changes() AS changes')[0]!.changes;

describe('a request that is refused by a bound', () => {
  let platform: ClosedPlatform;
  let acme: Tenant;

  beforeEach(async () => {
    platform = new ClosedPlatform();
    acme = await platform.found('acme');
    await send({ method: 'POST', path: '/v1/topics', body: { name: 'orders', partitions: 1 } });
    expect((await send(produce)).status).toBe(200);
  });

  const send = ({ path, ...request }: Bound['refused'], credential = acme.ownerKey): Promise<Response> =>
    platform.request(path, { ...request, credential });

  /** Partitions tell what they keep, and edges ask again for what they remember of keys. */
  async function settle(): Promise<void> {
    await send({ method: 'POST', path: '/v1/topics/orders/maintenance' });
    for (let round = 0; round < 2; round += 1) {
      platform.nowMs += 5_000;
      acme.world.nowMs = platform.nowMs;
      await send({ method: 'GET', path: '/v1/organization' });
    }
  }

  async function untilRefused(request: Bound['refused']): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      const answer = await send(request);
      await answer.arrayBuffer();
      if (answer.status === 429) return;
    }
    throw new Error('nothing was refused');
  }

  test.each(bounds)('on $name calls no object and writes no row', async ({ set, refused, code }) => {
    const body = { method: 'PATCH', path: set.path, body: set.body };
    const isSet = await send(body, set.asOperator === true ? operatorKeyText : acme.ownerKey);
    expect(isSet.status).toBe(200);
    await settle();
    await untilRefused(refused);
    const { organizationCalls, leaseCalls, admissions } = platform;
    const rows = changedRows(acme.world.sql);
    for (let count = 0; count < refusedCount; count += 1) {
      const answer = await send(refused);
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([429, code]);
    }
    expect({
      organization: platform.organizationCalls - organizationCalls,
      leases: platform.leaseCalls - leaseCalls,
      others: platform.admissions - admissions,
      rows: changedRows(acme.world.sql) - rows,
    }).toEqual({ organization: 0, leases: 0, others: 0, rows: 0 });
  });

  test.each([
    ['topics', { topics: 1 }, { method: 'POST', path: '/v1/topics', body: { name: 'another' } }],
    ['partitions', { partitions: 1 }, { method: 'PATCH', path: '/v1/topics/orders', body: { partitions: 2 } }],
    ['keys', { keys: 1 }, { method: 'POST', path: '/v1/keys', body: { name: 'another', role: 'viewer' } }],
  ] as const)('on how many %s there may be writes nothing where they are counted', async (kind, caps, refused) => {
    await send({ method: 'PATCH', ...quota({ ...organization, caps }) });
    await acme.cluster.catalog.found(acme.cluster.services.cluster, caps);
    await settle();
    expect((await send(refused)).status).toBe(429);
    const rowsOf = () => [changedRows(acme.cluster.catalogStore), changedRows(acme.world.sql) - attempts()];
    const attempts = () => acme.world.sql.query("SELECT 1 FROM audit_entry WHERE outcome = 'attempted'").length;
    const [before, attemptsBefore] = [rowsOf(), attempts()];
    for (let count = 0; count < 10; count += 1) expect((await send(refused)).status).toBe(429);
    expect(rowsOf()).toEqual(before);
    // Whoever would change a cluster is in the audit log before it is asked.
    expect(attempts() - attemptsBefore).toBe(kind === 'keys' ? 0 : 10);
  });
});
