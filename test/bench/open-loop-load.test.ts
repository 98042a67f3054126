import { expect, test } from 'vitest';
import { httpRequest } from '../../bench/http-load.ts';
import { runOpenLoop } from '../../bench/open-loop-load.ts';
import { testServers } from '../support/test-servers.ts';

const serve = testServers();

const window = { warmUpMs: 0, windowMs: 300 };

test('requests come at their rate, also while earlier ones wait for an answer', async () => {
  const held: (() => void)[] = [];
  const port = await serve((_, response) => {
    held.push(() => response.end('ok'));
    // Nothing is answered until what a load that waited would have sent is there many times over.
    if (held.length >= 20) for (const answer of held.splice(0)) answer();
  });
  const request = httpRequest(port, 'GET', '/');
  const streams = [{ request, perSecond: 200, expectedStatuses: [200] }];
  const result = await runOpenLoop({ ...window, port, streams });
  expect(result.completed).toBeGreaterThan(0);
}, 20_000);

test('measures the first stream alone, and fails for a status that none of them expects', async () => {
  const port = await serve((request, response) => {
    response.statusCode = request.url === '/refused' ? 429 : 200;
    response.end();
  });
  const stream = (path: string, expectedStatuses: readonly number[]) => ({
    request: httpRequest(port, 'GET', path),
    perSecond: 50,
    expectedStatuses,
  });
  const run = (expected: readonly number[]) =>
    runOpenLoop({ ...window, port, streams: [stream('/', [200]), stream('/refused', expected)] });
  expect((await run([200, 429])).failures).toBe(0);
  expect(await run([200])).toMatchObject({ firstFailure: '429 ' });
});
