import { describe, expect, it, test } from 'vitest';
import { failed, ok, type Result } from '../../../src/errors/result.ts';
import { algorithmOf, identityOf, readIdentityToken } from '../../../src/gateway/credentials/identity-token.ts';
import {
  IssuerKeys,
  keysAskedMs,
  keysFailedMs,
  keysFreshMs,
  keysStaleMs,
} from '../../../src/gateway/credentials/issuer-keys.ts';
import { WebCryptoVerifier } from '../../../src/platform/cloudflare/web-crypto-verifier.ts';
import type { PublicKeyAlgorithm } from '../../../src/platform/signature-verifier.ts';
import { TestIssuer } from '../../support/test-issuer.ts';
import { codeOf, expectOk } from '../../tenancy/organization-world.ts';

const nowMs = 1_790_000_000_000;
const nowSeconds = nowMs / 1000;
const verifier = new WebCryptoVerifier();

/** An isolate that knows the keys of one issuer, and how often it asked for them. */
class Isolate {
  readonly issuer = new TestIssuer();
  nowMs = nowMs;
  asked = 0;
  /** What the issuer answers instead of its keys. */
  answer: Result<Uint8Array> | null = null;
  extra: unknown[] = [];
  readonly keys = new IssuerKeys({
    clock: { nowMs: () => this.nowMs },
    fetchDocument: async () => {
      this.asked += 1;
      return this.answer ?? ok(await this.issuer.keySet(this.extra));
    },
  });

  static async start(...algorithms: PublicKeyAlgorithm[]): Promise<Isolate> {
    const isolate = new Isolate();
    for (const algorithm of algorithms) await isolate.issuer.addKey(algorithm, algorithm);
    return isolate;
  }

  find(keyId: string, algorithm: PublicKeyAlgorithm = 'ES256') {
    return this.keys.find('https://login.example.com/keys', keyId, algorithm);
  }

  /** The subject of a token that is good in every way; else what is wrong with it. */
  async subject(token: string): Promise<string> {
    const read = readIdentityToken(token);
    if (read === null) return 'no token';
    const algorithm = algorithmOf(read, this.issuer.issuer);
    if (algorithm === null) return 'no algorithm';
    const key = expectOk(await this.find(read.keyId, algorithm));
    if (key === null) return 'no key';
    if (!(await verifier.verify(algorithm, key, read.signedText, read.signature))) return 'no signature';
    return identityOf(read, this.issuer.issuer, this.nowMs)?.subject ?? 'no identity';
  }
}

