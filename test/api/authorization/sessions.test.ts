import { beforeEach, describe, expect, test } from 'vitest';
import type { SessionJson } from '../../../src/contracts/session.ts';
import { limits } from '../../../src/limits.ts';
import { ClosedWorld, cookieOf } from './closed-world.ts';
import { doorRequests } from './requests.ts';

/** What a browser says of a page of the platform's own. */
const ownPage = { origin: 'https://millrace.example', host: 'millrace.example', 'sec-fetch-site': 'same-origin' };

/** True, or what the caller was refused with: what comes of a request differs the second time. */
async function letIn(answer: Response): Promise<true | string> {
  const text = (await answer.text()).replaceAll(/"mrk_\w+\\"/g, 'a key that was made for the request');
  return answer.status === 401 || answer.status === 403 ? text : true;
}

describe('a browser that is signed in', () => {
  let world: ClosedWorld;

  beforeEach(async () => {
    world = new ClosedWorld();
    await world.start();
  });

  const signIn = async (credential: string) => {
    const headers = await world.signIn(credential);
    const ask = (path: string, init: { method?: string; headers?: Record<string, string>; body?: unknown } = {}) =>
      world.platform.request(path, { ...init, headers: { ...ownPage, ...headers, ...init.headers } });
    return { headers, ask };
  };

  test('has a cookie that no script reads and no other site sends, and is told who it is', async () => {
    const answer = await world.platform.request('/v1/session', { method: 'POST', credential: world.acme.ownerKey });
    const cookie = answer.headers.get('set-cookie') ?? '';
    const attributes = cookie.split('; ').slice(1);
    expect(cookie).toMatch(/^__Host-millrace-session-acme1=[\w-]{80,};/);
    expect(attributes).toEqual(['Path=/', 'Max-Age=43200', 'HttpOnly', 'SameSite=Strict', 'Secure']);
    expect(cookie).not.toContain(world.acme.ownerKey.split('_')[3]);
    const described = (await answer.json()) as SessionJson;
    expect(described).toMatchObject({ organization_id: 'acme', cluster_id: 'acme1', kind: 'key' });
    expect(described.expires_at).toBe(world.platform.nowMs + limits.sessionLifetimeMs.value);
  });

  test('may do what its key may, everywhere, and no more', async () => {
    for (const caller of ['developer', 'viewer', 'wrong', 'keyToken'] as const) {
      const shown = await world.signIn(world.credentials.get(caller)!);
      for (const request of doorRequests) {
        await world.restore(request.group, request.path.startsWith('/v1/share-groups'));
        const byKey = await world.send(request, caller);
        await world.restore(request.group, request.path.startsWith('/v1/share-groups'));
        const own = { ...request, headers: { ...request.headers, ...ownPage, ...shown } };
        const bySession = await world.send(own, 'nobody');
        expect([request.id, caller, await letIn(bySession)]).toEqual([request.id, caller, await letIn(byKey)]);
      }
    }
  });

  test('is signed out when its twelve hours are over, and cannot make them longer', async () => {
    const { headers, ask } = await signIn(world.acme.ownerKey);
    const { expires_at: endsAt } = (await (await ask('/v1/session')).json()) as SessionJson;
    world.platform.nowMs = endsAt! - 60_000;
    const again = await ask('/v1/session', { method: 'POST' });
    expect(((await again.json()) as SessionJson).expires_at).toBe(endsAt);
    expect(again.headers.get('set-cookie')).toContain('Max-Age=60;');
    world.platform.nowMs = endsAt!;
    expect((await ask('/v1/session')).status).toBe(401);
    const renewed = { ...headers, cookie: cookieOf(again) };
    expect((await ask('/v1/session', { headers: renewed })).status).toBe(401);
  });

  test('is signed out everywhere when its key is revoked', async () => {
    const key = await world.platform.key(world.acme, 'developer');
    const [one, other] = [await signIn(key), await signIn(key)];
    expect((await one.ask('/v1/topics')).status).toBe(200);
    const keyId = `mrk_${key.split('_')[2]}`;
    const revoked = await world.platform.request(`/v1/keys/${keyId}`, {
      method: 'DELETE',
      credential: world.acme.ownerKey,
    });
    expect(revoked.status).toBe(204);
    world.platform.nowMs += 6_000;
    expect((await one.ask('/v1/topics')).status).toBe(401);
    expect((await other.ask('/v1/topics')).status).toBe(401);
  });

  test('signs out by a cookie that is gone at once, and both are noted', async () => {
    const { ask } = await signIn(world.acme.ownerKey);
    const ended = await ask('/v1/session', { method: 'DELETE' });
    expect(ended.status).toBe(204);
    expect(ended.headers.get('set-cookie')).toBe(
      '__Host-millrace-session-acme1=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure',
    );
    const audit = await ask('/v1/audit');
    const { entries } = (await audit.json()) as { entries: { action: string }[] };
    expect(entries.map(({ action }) => action)).toEqual(expect.arrayContaining(['sessions.create', 'sessions.end']));
  });

  test('opens a socket with a ticket, once, within half a minute', async () => {
    const { ask } = await signIn(world.acme.ownerKey);
    const ticketOf = async () => {
      const made = await ask('/v1/session/tickets', { method: 'POST' });
      expect(made.status).toBe(201);
      return ((await made.json()) as { ticket: string }).ticket;
    };
    const connect = (ticket: string, headers: Record<string, string> = {}) =>
      world.platform.request('/v1/ws', {
        headers: {
          ...ownPage,
          upgrade: 'websocket',
          'sec-websocket-protocol': `millrace.v1, millrace.bearer.${ticket}`,
          ...headers,
        },
      });
    const ticket = await ticketOf();
    // In a test no socket is opened: what is not 401 was let in.
    expect((await connect(ticket)).status).not.toBe(401);
    expect((await connect(ticket)).status).toBe(401);
    expect((await connect(await ticketOf(), { upgrade: '' })).status).toBe(401);
    expect((await connect(await ticketOf(), { origin: 'https://evil.example' })).status).toBe(403);
    const late = await ticketOf();
    world.platform.nowMs += limits.socketTicketLifetimeMs.value;
    expect((await connect(late)).status).toBe(401);
    expect((await ask('/v1/topics', { headers: { authorization: `Bearer ${await ticketOf()}` } })).status).toBe(401);
  });

  test('is asked for its password by no browser', async () => {
    const refused = await world.platform.request('/v1/topics', { headers: { 'sec-fetch-mode': 'cors' } });
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="millrace"');
  });

  test('was signed in by a page of the platform, and no other', async () => {
    const credential = world.acme.ownerKey;
    const headers = { ...ownPage, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const refused = await world.platform.request('/v1/session', { method: 'POST', credential, headers });
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([401, null]);
    // Nor may a page of another site send the header that names a session.
    const asked = { origin: 'https://evil.example', 'access-control-request-method': 'GET' };
    const preflight = await world.platform.request('/v1/topics', {
      method: 'OPTIONS',
      headers: { ...asked, 'access-control-request-headers': 'millrace-session' },
    });
    expect(preflight.headers.get('access-control-allow-headers')).not.toContain('millrace-session');
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
  });
});
