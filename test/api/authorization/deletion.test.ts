import { beforeEach, describe, expect, test } from 'vitest';
import type { NodeSqlStore } from '../../../src/platform/memory/node-sql-store.ts';
import { type ClosedInit, ClosedPlatform, type Tenant } from '../../support/closed-platform.ts';
import { expectOk } from '../../tenancy/organization-world.ts';

let platform: ClosedPlatform;
let acme: Tenant;
let umbrella: Tenant;

/** Has an organization's deletion reach the objects of its cluster, as the platform's own ports do. */
function connect({ world, cluster }: Tenant): void {
  world.clusterDeletion = {
    endCatalog: (ref) => cluster.catalog.end(ref),
    deleteGroup: (ref) => cluster.groupObjects.service(ref).deleteGroup(ref),
    deleteShareGroup: (ref) => cluster.shareObjects.group(ref).delete(ref),
    endJobs: (ref) => cluster.jobs.service.endJobs(ref),
    endTransaction: (ref) => cluster.transactionObjects.service(ref).end(ref),
  };
  world.restart();
}

/** Something of every kind that an organization can have. */
async function fill(tenant: Tenant): Promise<void> {
  const send = (path: string, body: unknown) =>
    platform.request(path, { method: 'POST', credential: tenant.ownerKey, body });
  const orgId = tenant.world.orgId;
  await send('/v1/topics', { name: 'orders', partitions: 2 });
  for (let value = 0; value < 20; value += 1) {
    expect((await send('/v1/topics/orders/records', { records: [{ key: String(value), value }] })).status).toBe(200);
  }
  await send('/v1/topics', { name: 'unused', partitions: 3 });
  expect((await send('/v1/groups/app/offsets', { offsets: { orders: { '0': 0 } } })).status).toBe(200);
  expect((await send('/v1/share-groups', { group: 'workers', start: 'earliest' })).status).toBe(201);
  expect((await send('/v1/share-groups/workers/acquire', { topics: ['orders'], wait_ms: 0 })).status).toBe(200);
  const producer = await send('/v1/transactions', { transactional_id: 'payments' });
  const { producer_id, producer_epoch } = (await producer.json()) as { producer_id: number; producer_epoch: number };
  const open = `/v1/transactions/payments/records?topic=orders&producer_id=${producer_id}&producer_epoch=${producer_epoch}`;
  expect((await send(open, { records: [{ value: 'open' }] })).status).toBe(200);
  const replay = { kind: 'replay', source: 'orders', target: 'unused' };
  expect((await send('/v1/jobs', replay)).status).toBe(201);
  const acl = { principal: 'User:*', operation: 'READ', resource_type: 'TOPIC', resource_name: 'orders' };
  expect((await send('/v1/acls', { acls: [acl] })).status).toBe(204);
  expect((await send('/v1/members', { email: 'ann@example.com', role: 'admin' })).status).toBe(201);
  const issuer = { issuer: 'https://login.example.com/', audience: orgId, keys_url: 'https://login.example.com/keys' };
  expect((await send('/v1/issuers', issuer)).status).toBe(200);
}

beforeEach(async () => {
  platform = new ClosedPlatform();
  acme = await platform.found('acme');
  umbrella = await platform.found('umbrella');
  for (const tenant of [acme, umbrella]) {
    connect(tenant);
    await fill(tenant);
  }
});

const ask = (tenant: Tenant, path: string, init: ClosedInit = {}) =>
  platform.request(path, { credential: tenant.ownerKey, ...init });

/** Lets time pass for the organization and for all objects of its cluster. */
async function pass({ world, cluster }: Tenant, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 30_000) {
    platform.nowMs += 30_000;
    world.nowMs = platform.nowMs;
    cluster.nowMs = platform.nowMs;
    if (world.alarm.atMs !== null && world.alarm.atMs <= world.nowMs) {
      world.alarm.take();
      await world.organization.runAlarm();
    }
    await cluster.runAlarms();
  }
}

const tablesOf = (store: NodeSqlStore) =>
  store.query<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => name);

/** Names of all that is left of a cluster, but for its tombstone. */
function leftOf({ cluster }: Tenant): string[] {
  const { partitionStores, groupObjects, shareObjects, transactionObjects, jobs, catalogStore } = cluster;
  const objects = [
    ...partitionStores,
    ...groupObjects.stores,
    ...shareObjects.stores,
    ...transactionObjects.stores,
    jobs.sql,
  ];
  const rows = tablesOf(catalogStore)
    .filter((name) => name !== 'schema_version' && name !== 'cluster')
    .filter((name) => catalogStore.query(`SELECT 1 FROM ${name} LIMIT 1`).length > 0);
  return [...objects.flatMap(tablesOf), ...rows];
}

