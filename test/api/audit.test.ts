import { beforeAll, describe, expect, test } from 'vitest';
import type { AuditListJson } from '../../src/contracts/audit.ts';
import { issueKeyText, parseKeyText } from '../../src/tenancy/api-key-text.ts';
import { ClosedPlatform, type Tenant } from '../support/closed-platform.ts';

describe('the audit log over HTTP', () => {
  const platform = new ClosedPlatform();
  let acme: Tenant;
  let umbrella: Tenant;

  beforeAll(async () => {
    acme = await platform.found('acme');
    umbrella = await platform.found('umbrella');
  });

  async function entries({ ownerKey }: Tenant, query = '') {
    const answer = await platform.request(`/v1/audit?order=oldest${query}`, { credential: ownerKey });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as AuditListJson).entries;
  }

  test('has every change of a topic, by whichever door, before it is made', async () => {
    const credential = acme.ownerKey;
    const send = (method: string, path: string, body?: unknown) =>
      platform.request(path, { method, credential, ...(body === undefined ? {} : { body }) });
    await send('POST', '/v1/topics', { name: 'orders' });
    await send('POST', '/v1/topics', { name: 'orders' });
    await send('PATCH', '/v1/topics/orders', { partitions: 3 });
    await send('POST', '/rest-proxy/v3/clusters/acme1/topics', { topic_name: 'rest' });
    await send('DELETE', '/v1/topics/orders');
    await send('POST', '/v1/topics', { name: 'bad name!' });
    await send('GET', '/v1/topics');
    const attempts = (await entries(acme, '&outcome=attempted')).map(({ action, resource }) => `${action} ${resource}`);
    expect(attempts).toEqual([
      'topics.create orders',
      'topics.create orders',
      'topics.alter orders',
      'topics.create rest',
      'topics.delete orders',
      'topics.create bad name!',
    ]);
    expect((await entries(acme)).every(({ principal }) => principal !== null)).toBe(true);
  });

  test('has one entry for all refusals of a minute, and none of another organization', async () => {
    const credential = await platform.key(acme, 'viewer');
    for (let tries = 0; tries < 50; tries += 1) {
      const refused = await platform.request('/v1/topics/rest', { method: 'DELETE', credential });
      expect(refused.status).toBe(403);
      await platform.request('/v1/topics/rest', { method: 'DELETE', credential: 'mr_live_nonsense' });
    }
    const refused = await platform.request('/rest-proxy/v3/clusters/acme1/topics/rest', {
      method: 'DELETE',
      credential,
    });
    expect(refused.status).toBe(403);
    const listed = await entries(acme, '&outcome=refused');
    expect(listed.map(({ action, resource, count }) => [action, resource, count])).toEqual([
      ['deleteTopic', '/v1/topics/rest', 1],
      ['v3.deleteTopic', '/v3/clusters/acme1/topics/rest', 1],
    ]);
    expect(await entries(umbrella, '&outcome=refused')).toEqual([]);
  });

  test('has who came with a key and was not let in: why, how often, and never the secret', async () => {
    const tenant = await platform.found('initech');
    const text = await platform.key(tenant, 'viewer');
    const expiring = await platform.key(tenant, 'viewer', 60_000);
    const keyOf = (credential: string) => parseKeyText(credential, tenant.world.signer)!;
    const { keyId } = keyOf(text);
    const other = issueKeyText(keyId, 'live', (count) => crypto.getRandomValues(new Uint8Array(count)));
    const wrong = { credential: other, headers: { 'test-host': '192.0.2.1' } };
    for (let tries = 0; tries < 20; tries += 1) expect((await platform.request('/v1/topics', wrong)).status).toBe(401);
    await tenant.world.organization.revokeKey('initech', tenant.owner, keyId);
    platform.nowMs += 61_000;
    const answers = [];
    for (const credential of [text, expiring]) {
      answers.push(await (await platform.request('/v1/topics', { credential })).text());
    }
    // Whoever has it learns nothing of what is written down.
    expect(answers[0]).toBe(answers[1]);
    expect(answers[0]).not.toMatch(/fault|revoked"/);
    const signIns = (await entries(tenant, '&outcome=refused')).map(({ action, principal, host, resource, count }) => [
      action,
      principal,
      host,
      resource,
      count,
    ]);
    expect(signIns).toEqual([
      ['sign_in.wrong_secret', `User:${keyId}`, '192.0.2.1', keyId, 1],
      ['sign_in.wrong_secret', `User:${keyId}`, '192.0.2.1', keyId, 19],
      ['sign_in.revoked', `User:${keyId}`, null, keyId, 1],
      ['sign_in.expired', `User:${keyOf(expiring).keyId}`, null, keyOf(expiring).keyId, 1],
    ]);
    const all = await (await platform.request('/v1/audit', { credential: tenant.ownerKey })).text();
    expect(all).not.toContain(keyOf(other).password);
  });

  test('has the browser tokens that a key made, as a sum', async () => {
    const tenant = await platform.found('hooli');
    const credential = await platform.key(tenant, ['consume:topic:orders']);
    const { keyId } = parseKeyText(credential, tenant.world.signer)!;
    const cap = [{ topic: 'orders', ops: ['read'] }] as const;
    for (let count = 0; count < 5; count += 1) await platform.token(credential, cap);
    platform.nowMs += 61_000;
    await platform.token(credential, cap);
    const made = (await entries(tenant)).filter(({ action }) => action === 'tokens.create');
    expect(made.map(({ principal, outcome, count }) => [principal, outcome, count])).toEqual([
      [`User:${keyId}`, 'done', 1],
      [`User:${keyId}`, 'done', 4],
      [`User:${keyId}`, 'done', 1],
    ]);
  });

  test('is read like a topic: behind an entry, and what comes while one waits', async () => {
    const all = await entries(acme);
    const third = all[2]!.sequence;
    expect(await entries(acme, `&after=${third}&limit=2`)).toEqual(all.slice(3, 5));
    const last = all.at(-1)!.sequence;
    expect(await entries(acme, `&after=${last}`)).toEqual([]);
    const waiting = entries(acme, `&after=${last}&wait_ms=10000`);
    await platform.request('/v1/topics', { method: 'POST', credential: acme.ownerKey, body: { name: 'later' } });
    expect((await waiting).map(({ action, sequence }) => [action, sequence])).toEqual([['topics.create', last + 1]]);
    for (const query of [
      'order=newest&after=1',
      'wait_ms=10',
      'order=oldest&after=-1',
      'order=oldest&after=1&cursor=MQ',
    ]) {
      const answer = await platform.request(`/v1/audit?${query}`, { credential: acme.ownerKey });
      expect([query, answer.status]).toEqual([query, 400]);
    }
  });

  test('refuses what is no cursor', async () => {
    for (const cursor of ['x', '!', btoa('one'), btoa('1'.repeat(17))]) {
      const answer = await platform.request(`/v1/audit?cursor=${cursor}`, { credential: acme.ownerKey });
      expect([cursor, answer.status]).toEqual([cursor, 400]);
    }
  });
});
