import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { httpRequest, runHttpLoad } from '../../bench/http-load.ts';
import { HttpResponseReader, type ReadResponse } from '../../bench/http-response-reader.ts';
import { testServers } from '../support/test-servers.ts';

const serve = testServers();

describe('HttpResponseReader', () => {
  const sized = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
  const chunked =
    'HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n';
  const empty = 'HTTP/1.1 204 No Content\r\n\r\n';

  test('reads responses whose bytes arrive in pieces of any size', () => {
    const bytes = Buffer.from(sized + chunked + empty + sized);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 200 }), (sizes) => {
        const responses: ReadResponse[] = [];
        const reader = new HttpResponseReader((response) => responses.push(response));
        let at = 0;
        for (let piece = 0; at < bytes.length; piece++) {
          const end = at + sizes[piece % sizes.length]!;
          reader.push(Buffer.from(bytes.subarray(at, end)));
          at = end;
        }
        expect(responses).toEqual([
          { status: 200, bodyBytes: 5, bodyStart: 'hello' },
          { status: 409, bodyBytes: 19, bodyStart: 'abc0123456789abcdef' },
          { status: 204, bodyBytes: 0, bodyStart: '' },
          { status: 200, bodyBytes: 5, bodyStart: 'hello' },
        ]);
      }),
    );
  });
});

describe('runHttpLoad', () => {
  test('counts the answers of a real server, and sends each request whole', async () => {
    const bodies = new Set<string>();
    let served = 0;
    const port = await serve(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      bodies.add(body);
      served += 1;
      // Every other answer without a length, as a Worker that streams gives it.
      if (served % 2 === 0) response.setHeader('content-length', 4);
      response.end('done');
    });
    const load = {
      port,
      connections: 4,
      requests: [httpRequest(port, 'POST', '/a', {}, 'first'), httpRequest(port, 'POST', '/b', {}, 'second')],
      expectedStatus: 200,
      warmUpMs: 0,
      windowMs: 60_000,
      maxRequests: 100,
    };
    const result = await runHttpLoad(load);
    expect(result.failures).toBe(0);
    expect(result.completed).toBe(served);
    expect(result.receivedBytes).toBe(4 * served);
    // Each connection may have one request out when the last one is sent.
    expect(served).toBeGreaterThanOrEqual(100);
    expect(served).toBeLessThanOrEqual(104);
    expect([...bodies].sort()).toEqual(['first', 'second']);
  });

  test('an unexpected status is a failure that tells its body', async () => {
    const port = await serve((_request, response) => {
      response.statusCode = 503;
      response.end('too much');
    });
    const load = { port, connections: 1, requests: [httpRequest(port, 'GET', '/')], expectedStatus: 200 };
    const result = await runHttpLoad({ ...load, warmUpMs: 0, windowMs: 60_000, maxRequests: 3 });
    expect(result.completed).toBe(0);
    expect(result.failures).toBe(3);
    expect(result.firstFailure).toBe('503 too much');
  });
});