describe('an organization that is deleted', () => {
  test('opens nothing from then on, and leaves nothing but a row for each cluster', async () => {
    expect((await ask(acme, '/v1/organization', { method: 'DELETE' })).status).toBe(400);
    expect((await ask(acme, '/v1/organization?confirm=umbrella', { method: 'DELETE' })).status).toBe(400);
    expect(leftOf(acme)).not.toEqual([]);
    expect((await ask(acme, '/v1/organization?confirm=acme', { method: 'DELETE' })).status).toBe(202);
    platform.nowMs += 5_000;
    for (const path of ['/v1/topics', '/v1/organization', '/v1/topics/orders/partitions/0/records']) {
      expect([path, (await ask(acme, path)).status]).toEqual([path, 401]);
    }
    await pass(acme, 90_000);
    acme.world.restart();
    await acme.world.organization.resume();
    await pass(acme, 3 * 3_600_000);
    expect(leftOf(acme)).toEqual([]);
    expect(tablesOf(acme.world.sql)).toEqual([]);
    expect(acme.cluster.catalogStore.query('SELECT cluster_id FROM cluster')).toEqual([{ cluster_id: 'acme1' }]);
    const { organizations } = expectOk(await acme.world.directory.list({ after: null, limit: 10 }));
    expect(organizations).toEqual([]);
    expect(expectOk(await acme.world.directory.findIssuer('https://login.example.com/', ['acme']))).toBeNull();
    expect((await ask(acme, '/v1/topics')).status).toBe(401);

    const records = await ask(umbrella, '/v1/topics/orders/partitions/0/records?offset=earliest');
    expect([records.status, (await ask(umbrella, '/v1/groups/app')).status]).toEqual([200, 200]);
  });

  test('is gone in the end whatever fails meanwhile', async () => {
    acme.world.areOthersAway = true;
    expect((await ask(acme, '/v1/organization?confirm=acme', { method: 'DELETE' })).status).toBe(202);
    const { clusterDeletion } = acme.world;
    let calls = 0;
    const broken =
      <Args extends unknown[], Answer>(verb: (...args: Args) => Promise<Answer>) =>
      (...args: Args) => {
        calls += 1;
        if (calls % 3 === 0) throw new Error('Network connection lost.');
        return verb(...args);
      };
    acme.world.clusterDeletion = {
      endCatalog: broken(clusterDeletion.endCatalog),
      deleteGroup: broken(clusterDeletion.deleteGroup),
      deleteShareGroup: broken(clusterDeletion.deleteShareGroup),
      endJobs: broken(clusterDeletion.endJobs),
      endTransaction: broken(clusterDeletion.endTransaction),
    };
    for (let life = 0; life < 20; life += 1) {
      acme.world.areOthersAway = life < 10;
      acme.world.restart();
      await acme.world.organization.resume();
      await pass(acme, 600_000);
    }
    await pass(acme, 3_600_000);
    expect([leftOf(acme), tablesOf(acme.world.sql)]).toEqual([[], []]);
  });
});

describe('a cluster that is deleted', () => {
  test('goes with its keys and ACLs, and says what is left; not with a credential of its own', async () => {
    const own = await ask(acme, '/v1/clusters/acme1', { method: 'DELETE' });
    expect([own.status, await own.json()]).toMatchObject([409, { code: 'ILLEGAL_STATE' }]);
    // Clusters that were made at the same time have no oldest among them.
    platform.nowMs += 1;
    acme.world.nowMs = platform.nowMs;
    const created = await ask(acme, '/v1/clusters', { method: 'POST', body: { name: 'staging' } });
    const { cluster_id: staging } = (await created.json()) as { cluster_id: string };
    const { world, owner } = acme;
    const key = expectOk(await world.createKey(owner, { clusterId: staging, role: 'owner' }));
    const credential = key.text;
    expect((await ask(acme, '/v1/clusters/nowhere', { method: 'DELETE', credential })).status).toBe(404);
    expect((await ask(acme, '/v1/clusters/acme1', { method: 'DELETE', credential })).status).toBe(202);
    expect((await ask(acme, '/v1/clusters/acme1', { method: 'DELETE', credential })).status).toBe(202);
    platform.nowMs += 5_000;
    expect((await ask(acme, '/v1/topics')).status).toBe(401);
    await pass(acme, 60_000);
    const clusters = async () => {
      const answer = await ask(acme, '/v1/organization', { credential });
      return ((await answer.json()) as { clusters: { cluster_id: string; state: string; remains: object | null }[] })
        .clusters;
    };
    expect(await clusters()).toMatchObject([
      { cluster_id: 'acme1', state: 'DELETING', remains: { topics: expect.any(Number) } },
      { cluster_id: staging, state: 'ACTIVE', remains: null },
    ]);
    await pass(acme, 3 * 3_600_000);
    expect(await clusters()).toMatchObject([{ cluster_id: staging }]);
    expect(leftOf(acme)).toEqual([]);
    for (const table of ['acl', 'outbox'])
      expect([table, world.sql.query(`SELECT * FROM ${table}`)]).toEqual([table, []]);
    expect(world.sql.query('SELECT key_id FROM api_key')).toEqual([{ key_id: key.key.keyId }]);
    const late = await acme.cluster.catalog.createTopic(
      { orgId: 'acme', clusterId: 'acme1' },
      { topic: 'late', partitionCount: 1 },
    );
    expect(late).toMatchObject({ ok: false, error: { code: 'UNKNOWN_RESOURCE' } });
  });
});