describe('tokens of an issuer', () => {
  test.each(['RS256', 'ES256', 'EdDSA'] as const)('are good with %s', async (algorithm) => {
    const isolate = await Isolate.start(algorithm);
    const token = await isolate.issuer.sign(algorithm, nowMs);
    expect(await isolate.subject(token)).toBe('ann');
    const [head, body, signature = ''] = token.split('.');
    const other = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
    expect(await isolate.subject(`${head}.${body}.${other}`)).toBe('no signature');
    const { length } = signature;
    expect(await isolate.subject(`${head}.${body}.${'A'.repeat(length)}`)).toBe('no signature');
  });

  test.each<[string, object]>([
    ['jku', { jku: 'https://evil.example/keys' }],
    ['jwk', { jwk: { kty: 'OKP' } }],
    ['x5u', { x5u: 'https://evil.example/cert' }],
    ['x5c', { x5c: ['MII'] }],
    ['crit', { crit: ['exp'] }],
    ['b64', { b64: false }],
    ['zip', { zip: 'DEF' }],
    ['no kid', { kid: undefined }],
    ['kid of another kind', { kid: 7 }],
    ['alg of another kind', { alg: ['ES256'] }],
  ])('are none with a header of this kind: %s', async (_, header) => {
    const isolate = await Isolate.start('ES256');
    expect(await isolate.subject(await isolate.issuer.sign('ES256', nowMs, {}, header))).toBe('no token');
    expect(isolate.asked).toBe(0);
  });

  it.each(['none', 'None', 'HS256', 'HS512', 'RS1', 'PS256', 'ES384', 'es256', ''])(
    'are refused with the algorithm %j before anybody is asked',
    async (alg) => {
      const isolate = await Isolate.start('ES256');
      const token = await isolate.issuer.sign('ES256', nowMs, {}, { alg });
      expect(await isolate.subject(token)).toBe('no algorithm');
      expect(isolate.asked).toBe(0);
    },
  );

  it('are refused with an algorithm that the key is not for', async () => {
    const isolate = await Isolate.start('RS256', 'ES256');
    const token = await isolate.issuer.sign('ES256', nowMs, {}, { alg: 'RS256' });
    expect(await isolate.subject(token)).toBe('no key');
    const taken = await isolate.issuer.sign('ES256', nowMs, {}, { kid: 'RS256' });
    expect(await isolate.subject(taken)).toBe('no key');
  });

  test.each<[string, object, string]>([
    ['another issuer', { iss: 'https://login.example.com' }, 'no identity'],
    ['an issuer in other letters', { iss: 'https://LOGIN.example.com/' }, 'no identity'],
    ['another audience', { aud: 'millrace-other' }, 'no identity'],
    ['this audience among others', { aud: ['other', 'millrace-acme'] }, 'ann'],
    ['no audience', { aud: [] }, 'no token'],
    ['an audience of another kind', { aud: { 0: 'millrace-acme' } }, 'no token'],
    ['many audiences', { aud: Array.from({ length: 17 }, () => 'millrace-acme') }, 'no token'],
    ['no subject', { sub: undefined }, 'no identity'],
    ['an empty subject', { sub: '' }, 'no identity'],
    ['a long subject', { sub: 'x'.repeat(256) }, 'no identity'],
    ['no end', { exp: undefined }, 'no identity'],
    ['an end as text', { exp: String(nowSeconds + 60) }, 'no identity'],
    ['an end that was', { exp: nowSeconds - 60 }, 'no identity'],
    ['an end within the skew of clocks', { exp: nowSeconds - 59 }, 'ann'],
    ['an end in two days', { exp: nowSeconds + 2 * 86_400 }, 'no identity'],
    ['an end in a day', { exp: nowSeconds + 86_400 }, 'ann'],
    ['a beginning that is to come', { nbf: nowSeconds + 61 }, 'no identity'],
    ['a beginning within the skew', { nbf: nowSeconds + 60 }, 'ann'],
    ['a making that is to come', { iat: nowSeconds + 61 }, 'no identity'],
    ['a beginning of another kind', { nbf: 'now' }, 'no identity'],
  ])('with %s', async (_, claims, expected) => {
    const isolate = await Isolate.start('EdDSA');
    expect(await isolate.subject(await isolate.issuer.sign('EdDSA', nowMs, claims))).toBe(expected);
  });

  it('are bounded, and none at all when they are something else', () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const head = part({ alg: 'EdDSA', kid: 'a' });
    const signature = 'A'.repeat(86);
    const claims = { iss: 'i', aud: 'a' };
    expect(readIdentityToken(`${head}.${part(claims)}.${signature}`)).toMatchObject({ issuer: 'i', audiences: ['a'] });
    const bad = [
      ...['', '.', '..', 'a.b.c', `${head}.${part(claims)}`, `${head}.${part(claims)}.`, `${head}..${signature}`],
      ...[`${head}.${part(claims)}.${signature}.x`, `${part(null)}.${part(claims)}.${signature}`],
      ...[`${part([])}.${part(claims)}.${signature}`, `${head}.${part('x')}.${signature}`],
      `${head}.${Buffer.from([0xff, 0xfe]).toString('base64url')}.${signature}`,
      `${head}.${part({ ...claims, filler: 'x'.repeat(8_192) })}.${signature}`,
    ];
    expect(bad.filter((token) => readIdentityToken(token) !== null)).toEqual([]);
  });

  it('say an e-mail address only if the issuer has checked it', async () => {
    const isolate = await Isolate.start('EdDSA');
    const { issuer } = isolate.issuer;
    const email = async (claims: object, hasCheckedEmails = false) => {
      const read = readIdentityToken(await isolate.issuer.sign('EdDSA', nowMs, claims));
      return identityOf(read!, { ...issuer, hasCheckedEmails }, nowMs)?.email;
    };
    const ann = { email: 'Ann@Example.com' };
    expect(await email({ ...ann, email_verified: true })).toBe('ann@example.com');
    expect(await email(ann, true)).toBe('ann@example.com');
    expect(await email(ann)).toBeNull();
    expect(await email({ ...ann, email_verified: 'true' })).toBeNull();
    expect(await email({ email: 'ann', email_verified: true })).toBeNull();
    expect(await email({ email: 7, email_verified: true })).toBeNull();
  });
});

