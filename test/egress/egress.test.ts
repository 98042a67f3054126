import { describe, expect, test } from 'vitest';
import { Egress, type EgressPorts, maxAnswerBytes } from '../../src/egress/egress.ts';
import { readOutboundUrl } from '../../src/egress/outbound-url.ts';
import { isPublicAddress } from '../../src/egress/public-address.ts';
import { hostileUrls, rebindingNames } from './hostile-urls.ts';

const ownHosts = ['millrace.example.com', 'workers.dev'];
const hostile = Object.entries(hostileUrls).flatMap(([why, urls]) => urls.map((url) => [why, url] as const));

/** The internet: what each address answers. Whatever is not here must not be called. */
class Internet {
  /** Set to have calls answered by nothing until their time is up. */
  isSilent = false;
  readonly calls: string[] = [];
  readonly resolved: string[] = [];
  readonly answers = new Map<string, () => Response>();
  readonly names = new Map<string, readonly string[]>(Object.entries(rebindingNames));
  #abort = new AbortController();

  readonly egress = new Egress({
    fetch: async (url, { redirect, signal }) => {
      this.calls.push(url);
      if (redirect !== 'manual') throw new Error('would follow redirects');
      const answer = this.answers.get(url);
      if (answer !== undefined) return answer();
      if (!this.isSilent) return new Response(null, { status: 404 });
      this.timeIsUp();
      throw signal?.reason;
    },
    resolve: async (host) => {
      this.resolved.push(host);
      return this.names.get(host) ?? ['93.184.215.14', '2606:2800:21f:cb07::1'];
    },
    abortAfter: () => this.#abort.signal,
    ownHosts,
  } satisfies EgressPorts);

  fetch = (url: string) => this.egress.fetchDocument(url, 'application/json');
  timeIsUp = () => this.#abort.abort();
  redirect = (from: string, to: string) =>
    this.answers.set(from, () => new Response(null, { status: 302, headers: { location: to } }));
}

const outcome = async (result: ReturnType<Internet['fetch']>) => {
  const answer = await result;
  return answer.ok ? new TextDecoder().decode(answer.value) : answer.error.code;
};

describe('addresses that the platform calls', () => {
  test('the table of hostile ones is whole', () => {
    expect(hostile.length + Object.keys(rebindingNames).length).toBeGreaterThan(150);
    expect(new Set(hostile.map(([, url]) => url)).size).toBe(hostile.length);
  });

  test.each(hostile)('are not of this kind: %s: %j', async (_, url) => {
    expect(readOutboundUrl(url, ownHosts)).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
    const internet = new Internet();
    expect(await outcome(internet.fetch(url))).toBe('INVALID_REQUEST');
    expect([internet.calls, internet.resolved]).toEqual([[], []]);
  });

  test.each(hostile)('do not redirect there either: %s: %j', async (_, url) => {
    const internet = new Internet();
    internet.redirect('https://example.com/start', url);
    const answer = await outcome(internet.fetch('https://example.com/start'));
    expect(answer).toMatch(/INVALID_REQUEST|OUTBOUND_CALL_FAILED/);
    expect(internet.calls.filter((call) => !readOutboundUrl(call, ownHosts).ok)).toEqual([]);
  });

  test.each(Object.keys(rebindingNames))('resolve to nothing inside a network: %s', async (name) => {
    const internet = new Internet();
    expect(await outcome(internet.fetch(`https://${name}/`))).toBe('INVALID_REQUEST');
    internet.redirect('https://example.com/start', `https://${name}/`);
    expect(await outcome(internet.fetch('https://example.com/start'))).toBe('INVALID_REQUEST');
    expect(internet.calls).toEqual(['https://example.com/start']);
  });

  test.each([
    'https://example.com/',
    'https://EXAMPLE.com',
    'https://example.com:443/a?b=c',
    'https://acme.cloudflareaccess.com/cdn-cgi/access/certs',
    'https://login.microsoftonline.com/common/discovery/v2.0/keys',
    'https://xn--bcher-kva.example/keys',
    'https://1e100.net/',
    'https://my-local.example.com/',
  ])('are public names over https: %s', (url) => {
    expect(readOutboundUrl(url, ownHosts)).toMatchObject({ ok: true });
  });
});

