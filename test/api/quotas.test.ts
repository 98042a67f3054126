import { beforeEach, describe, expect, test } from 'vitest';
import { operationIds } from '../../src/api/openapi/operations.ts';
import { answeringRecords, takingRecords } from '../../src/api/quota-use.ts';
import { v2Operations } from '../../src/api/rest-proxy/v2/operations.ts';
import { v3Operations } from '../../src/api/rest-proxy/v3/operations.ts';
import { ClosedPlatform, type Tenant } from '../support/closed-platform.ts';

describe('quotas over HTTP', () => {
  let platform: ClosedPlatform;
  let acme: Tenant;
  let umbrella: Tenant;

  beforeEach(async () => {
    platform = new ClosedPlatform();
    acme = await platform.found('acme');
    umbrella = await platform.found('umbrella');
    for (const tenant of [acme, umbrella]) await send(tenant, 'POST', '/v1/topics', { name: 'orders', partitions: 1 });
  });

  function send({ ownerKey }: Tenant, method: string, path: string, body?: unknown): Promise<Response> {
    return platform.request(path, { method, credential: ownerKey, ...(body === undefined ? {} : { body }) });
  }

  async function setQuota(quota: Readonly<Record<string, unknown>>): Promise<void> {
    const set = await send(acme, 'PATCH', '/v1/quotas', { quotas: [quota] });
    expect(set.status).toBe(200);
    // What an edge remembers of a key is asked for again after four seconds, in the background, then used.
    for (let round = 0; round < 2; round += 1) {
      platform.nowMs += 5_000;
      for (const tenant of [acme, umbrella]) await send(tenant, 'GET', '/v1/organization');
    }
  }

  /** Sends until something is refused; answers the refusal. */
  async function untilRefused(attempt: () => Promise<Response>, most = 500): Promise<Response> {
    for (let count = 0; count < most; count += 1) {
      const answer = await attempt();
      if (answer.status === 429) return answer;
      await answer.arrayBuffer();
    }
    throw new Error(`none of ${most} requests was refused`);
  }

  test('cost no call of the organization where there are none', async () => {
    for (let count = 0; count < 50; count += 1) await send(acme, 'GET', '/v1/topics');
    expect(platform.leaseCalls).toBe(0);
  });

  test('refuse requests with Retry-After, and let them in again then', async () => {
    await setQuota({ entity_type: 'organization', requests_per_second: 10 });
    const refused = await untilRefused(() => send(acme, 'GET', '/v1/topics'));
    expect(await refused.json()).toMatchObject({ code: 'THROTTLING_QUOTA_EXCEEDED', retriable: true });
    const waitS = Number(refused.headers.get('retry-after'));
    expect(waitS).toBeGreaterThanOrEqual(1);
    const { leaseCalls, admissions } = platform;
    for (let count = 0; count < 100; count += 1) expect((await send(acme, 'GET', '/v1/topics')).status).toBe(429);
    expect(platform.leaseCalls - leaseCalls, 'calls for 100 refused requests').toBe(0);
    expect(platform.admissions, 'no other object was called').toBe(admissions);
    // The REST Proxy is the same door in other words, and another organization has nothing to do with it.
    const rest = await send(acme, 'GET', '/rest-proxy/topics');
    expect([rest.status, ((await rest.json()) as { error_code: number }).error_code]).toEqual([429, 429]);
    expect((await send(umbrella, 'GET', '/v1/topics')).status).toBe(200);
    // Who is held back can still change it.
    expect((await send(acme, 'GET', '/v1/quotas')).status).toBe(200);
    platform.nowMs += waitS * 1000;
    expect((await send(acme, 'GET', '/v1/topics')).status).toBe(200);
  });

  test('bound what is produced to a topic, and not what is produced to another', async () => {
    await setQuota({ entity_type: 'topic', entity_name: 'orders', produce_bytes_per_second: 1_000 });
    await send(acme, 'POST', '/v1/topics', { name: 'others', partitions: 1 });
    const body = { records: [{ value: 'x'.repeat(500) }] };
    await untilRefused(() => send(acme, 'POST', '/v1/topics/orders/records', body));
    expect((await send(acme, 'POST', '/v1/topics/others/records', body)).status).toBe(200);
    expect((await send(acme, 'GET', '/v1/topics/orders/partitions/0/records?offset=0')).status).toBe(200);
    expect((await send(umbrella, 'POST', '/v1/topics/orders/records', body)).status).toBe(200);
  });

  test('count the bytes of answers with records', async () => {
    const value = 'x'.repeat(20_000);
    expect((await send(acme, 'POST', '/v1/topics/orders/records', { records: [{ value }] })).status).toBe(200);
    await setQuota({ entity_type: 'organization', fetch_bytes_per_second: 1_000 });
    const read = () => send(acme, 'GET', '/v1/topics/orders/partitions/0/records?offset=0');
    const first = await read();
    expect(await first.text()).toContain(value);
    const refused = await untilRefused(read, 2);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(15);
    expect((await send(acme, 'GET', '/v1/topics')).status).toBe(200);
  });

  test('count what a search tried, though it finds nothing', async () => {
    const value = 'x'.repeat(20_000);
    expect((await send(acme, 'POST', '/v1/topics/orders/records', { records: [{ value }] })).status).toBe(200);
    await setQuota({ entity_type: 'organization', fetch_bytes_per_second: 1_000 });
    const search = (method: string) => send(acme, method, '/v1/topics/orders/search?where=tombstone');
    const first = await search('HEAD');
    expect(first.status).toBe(200);
    const refused = await untilRefused(() => search('GET'), 2);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(15);
  });

  test('are listed, replaced and lifted', async () => {
    const quota = { entity_type: 'key', entity_name: 'mrk_x', requests_per_second: 5 };
    await setQuota(quota);
    const none = { requests_per_second: null, produce_bytes_per_second: null, fetch_bytes_per_second: null };
    const rest = { operator: { ...none, caps: {} }, stored_bytes: 0 };
    const list = async () => (await (await send(acme, 'GET', '/v1/quotas')).json()) as { quotas: unknown[] };
    expect(await list()).toEqual({ quotas: [{ ...none, ...quota }], ...rest });
    await setQuota({ entity_type: 'key', entity_name: 'mrk_x' });
    expect(await list()).toEqual({ quotas: [], ...rest });
    const capped = { entity_type: 'organization', caps: { topics: 5, transactional_ids: 0 } };
    await setQuota(capped);
    expect(await list()).toMatchObject({ quotas: [capped] });
    await setQuota({ entity_type: 'organization' });
    expect(await list()).toEqual({ quotas: [], ...rest });
    for (const bad of [
      { entity_type: 'key' },
      { entity_type: 'organization', entity_name: 'acme', requests_per_second: 1 },
      { entity_type: 'organization', requests_per_second: 0 },
      { entity_type: 'organization', bytes: 1 },
      { entity_type: 'organization', caps: { topics: 1e9 } },
      { entity_type: 'organization', caps: { sockets: 1 } },
      { entity_type: 'topic', entity_name: 'orders', caps: { topics: 1 } },
    ]) {
      const answer = await send(acme, 'PATCH', '/v1/quotas', { quotas: [bad] });
      expect([bad, answer.status]).toEqual([bad, 400]);
    }
  });

  test('know the operations that move records', () => {
    const all: readonly string[] = [
      ...operationIds,
      ...Object.keys(v2Operations).map((id) => `v2.${id}`),
      ...Object.keys(v3Operations).map((id) => `v3.${id}`),
    ];
    for (const id of [...takingRecords, ...answeringRecords]) expect(all).toContain(id);
    const moving = all.filter((id) =>
      /^(v\d\.)?(produce|readRecords|searchRecords|streamRecords|groupConsume|acquire)/.test(id),
    );
    expect([...takingRecords, ...answeringRecords].toSorted()).toEqual(moving.toSorted());
  });
});
