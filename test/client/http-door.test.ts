import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { HttpDoor, topicPath } from '../../src/client/http-door.ts';
import { MillraceError } from '../../src/client/index.ts';

async function withServer<T>(answer: RequestListener, use: (door: HttpDoor, url: string) => Promise<T>): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await use(new HttpDoor(url, fetch), url);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const failureOf = (answer: RequestListener, options: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
  withServer(answer, (door) => door.json({ method: 'GET', path: '/x', ...options }).catch((thrown: unknown) => thrown));

describe('a request', () => {
  test('carries its query, body and type, and leaves out what is undefined', async () => {
    const seen = await withServer(
      (request, response) => {
        const { url, method, headers } = request;
        response.end(JSON.stringify({ url, method, type: headers['content-type'], accept: headers.accept }));
      },
      (door) =>
        door.json({
          method: 'POST',
          path: topicPath('a b/c', '/records'),
          query: { partition: 0, key: '/x&y', cursor: undefined },
          body: { contentType: 'application/x-ndjson', content: '1\n' },
        }),
    );
    expect(seen).toEqual({
      url: '/v1/topics/a%20b%2Fc/records?partition=0&key=%2Fx%26y',
      method: 'POST',
      type: 'application/x-ndjson',
      accept: 'application/json',
    });
  });

  test('whose refusal breaks off says nothing definite: whoever may repeat it does', async () => {
    const thrown = await failureOf((_, response) => {
      response.writeHead(409, { 'content-type': 'application/problem+json', 'content-length': '200' });
      response.write('{"code":"OUT_OF_ORDER_SEQ');
      setTimeout(() => response.destroy(), 20);
    });
    expect(thrown).toBeInstanceOf(MillraceError);
    expect(thrown).toMatchObject({ code: 'NETWORK_EXCEPTION', retriable: true });
  });

  test('that is refused throws the problem', async () => {
    const problem = {
      title: 'Overloaded',
      detail: 'Too much work is queued.',
      code: 'OVERLOADED',
      retriable: true,
      context: { queued: 7, incident: 'abc' },
    };
    const thrown = await failureOf((_, response) => {
      response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '2' });
      response.end(JSON.stringify(problem));
    });
    expect(thrown).toBeInstanceOf(MillraceError);
    expect(thrown).toMatchObject({
      code: 'OVERLOADED',
      message: 'Too much work is queued.',
      status: 503,
      retriable: true,
      detail: { queued: 7 },
      incident: 'abc',
      retryAfterMs: 2_000,
    });
  });

  test.each([
    [502, 'UNKNOWN_SERVER_ERROR'],
    [404, 'INVALID_REQUEST'],
  ])('answered with %i by something else says so', async (status, code) => {
    const thrown = await failureOf((_, response) => response.writeHead(status).end('<html>proxy</html>'));
    expect(thrown).toMatchObject({ code, status, message: expect.stringContaining('is this a Millrace platform?') });
  });

  test('that nobody answers ends in time', async () => {
    const thrown = await failureOf(() => undefined, { timeoutMs: 20 });
    expect(thrown).toMatchObject({ code: 'REQUEST_TIMED_OUT', status: null, retriable: true });
  });

  test('that is aborted throws the reason', async () => {
    const abort = new AbortController();
    const thrown = await failureOf(() => abort.abort(new Error('enough')), { signal: abort.signal });
    expect(thrown).toMatchObject({ message: 'enough' });
  });

  test('whose answer breaks off, and one to nobody, are network failures with their cause', async () => {
    const cut = await failureOf((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"a":');
      setTimeout(() => response.destroy(), 5);
    });
    expect(cut).toMatchObject({ code: 'NETWORK_EXCEPTION', retriable: true });
    const url = await withServer(
      (_, response) => response.end(),
      (_, address) => Promise.resolve(address),
    );
    const refused = await new HttpDoor(url, fetch).json({ method: 'GET', path: '/' }).catch((thrown) => thrown);
    expect(refused).toMatchObject({ code: 'NETWORK_EXCEPTION', message: expect.stringContaining('ECONNREFUSED') });
  });
});