describe('addresses of names', () => {
  test.each(['1.1.1.1', '93.184.215.14', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '2a00:1450:4001::200e'])(
    'are public: %s',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  test.each([
    ...['0.1.2.3', '10.255.255.255', '100.127.255.255', '127.255.255.255', '169.254.0.1', '172.31.255.255'],
    ...['192.0.2.1', '192.88.99.1', '192.168.255.255', '198.19.255.255', '203.0.113.9', '239.1.1.1', '255.255.255.255'],
    ...['::', '::1', '::ffff:1.1.1.1', '::ffff:101:101', '64:ff9b::101:101', '100::1', '2001::1', '2001:db8::1'],
    ...['2002:101:101::', '3fff::1', '5f00::1', 'fc00::1', 'fdff::1', 'fe80::1', 'fec0::1', 'ff02::1'],
    ...[
      '',
      '1.1.1',
      '1.1.1.1.1',
      '256.1.1.1',
      '0x1.1.1.1',
      '1::2::3',
      '2606:4700',
      'g::1',
      '2606::1%eth0',
      ':'.repeat(8),
    ],
  ])('are not: %j', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('a call out', () => {
  const keys = 'https://issuer.example.com/keys';

  test('answers the document, over redirects that are checked one by one', async () => {
    const internet = new Internet();
    internet.redirect(keys, '/v2/keys');
    internet.redirect('https://issuer.example.com/v2/keys', 'https://cdn.example.com/keys');
    internet.answers.set('https://cdn.example.com/keys', () => new Response('{}'));
    expect(await outcome(internet.fetch(keys))).toBe('{}');
    expect(internet.resolved).toEqual(['issuer.example.com', 'issuer.example.com', 'cdn.example.com']);
  });

  test('ends after three redirects', async () => {
    const internet = new Internet();
    internet.redirect(keys, keys);
    expect(await outcome(internet.fetch(keys))).toBe('OUTBOUND_CALL_FAILED');
    expect(internet.calls).toHaveLength(4);
  });

  test('ends with its time', async () => {
    const internet = new Internet();
    internet.isSilent = true;
    expect(await outcome(internet.fetch(keys))).toBe('OUTBOUND_CALL_FAILED');
  });

  test('takes no more than it may, whatever is declared', async () => {
    const internet = new Internet();
    const chunk = new Uint8Array(64 * 1024);
    let sent = 0;
    const endless = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => {
          sent += chunk.length;
          controller.enqueue(chunk);
        },
      });
    internet.answers.set(keys, () => new Response(endless(), { headers: { 'content-length': '2' } }));
    expect(await outcome(internet.fetch(keys))).toBe('OUTBOUND_CALL_FAILED');
    expect(sent).toBeLessThan(maxAnswerBytes * 2);
  });

  test.each([201, 204, 304, 404, 500])('takes no answer but 200: %i', async (status) => {
    const internet = new Internet();
    internet.answers.set(keys, () => new Response(null, { status }));
    expect(await outcome(internet.fetch(keys))).toBe('OUTBOUND_CALL_FAILED');
  });

  test('says nothing of the network when it breaks, or the name has no address', async () => {
    const internet = new Internet();
    internet.answers.set(keys, () => {
      throw new Error('connect ECONNREFUSED 10.0.0.1:443');
    });
    const answer = await internet.fetch(keys);
    expect(answer).toMatchObject({ ok: false, error: { code: 'OUTBOUND_CALL_FAILED' } });
    expect(JSON.stringify(answer)).not.toContain('10.0.0.1');
    internet.names.set('issuer.example.com', []);
    expect(await outcome(internet.fetch(keys))).toBe('OUTBOUND_CALL_FAILED');
  });
});

describe('a message out', () => {
  const hook = 'https://hooks.example.com/alerts';
  const post = ({ egress }: { egress: Egress }, url = hook) => egress.postMessage(url, { 'x-a': 'b' }, '{}');

  test.each([200, 302, 410, 500])('answers the status, whatever it is, and follows nothing: %i', async (status) => {
    const internet = new Internet();
    const headers = { location: 'https://elsewhere.example.com/' };
    internet.answers.set(hook, () => new Response('a body', { status, headers }));
    expect(await post(internet)).toEqual({ ok: true, value: { status } });
    expect(internet.calls).toEqual([hook]);
  });

  test.each([...hostile.map(([, url]) => url), 'http://127.0.0.1:9000/', 'http://localhost/'])(
    'goes to no address of this kind: %j',
    async (url) => {
      const internet = new Internet();
      expect(await post(internet, url)).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
      expect([internet.calls, internet.resolved]).toEqual([[], []]);
    },
  );

  test.each(Object.keys(rebindingNames))('goes to no name of a network: %s', async (name) => {
    const internet = new Internet();
    expect(await post(internet, `https://${name}/`)).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
    expect(internet.calls).toEqual([]);
  });

  test('ends with its time, and says nothing of the network', async () => {
    const internet = new Internet();
    internet.isSilent = true;
    expect(await post(internet)).toMatchObject({ ok: false, error: { code: 'OUTBOUND_CALL_FAILED' } });
  });

  test('of an open platform goes to its own machine, and to no other address that is closed', async () => {
    const calls: string[] = [];
    const egress = new Egress({
      fetch: async (url) => {
        calls.push(url);
        return new Response(null, { status: 204 });
      },
      resolve: async () => [],
      abortAfter: () => new AbortController().signal,
      ownHosts,
      allowsLoopback: true,
    });
    const local = ['http://127.0.0.1:9000/hook', 'http://localhost:9000/', 'http://[::1]:9000/'];
    for (const url of local) expect(await post({ egress }, url)).toEqual({ ok: true, value: { status: 204 } });
    for (const url of [
      'http://127.0.0.1@evil.example.com/',
      'http://10.0.0.1/',
      'http://localhost.evil.example.com/',
    ]) {
      expect(await post({ egress }, url)).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
    }
    expect(calls).toEqual(local);
  });
});