describe("an issuer's keys", () => {
  it('are asked for once, however many tokens come', async () => {
    const isolate = await Isolate.start('ES256');
    const found = await Promise.all(Array.from({ length: 50 }, () => isolate.find('ES256')));
    expect(found.map((one) => expectOk(one)?.kty)).toEqual(found.map(() => 'EC'));
    isolate.nowMs += keysFreshMs - 1;
    await isolate.find('ES256');
    expect(isolate.asked).toBe(1);
    isolate.nowMs += 1;
    await isolate.find('ES256');
    expect(isolate.asked).toBe(2);
  });

  it('are asked for again for a key that is new, once a minute whatever is invented', async () => {
    const isolate = await Isolate.start('ES256');
    expectOk(await isolate.find('ES256'));
    for (let count = 0; count < 100; count += 1) expect(expectOk(await isolate.find(`invented-${count}`))).toBeNull();
    expect(isolate.asked).toBe(1);
    await isolate.issuer.addKey('next', 'ES256');
    isolate.nowMs += keysAskedMs;
    expect(expectOk(await isolate.find('next'))?.kty).toBe('EC');
    isolate.issuer.removeKey('ES256');
    isolate.nowMs += keysFreshMs;
    expect(expectOk(await isolate.find('ES256'))).toBeNull();
  });

  it('are used for an hour while the issuer is away, and fail then, with a pause between tries', async () => {
    const isolate = await Isolate.start('ES256');
    expectOk(await isolate.find('ES256'));
    isolate.answer = failed('OUTBOUND_CALL_FAILED', 'login.example.com cannot be reached.');
    isolate.nowMs += keysFreshMs;
    for (let count = 0; count < 20; count += 1) expect(expectOk(await isolate.find('ES256'))).not.toBeNull();
    expect(isolate.asked).toBe(2);
    isolate.nowMs = nowMs + keysStaleMs;
    expect(codeOf(await isolate.find('ES256'))).toBe('OUTBOUND_CALL_FAILED');
    const { asked } = isolate;
    isolate.answer = null;
    expect(codeOf(await isolate.find('ES256'))).toBe('OUTBOUND_CALL_FAILED');
    expect(isolate.asked).toBe(asked);
    isolate.nowMs += keysFailedMs;
    expect(expectOk(await isolate.find('ES256'))?.kty).toBe('EC');
  });

  it('are those for signatures alone, and no shorter than they must be', async () => {
    const isolate = await Isolate.start('EdDSA');
    const rsa = { kty: 'RSA', e: 'AQAB', n: 'x'.repeat(342), kid: 'r' };
    isolate.extra = [
      ...[null, 7, {}, { kty: 'oct', k: 'c2VjcmV0', kid: 'r' }, { ...rsa, n: 'x'.repeat(171) }],
      ...[
        { ...rsa, use: 'enc' },
        { ...rsa, alg: 'RS512' },
        { ...rsa, kid: 7 },
        { ...rsa, n: 7 },
      ],
      { kty: 'EC', crv: 'P-384', x: 'x', y: 'y', kid: 'r' },
    ];
    expect(expectOk(await isolate.find('r', 'RS256'))).toBeNull();
    expect(expectOk(await isolate.find('r', 'ES256'))).toBeNull();
    expect(expectOk(await isolate.find('EdDSA', 'EdDSA'))?.kty).toBe('OKP');
    const private_ = await Isolate.start();
    private_.extra = [{ ...rsa, d: 'a private half', x5u: 'https://evil.example' }];
    expect(Object.keys(expectOk(await private_.find('r', 'RS256')) ?? {})).toEqual(['kty', 'n', 'e']);
  });

  it.each(['', 'null', '[]', '{}', '{"keys":{}}', '<html>'])('are no document such as %j', async (document) => {
    const isolate = await Isolate.start();
    isolate.answer = ok(new TextEncoder().encode(document));
    expect(codeOf(await isolate.find('ES256'))).toBe('OUTBOUND_CALL_FAILED');
  });
});
