import { beforeEach, describe, expect, test } from 'vitest';
import type { OrganizationQuotasJson, QuotaListJson } from '../../src/contracts/quotas.ts';
import { ClosedPlatform, operatorKeyText, type Tenant } from '../support/closed-platform.ts';
import { batchOf, fetchApi, fetchRequestOf, produceApi, produceRequestOf } from '../support/kafka-requests.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import { signInWithKey } from '../support/sasl-client.ts';

const policyViolation = 44;
const noError = 0;

describe('a cap on storage', () => {
  let platform: ClosedPlatform;
  let acme: Tenant;

  beforeEach(async () => {
    platform = new ClosedPlatform();
    acme = await platform.found('acme');
    await ask('POST', '/v1/topics', { name: 'orders', partitions: 1 });
  });

  function ask(method: string, path: string, body?: unknown, credential = acme.ownerKey): Promise<Response> {
    return platform.request(path, { method, credential, ...(body === undefined ? {} : { body }) });
  }

  const produce = () => ask('POST', '/v1/topics/orders/records', { records: [{ value: 'x'.repeat(500) }] });
  const read = () => ask('GET', '/v1/topics/orders/partitions/0/records?offset=earliest');

  async function capAt(storageBytes: number | undefined): Promise<QuotaListJson> {
    const caps = storageBytes === undefined ? {} : { storage_bytes: storageBytes };
    const altered = await ask('PATCH', '/v1/quotas', { quotas: [{ entity_type: 'organization', caps }] });
    expect(altered.status).toBe(200);
    return (await altered.json()) as QuotaListJson;
  }

  /** Has the partition tell what it keeps, and edges ask again for what they remember of keys. */
  async function settle(): Promise<void> {
    acme.world.nowMs = platform.nowMs;
    await ask('POST', '/v1/topics/orders/maintenance');
    for (let round = 0; round < 2; round += 1) {
      platform.nowMs += 5_000;
      acme.world.nowMs = platform.nowMs;
      await ask('GET', '/v1/organization');
    }
  }

  async function fill(): Promise<void> {
    expect((await produce()).status).toBe(200);
    await capAt(400);
    await settle();
  }

  test('refuses writing over HTTP with the way out and no call of any object, and nothing else', async () => {
    await fill();
    const { admissions, organizationCalls } = platform;
    const rowsBefore = acme.world.sql.query('SELECT * FROM audit_entry').length;
    for (let count = 0; count < 50; count += 1) expect((await produce()).status).toBe(429);
    expect([platform.admissions - admissions, platform.organizationCalls - organizationCalls]).toEqual([0, 0]);
    expect(acme.world.sql.query('SELECT * FROM audit_entry')).toHaveLength(rowsBefore);
    const problem = (await (await produce()).json()) as { code: string; detail: string; retriable: boolean };
    expect(problem).toMatchObject({ code: 'STORAGE_QUOTA_EXCEEDED', retriable: false });
    expect(problem.detail).toContain('may keep 400');
    const rest = await ask('POST', '/rest-proxy/topics/orders', { records: [{ value: 'eA==' }] });
    expect([rest.status, ((await rest.json()) as { error_code: number }).error_code]).toEqual([429, 429]);
    expect((await read()).status).toBe(200);
    expect((await ask('POST', '/v1/topics', { name: 'more', partitions: 1 })).status).toBe(201);
    expect((await ask('PATCH', '/v1/topics/orders', { config: { 'retention.ms': 1_000_000 } })).status).toBe(200);
  });

  test('is a violated policy to Kafka clients that write, and nothing to those that read', async () => {
    await fill();
    const connection = new KafkaTestConnection({ kafka: platform.kafka });
    await signInWithKey(connection, acme.ownerKey);
    const produced = await connection.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf('one') }));
    const refused = produced.responses[0]!.partitionResponses[0]!;
    expect([refused.errorCode, refused.errorMessage]).toEqual([policyViolation, expect.stringContaining('may keep')]);
    const fetched = await connection.ask(fetchApi, 12, fetchRequestOf('orders', { 0: 0 }));
    expect(fetched.responses[0]!.partitions[0]!.errorCode).toBe(noError);
  });

  test('is over when a topic was deleted, or the cap raised, and says both in the audit log', async () => {
    await fill();
    expect((await produce()).status).toBe(429);
    expect((await capAt(1_000_000)).stored_bytes).toBeGreaterThan(500);
    await settle();
    expect((await produce()).status).toBe(200);
    await capAt(10);
    await settle();
    expect((await produce()).status).toBe(429);
    await ask('DELETE', '/v1/topics/orders');
    await acme.cluster.runCatalogAlarm();
    await acme.cluster.runAlarms();
    expect((await capAt(10)).stored_bytes).toBe(0);
    await ask('POST', '/v1/topics', { name: 'orders', partitions: 1 });
    await settle();
    expect((await produce()).status).toBe(200);
    const { entries } = (await (await ask('GET', '/v1/audit')).json()) as { entries: { action: string }[] };
    const acts = entries.map(({ action }) => action).filter((action) => action.startsWith('storage.'));
    expect(acts).toEqual(['storage.within', 'storage.full', 'storage.within', 'storage.full']);
  });

  test('can be lifted and set for one organization by the operator, whatever holds for all', async () => {
    const path = '/v1/organizations/acme/quotas';
    const override = async (body: object) => {
      const set = await ask('PATCH', path, body, operatorKeyText);
      expect(set.status).toBe(200);
      return (await set.json()) as OrganizationQuotasJson;
    };
    expect((await produce()).status).toBe(200);
    expect(await override({ requests_per_second: 1_000, caps: { storage_bytes: 100, topics: null } })).toMatchObject({
      override: { requests_per_second: 1_000, caps: { storage_bytes: 100, topics: null } },
      operator: { requests_per_second: 1_000, produce_bytes_per_second: null, caps: { storage_bytes: 100 } },
    });
    await settle();
    expect((await produce()).status).toBe(429);
    await override({});
    await settle();
    expect((await produce()).status).toBe(200);
    const shown = await ask('GET', path, undefined, operatorKeyText);
    expect(await shown.json()).toMatchObject({ organization_id: 'acme', override: {}, quotas: [] });
    expect((await ask('GET', '/v1/organizations/none/quotas', undefined, operatorKeyText)).status).toBe(404);
    expect((await ask('PATCH', path, { requests_per_second: 0 }, operatorKeyText)).status).toBe(400);
    expect((await ask('PATCH', path, {})).status).toBe(403);
    const audit = (await (await ask('GET', '/v1/audit?action=quotas.override')).json()) as {
      entries: { principal: string }[];
    };
    expect(audit.entries.map(({ principal }) => principal)).toEqual(['User:operator', 'User:operator']);
  });
});
