import { describe, expect, it } from 'vitest';
import { type GuardedRequest, guardRequest, isLoopbackOrigin } from '../../src/api/guard.ts';

type Attempt = { readonly method?: string; readonly url?: string; readonly headers?: Readonly<Record<string, string>> };

function verdict(attempt: Attempt): string {
  const request: GuardedRequest = {
    method: attempt.method ?? 'GET',
    url: attempt.url ?? 'http://127.0.0.1:8787/v1/topics',
    headers: new Headers(attempt.headers),
  };
  const result = guardRequest(request);
  return result.ok ? 'passed' : `${result.error.code} ${result.error.detail?.header}`;
}

const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
const evil = 'https://evil.example';

describe('the guard refuses what a page of another site can send', () => {
  const refused: readonly [what: string, attempt: Attempt, header: string][] = [
    ['fetch() of JSON', { method: 'POST', headers: { origin: evil, 'content-type': 'application/json' } }, 'Origin'],
    ['fetch() without CORS', { method: 'POST', headers: { origin: evil, 'content-type': 'text/plain' } }, 'Origin'],
    [
      'a preflight',
      { method: 'OPTIONS', headers: { origin: evil, 'access-control-request-method': 'DELETE' } },
      'Origin',
    ],
    [
      'a form',
      { method: 'POST', headers: { origin: evil, 'content-type': 'application/x-www-form-urlencoded' } },
      'Origin',
    ],
    ['a form of a sandboxed frame', { method: 'POST', headers: { origin: 'null' } }, 'Origin'],
    ['an empty Origin', { headers: { origin: '' } }, 'Origin'],
    ['a file on disk', { headers: { origin: 'file://' } }, 'Origin'],
    ['an extension', { headers: { origin: 'chrome-extension://abcdefgh' } }, 'Origin'],
    ['a WebSocket', { url: 'http://127.0.0.1:8787/v1/ws', headers: { origin: evil, ...upgrade } }, 'Origin'],
    [
      'a WebSocket on a partition',
      { url: 'http://127.0.0.1:8787/v1/topics/a/partitions/0/ws', headers: { origin: evil, ...upgrade } },
      'Origin',
    ],
    [
      'an EventSource',
      { url: 'http://127.0.0.1:8787/v1/topics/a/stream', headers: { origin: evil, accept: 'text/event-stream' } },
      'Origin',
    ],
    ['an origin that begins like loopback', { headers: { origin: 'http://127.0.0.1.evil.example' } }, 'Origin'],
    ['an origin that begins like localhost', { headers: { origin: 'http://localhost.evil.example' } }, 'Origin'],
    ['an origin that ends like localhost', { headers: { origin: 'http://evil.example/localhost' } }, 'Origin'],
    ['an origin with loopback as user', { headers: { origin: 'http://127.0.0.1@evil.example' } }, 'Origin'],
    ['an origin with loopback as port', { headers: { origin: 'http://evil.example:127.0.0.1' } }, 'Origin'],
    ['two origins', { headers: { origin: 'http://localhost:3000, https://evil.example' } }, 'Origin'],
    [
      'an image',
      { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' } },
      'Sec-Fetch-Site',
    ],
    [
      'a script',
      { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' } },
      'Sec-Fetch-Site',
    ],
    [
      'a frame',
      {
        url: 'http://127.0.0.1:8787/docs',
        headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      },
      'Sec-Fetch-Site',
    ],
    [
      'a link to data',
      { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' } },
      'Sec-Fetch-Site',
    ],
    [
      'a navigation that posts',
      {
        method: 'POST',
        url: 'http://127.0.0.1:8787/docs',
        headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      },
      'Sec-Fetch-Site',
    ],
    ['a rebound name', { headers: { host: 'evil.example:8787', 'sec-fetch-site': 'same-origin' } }, 'Host'],
    ['a rebound name in the URL', { url: 'http://evil.example:8787/v1/topics' }, 'Host'],
    [
      'a rebound name in an absolute request target',
      { url: 'http://evil.example/v1/topics', headers: { host: 'localhost:8787' } },
      'Host',
    ],
    ['a rebound name that begins like loopback', { headers: { host: '127.0.0.1.evil.example' } }, 'Host'],
    ['a name that ends like localhost', { headers: { host: 'evil-localhost' } }, 'Host'],
    ['a name with a dot behind', { headers: { host: 'localhost.' } }, 'Host'],
    ['an address of the local network', { headers: { host: '192.168.1.7:8787' } }, 'Host'],
    ['all addresses', { headers: { host: '0.0.0.0:8787' } }, 'Host'],
    ['loopback as a number', { headers: { host: '2130706433:8787' } }, 'Host'],
    ['a port that is none', { headers: { host: 'localhost:8787@evil' } }, 'Host'],
    ['a forwarded loopback', { headers: { host: 'evil.example', 'x-forwarded-host': 'localhost' } }, 'Host'],
  ];
  it.each(refused)('%s', (_what, attempt, header) => {
    expect(verdict(attempt)).toBe(`ORIGIN_REFUSED ${header}`);
  });
});

describe('the guard lets through', () => {
  const passed: readonly [what: string, attempt: Attempt][] = [
    ['a program', {}],
    ['a program by name', { headers: { host: 'localhost:8787' } }],
    ['a program over IPv6', { url: 'http://[::1]:8787/v1/topics', headers: { host: '[::1]:8787' } }],
    ['a program on port 80', { url: 'http://localhost/v1/topics', headers: { host: 'LocalHost' } }],
    [
      'a page of its own',
      { method: 'POST', headers: { origin: 'http://127.0.0.1:8787', 'sec-fetch-site': 'same-origin' } },
    ],
    [
      "the developer's own page",
      { method: 'POST', headers: { origin: 'http://localhost:5173', 'sec-fetch-site': 'cross-site' } },
    ],
    ['a page over TLS', { headers: { origin: 'https://localhost:5173' } }],
    [
      'a WebSocket of such a page',
      { url: 'http://127.0.0.1:8787/v1/ws', headers: { origin: 'http://[::1]:5173', ...upgrade } },
    ],
    [
      'what the developer types',
      { headers: { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' } },
    ],
    [
      'a link to the reference',
      {
        url: 'http://127.0.0.1:8787/docs',
        headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      },
    ],
  ];
  it.each(passed)('%s', (_what, attempt) => {
    expect(verdict(attempt)).toBe('passed');
  });
});

it('knows a loopback origin by its whole text', () => {
  expect(isLoopbackOrigin('http://localhost:1')).toBe(true);
  expect(isLoopbackOrigin('http://localhost:1/')).toBe(false);
  expect(isLoopbackOrigin('http://localhost:123456')).toBe(false);
  expect(isLoopbackOrigin('http://localhost\n')).toBe(false);
  expect(isLoopbackOrigin('ws://localhost')).toBe(false);
});
