import { describe, expect, it } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { fetchRestProxy } from '../../../src/api/rest-proxy/rest-proxy-door.ts';
import { emptyClusterServices } from '../../support/api-services.ts';
import { openPlatform } from '../../support/open-platform.ts';

const platform = openPlatform(emptyClusterServices());
const app = createApp();

const main = (path: string, init?: RequestInit) =>
  app.fetch(new Request(`http://127.0.0.1:8787${path}`, init), platform);
const own = (path: string, init?: RequestInit) =>
  fetchRestProxy(new Request(`http://127.0.0.1:8082${path}`, init), platform);

describe('the REST Proxy', () => {
  it('stands under /rest-proxy on the main door and at the root of its own port, with links that fit', async () => {
    expect(await (await main('/rest-proxy/v3/clusters')).json()).toMatchObject({
      metadata: { self: 'http://127.0.0.1:8787/rest-proxy/v3/clusters' },
    });
    expect(await (await own('/v3/clusters')).json()).toMatchObject({
      metadata: { self: 'http://127.0.0.1:8082/v3/clusters' },
    });
    for (const answer of [await main('/rest-proxy'), await main('/rest-proxy/'), await own('/')]) {
      expect([answer.status, await answer.json()]).toEqual([200, {}]);
    }
    expect((await main('/rest-proxyx')).headers.get('content-type')).toBe('application/problem+json');
  });

  it('has v3 under /kafka/v3 besides, and does not mind a slash at the end', async () => {
    for (const path of ['/kafka/v3/clusters', '/v3/clusters/', '/topics/', '/brokers']) {
      expect([path, (await own(path)).status]).toEqual([path, 200]);
    }
  });

  it('refuses the pages of other sites in its own words', async () => {
    for (const answer of [
      await own('/topics', { headers: { origin: 'https://example.com' } }),
      await own('/v3/clusters', { headers: { host: 'example.com' } }),
    ]) {
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ error_code: 40_301, message: expect.any(String) });
    }
  });

  it('lets pages of this machine read what it answers', async () => {
    const origin = 'http://localhost:3000';
    const answer = await own('/v3/clusters', { headers: { origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const preflight = await own('/topics/x', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, OPTIONS');
    const options = await own('/topics/x', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, POST, OPTIONS']);
  });

  it('answers HEAD without a body', async () => {
    const answer = await own('/v3/clusters', { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it('answers no HEAD where a GET changes something', async () => {
    const answer = await own('/consumers/g/instances/i/records', { method: 'HEAD' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, OPTIONS']);
  });

  it.each([
    ['/v3/nothing', 'application/json'],
    ['/nothing', 'application/vnd.kafka.v2+json'],
    ['/v3/clusters/local/topics/x/y/z', 'application/json'],
  ])('answers 404 for %s', async (path, type) => {
    const answer = await own(path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, type]);
    expect(await answer.json()).toMatchObject({ error_code: 404 });
  });

  it('answers 405 for another method, with those there are', async () => {
    const answer = await own('/v3/clusters', { method: 'DELETE' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect(await answer.json()).toMatchObject({ error_code: 405 });
  });
});

describe('content negotiation', () => {
  it('answers v2 in the type that was asked for', async () => {
    const types: [string | null, string][] = [
      [null, 'application/vnd.kafka.v2+json'],
      ['*/*', 'application/vnd.kafka.v2+json'],
      ['application/json', 'application/json'],
      ['application/vnd.kafka.v2+json; q=0.5, application/json', 'application/json'],
      ['application/vnd.kafka+json', 'application/vnd.kafka+json'],
    ];
    for (const [accept, type] of types) {
      const answer = await own('/topics', { headers: accept === null ? {} : { accept } });
      expect([accept, answer.headers.get('content-type')]).toEqual([accept, type]);
    }
    const refused = await own('/topics/nowhere', { headers: { accept: 'application/json' } });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([404, 'application/json']);
  });

  it('answers 406 when nothing that it has is accepted', async () => {
    for (const path of ['/topics', '/v3/clusters']) {
      const answer = await own(path, { headers: { accept: 'text/html' } });
      expect(answer.status).toBe(406);
      expect(await answer.json()).toMatchObject({ error_code: 406 });
    }
    const v2OfV3 = await own('/v3/clusters', { headers: { accept: 'application/vnd.kafka.v2+json' } });
    expect(v2OfV3.status).toBe(406);
  });

  it('answers 415 for bodies it does not read', async () => {
    const body = '{"records":[{"value":1}]}';
    const requests: [string, string][] = [
      ['/topics/x', 'text/plain'],
      ['/topics/x', 'application/vnd.kafka.json.v1+json'],
      ['/v3/clusters/local/topics', 'application/vnd.kafka.v2+json'],
      ['/v3/clusters/local/topics/x/records', 'application/x-www-form-urlencoded'],
      ['/v3/clusters/local/topics/x/records:batch', 'text/plain'],
    ];
    for (const [path, type] of requests) {
      const answer = await own(path, { method: 'POST', body, headers: { 'content-type': type } });
      expect([path, type, answer.status]).toEqual([path, type, 415]);
      expect(await answer.json()).toMatchObject({ error_code: 415 });
    }
  });
});
