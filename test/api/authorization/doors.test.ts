import { beforeAll, describe, expect, test } from 'vitest';
import { expectOk } from '../../tenancy/organization-world.ts';
import { type Caller, ClosedWorld, canary } from './closed-world.ts';

const world = new ClosedWorld();

beforeAll(async () => {
  await world.start();
  const { organization } = world.acme.world;
  expectOk(await organization.alter('acme', world.acme.owner, { origins: ['https://app.acme.example'] }));
});

const send = (
  caller: Caller | 'nobody',
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
) => world.platform.request(path, { ...init, credential: world.credentials.get(caller) ?? null });

const records = '/v1/topics/orders/records';
const page = '/v1/topics/orders/partitions/0/records';

describe('a token that is held to record keys', () => {
  test('writes records of its keys, and none of a request that has another', async () => {
    const post = (keys: (string | null)[]) =>
      send('keyToken', records, { method: 'POST', body: { records: keys.map((key) => ({ key, value: 1 })) } });
    expect((await post(['user-1/a', 'user-1/b'])).status).toBe(200);
    for (const keys of [['user-2/a'], ['user-1/a', 'user-2/a'], [null], ['user-1']]) {
      const answer = await post(keys);
      expect([keys, answer.status, (await answer.json()) as object]).toMatchObject([
        keys,
        403,
        { code: 'TOPIC_AUTHORIZATION_FAILED' },
      ]);
    }
    const batch = await send('keyToken', `${records}?partition=0`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.millrace.batch' },
      body: new Uint8Array(80),
    });
    expect(batch.status).toBe(403);
  });

  test('reads its records alone, in JSON and NDJSON, and no batches', async () => {
    for (const accept of ['application/json', 'application/x-ndjson']) {
      const answer = await send('keyToken', `${page}?offset=earliest`, { headers: { accept } });
      const text = await answer.text();
      expect([answer.status, text.match(/user-\d\/\w/g)]).toEqual([200, ['user-1/a', 'user-1/b']]);
      expect(text).not.toContain(canary);
    }
    const owned = (await (await send('owner', `${page}?offset=earliest`)).json()) as {
      records: unknown[];
      next_offset: number;
    };
    const held = (await (await send('keyToken', `${page}?offset=earliest`)).json()) as { next_offset: number };
    expect([owned.records.length, held.next_offset]).toEqual([3, owned.next_offset]);
    const search = '/v1/topics/orders/search?where=key%20exists%20%7C%7C%20!(key%20exists)';
    const searched = await (await send('keyToken', search)).text();
    expect(searched.match(/user-\d\/\w/g)).toEqual(['user-1/a', 'user-1/b']);
    expect(searched).not.toContain(canary);
    const batches = await send('keyToken', page, { headers: { accept: 'application/vnd.millrace.batch' } });
    expect(batches.status).toBe(403);
    expect(await batches.text()).toContain('Server-Sent Events');
  });
});

describe('a page', () => {
  const from = (origin: string) => ({ headers: { origin } });
  const upgrade = { upgrade: 'websocket', 'sec-websocket-protocol': 'millrace.v1' };

  test("reads answers when its origin is one of the organization's, and learns else only that it needs a credential", async () => {
    const allowed = async (caller: Caller | 'nobody', origin: string) =>
      (await send(caller, '/v1/topics', from(origin))).headers.get('access-control-allow-origin');
    expect(await allowed('viewer', 'https://app.acme.example')).toBe('https://app.acme.example');
    expect(await allowed('viewer', 'https://evil.example')).toBeNull();
    expect(await allowed('other', 'https://app.acme.example')).toBeNull();
    expect(await allowed('nobody', 'https://evil.example')).toBe('https://evil.example');
  });

  test('may ask whether it may ask, with an Authorization header', async () => {
    const asked = { origin: 'https://app.acme.example', 'access-control-request-method': 'POST' };
    const answer = await send('nobody', records, { method: 'OPTIONS', headers: asked });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
  });

  test('of an origin that is not known opens no socket', async () => {
    const outcome = async (origin: string) =>
      (await send('viewer', '/v1/ws', { headers: { ...upgrade, origin } })).status;
    expect(await outcome('https://evil.example')).toBe(403);
    expect(await outcome('https://app.acme.example')).not.toBe(403);
  });
});

describe('lists', () => {
  test('show what may be described, and no more', async () => {
    await send('owner', '/v1/topics', { method: 'POST', body: { name: 'invoices' } });
    const names = async (caller: Caller) => {
      const { topics } = (await (await send(caller, '/v1/topics')).json()) as { topics: { name: string }[] };
      const v2 = (await (await send(caller, '/rest-proxy/topics')).json()) as string[];
      expect(v2).toEqual(topics.map(({ name }) => name));
      return v2;
    };
    expect(await names('owner')).toEqual(['invoices', 'orders']);
    expect(await names('consumer')).toEqual(['orders']);
    expect(await names('wrong')).toEqual(['invoices']);
    expect(await names('denied')).toEqual(['invoices']);
    expect(await names('other')).toEqual([]);
  });
});
