import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';
import { sendRaw, upgrade } from '../support/raw-http.ts';

/** Plays the requests of a browser, header by header, since no client library sends another page's Origin. */

let platform: PlatformProcess;
let port: number;

beforeAll(async () => {
  platform = await startPlatformProcess();
  port = Number(new URL(platform.url).port);
  const created = await send(
    'POST',
    '/v1/topics',
    { origin: null, 'content-type': 'application/json' },
    '{"name":"secrets"}',
  );
  expect(created.status).toBe(201);
  const records = '{"records":[{"value":"a secret"}]}';
  const produced = await send(
    'POST',
    '/v1/topics/secrets/records',
    { origin: null, 'content-type': 'application/json' },
    records,
  );
  expect(produced.status).toBe(200);
});

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const evil = 'https://evil.example';
/** A request with the Origin of another site, unless `headers` says otherwise; a null header is left out. */
function send(method: string, path: string, headers: Record<string, string | null>, body = '') {
  return sendRaw(port, { method, path, headers: { origin: evil, ...headers }, body });
}

const doors: readonly [what: string, method: string, path: string, headers: Record<string, string>, body?: string][] = [
  [
    'producing by fetch',
    'POST',
    '/v1/topics/secrets/records',
    { 'content-type': 'application/json' },
    '{"records":[{"value":"planted"}]}',
  ],
  [
    'producing without CORS',
    'POST',
    '/v1/topics/secrets/records',
    { 'content-type': 'text/plain', 'sec-fetch-mode': 'no-cors' },
    '{"records":[{"value":"planted"}]}',
  ],
  ['deleting', 'DELETE', '/v1/topics/secrets', {}],
  ['creating', 'POST', '/v1/topics', { 'content-type': 'application/json' }, '{"name":"planted"}'],
  ['a preflight', 'OPTIONS', '/v1/topics/secrets', { 'access-control-request-method': 'DELETE' }],
  ['reading', 'GET', '/v1/topics/secrets/partitions/0/records', {}],
  ['an EventSource', 'GET', '/v1/topics/secrets/stream?from=earliest', { accept: 'text/event-stream' }],
  ['a WebSocket on a topic', 'GET', '/v1/topics/secrets/ws', { ...upgrade, 'sec-websocket-protocol': 'millrace.v1' }],
  ['a WebSocket on the cluster', 'GET', '/v1/ws', { ...upgrade, 'sec-websocket-protocol': 'millrace.v1' }],
  [
    'a WebSocket on a partition',
    'GET',
    '/v1/topics/secrets/partitions/0/ws',
    { ...upgrade, 'sec-websocket-protocol': 'millrace.v1.binary' },
  ],
  ['reading metrics', 'GET', '/metrics', {}],
];

describe("a page of another site in the developer's browser", () => {
  it.each(doors)('%s is refused', async (_what, method, path, headers, body) => {
    for (const origin of [evil, 'null', 'http://localhost.evil.example']) {
      const answer = await send(method, path, { ...headers, origin, 'sec-fetch-site': 'cross-site' }, body);
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'ORIGIN_REFUSED' });
      expect(answer.headers.has('access-control-allow-origin')).toBe(false);
    }
  });

  it.each(doors)(
    '%s is refused under a name that was rebound to loopback',
    async (_what, method, path, headers, body) => {
      const host = `evil.example:${port}`;
      const answer = await send(
        method,
        path,
        { ...headers, host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' },
        body,
      );
      expect(answer.status).toBe(403);
      const withoutOrigin = await send(method, path, { ...headers, host, origin: null }, body);
      expect(withoutOrigin.status).toBe(403);
    },
  );

  it('cannot embed data as an image or script', async () => {
    const tag = {
      origin: null,
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'no-cors',
      'sec-fetch-dest': 'script',
    };
    expect((await send('GET', '/v1/topics/secrets/partitions/0/records', tag)).status).toBe(403);
  });

  it("does not reach the emulator's own endpoints", async () => {
    for (const path of ['/cdn-cgi/', '/cdn-cgi/handler/scheduled', '/cdn-cgi/platform-proxy', '/cdn-cgi/mf/reload']) {
      for (const method of ['GET', 'POST']) expect((await send(method, path, { origin: null })).status).toBe(404);
    }
  });

  it('has changed nothing', async () => {
    const read = await send('GET', '/v1/topics/secrets/partitions/0/records', { origin: null });
    expect(JSON.parse(read.body)).toMatchObject({ records: [{ value: 'a secret' }], high_watermark: 1 });
    expect(JSON.parse((await send('GET', '/v1/topics', { origin: null })).body)).toMatchObject({
      topics: [{ name: 'secrets' }],
    });
  });
});

describe("the developer's own page", () => {
  const origin = 'http://localhost:5173';
  const page = { origin, 'sec-fetch-site': 'cross-site' };

  it('may read, and is named in the answer', async () => {
    const answer = await send('GET', '/v1/topics/secrets/partitions/0/records', page);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
  });

  it('may follow as Server-Sent Events', async () => {
    const answer = await send('GET', '/v1/topics/secrets/stream?from=earliest', {
      ...page,
      accept: 'text/event-stream',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['/v1/topics/secrets/ws', 'millrace.v1'],
    ['/v1/ws', 'millrace.v1'],
    ['/v1/topics/secrets/partitions/0/ws', 'millrace.v1.binary'],
  ])('may open a WebSocket at %s', async (path, subprotocol) => {
    const answer = await send('GET', path, { ...page, ...upgrade, 'sec-websocket-protocol': subprotocol });
    expect(answer.status).toBe(101);
    expect(answer.headers.get('sec-websocket-protocol')).toBe(subprotocol);
  });
});
