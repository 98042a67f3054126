import { Hono } from 'hono';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { operations } from '../../src/api/openapi/operations.ts';
import { failed } from '../../src/errors/result.ts';
import { emptyClusterServices } from '../support/api-services.ts';
import { createCheckedApi, localOrigin } from '../support/checked-api.ts';
import { openPlatform } from '../support/open-platform.ts';

const api = createCheckedApi(emptyClusterServices());

const page = 'http://localhost:5173';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a request without a route', () => {
  it.each([
    '/nope',
    '/v1',
    '/v1/topics/a/b',
    '/v1/topics/',
    '/healthz/',
    '/favicon.ico',
    '/cdn-cgi/',
    '/cdn-cgi/handler/scheduled',
    '/cdn-cgi',
    '//healthz',
  ])('%s is a 404 that says so', async (path) => {
    const answer = await api.request(path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({
      type: '/docs/errors#ROUTE_NOT_FOUND',
      title: 'Route not found',
      status: 404,
      code: 'ROUTE_NOT_FOUND',
      retriable: false,
    });
  });

  it('by this method is a 405 with Allow', async () => {
    const answer = await api.request('/v1/topics', { method: 'PUT', body: '{}' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST, GET, HEAD, OPTIONS');
    expect(await answer.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
    expect((await api.request('/healthz', { method: 'DELETE' })).headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    expect((await api.request('/cdn-cgi/x', { method: 'POST' })).status).toBe(404);
  });
});

describe('HEAD and OPTIONS', () => {
  it('HEAD answers as GET does, without the body', async () => {
    const [head, get] = [await api.request('/healthz', { method: 'HEAD' }), await api.request('/healthz')];
    expect(head.status).toBe(200);
    expect([...head.headers]).toEqual([...get.headers]);
    expect(await head.text()).toBe('');
    expect((await api.request('/nope', { method: 'HEAD' })).status).toBe(404);
  });

  it('HEAD lets go of what GET opened', async () => {
    let cancelled = false;
    const endless = new ReadableStream({
      cancel: () => {
        cancelled = true;
      },
    });
    const app = createApp();
    vi.spyOn(app.router, 'fetch').mockReturnValue(new Response(endless));
    await app.fetch(new Request(`${localOrigin}/healthz`, { method: 'HEAD' }), openPlatform(emptyClusterServices()));
    expect(cancelled).toBe(true);
  });

  it('OPTIONS lists the methods', async () => {
    const answer = await api.request('/v1/topics/a', { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, PATCH, DELETE, OPTIONS');
    expect((await api.request('/nope', { method: 'OPTIONS' })).status).toBe(404);
  });
});

describe('CORS', () => {
  it('answers a preflight of a loopback page without calling anything', async () => {
    const answer = await api.request('/v1/topics/a/records', {
      method: 'OPTIONS',
      headers: {
        origin: page,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'idempotency-key',
      },
    });
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': page,
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': expect.stringContaining('idempotency-key'),
      vary: 'Origin',
    });
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
  });

  it('lets a loopback page read answers and errors, and names its exact origin', async () => {
    for (const path of ['/healthz', '/nope']) {
      const answer = await api.request(path, { headers: { origin: page } });
      expect(answer.headers.get('access-control-allow-origin')).toBe(page);
      expect(answer.headers.get('vary')).toBe('Origin');
      expect(answer.headers.get('access-control-expose-headers')).toContain('retry-after');
    }
    expect((await api.request('/healthz')).headers.has('access-control-allow-origin')).toBe(false);
  });

  it('gives another page nothing', async () => {
    for (const method of ['GET', 'OPTIONS', 'POST', 'DELETE']) {
      const answer = await api.request('/v1/topics', {
        method,
        headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
      });
      expect(answer.status).toBe(403);
      expect(answer.headers.has('access-control-allow-origin')).toBe(false);
      expect(await answer.json()).toMatchObject({ code: 'ORIGIN_REFUSED', context: { header: 'Origin' } });
    }
  });
});

describe('every answer', () => {
  it.each([
    '/',
    '/healthz',
    '/metrics',
    '/v1/limits',
    '/openapi.json',
    '/docs',
    '/docs/errors',
    '/docs/style.css',
    '/nope',
  ])('%s carries the security headers', async (path) => {
    const answer = await api.request(path, { headers: { accept: '*/*' } });
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const isPage = answer.headers.get('content-type')?.startsWith('text/html') === true;
    expect(answer.headers.has('content-security-policy')).toBe(isPage);
  });

  it('made elsewhere gets them, and a socket is left alone', async () => {
    const app = createApp();
    const { router } = app;
    expect(router).toBeInstanceOf(Hono);
    router.get('/v1/passed-through', () => new Response('x', { headers: { 'cache-control': 'private' } }));
    const answer = await app.fetch(
      new Request(`${localOrigin}/v1/passed-through`),
      openPlatform(emptyClusterServices()),
    );
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('private');
  });
});

describe('what goes wrong', () => {
  it('becomes a 500 that tells an incident id and nothing else, while the log tells the rest', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const secret = 'SELECT secret FROM table at /home/x.ts:17';
    const broken = createCheckedApi(
      emptyClusterServices({
        catalog: {
          ...emptyClusterServices().catalog,
          listTopics: async () => {
            throw new TypeError(secret);
          },
        },
      }),
    );
    const answer = await broken.request('/readyz');
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text).not.toContain('secret');
    expect(text).not.toContain('at /');
    const problem = JSON.parse(text) as { code: string; context: { incident: string } };
    expect(problem.code).toBe('UNKNOWN_SERVER_ERROR');
    expect(logged).toHaveBeenCalledOnce();
    expect(JSON.parse(String(logged.mock.calls[0]?.[0]))).toMatchObject({
      level: 'error',
      incident: problem.context.incident,
      method: 'GET',
      route: '/readyz',
      error: 'TypeError',
      message: secret,
      stack: expect.stringContaining('app.test.ts'),
    });
  });

  it('below tells when to come back', async () => {
    const overloaded = (detail?: { retry_after_ms: number }) =>
      createCheckedApi(
        emptyClusterServices({
          catalog: { ...emptyClusterServices().catalog, listTopics: async () => failed('OVERLOADED', 'Busy.', detail) },
        }),
      );
    const answer = await overloaded({ retry_after_ms: 2_300 }).request('/readyz');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('3');
    expect(await answer.json()).toMatchObject({
      code: 'OVERLOADED',
      retriable: true,
      context: { retry_after_ms: 2300 },
    });
    expect((await overloaded().request('/readyz')).headers.get('retry-after')).toBe('1');
  });
});

it('has exactly one route an operation', () => {
  const mounted = createApp().router.routes.map(
    ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
  );
  const described = Object.values(operations).map(({ method, path }) => `${method} ${path}`);
  expect(mounted.sort()).toEqual(described.sort());
});
