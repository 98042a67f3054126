import { pbkdf2Sync } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { ok } from '../../src/errors/result.ts';
import type { SaslCredentials } from '../../src/gateway/credentials/sasl-credentials.ts';
import { openSaslCredentials } from '../../src/gateway/open-credentials.ts';
import { ScramExchange } from '../../src/kafka/sasl/scram-exchange.ts';
import { nodeKeyedHash } from '../../src/platform/cloudflare/node-keyed-hash.ts';
import type { HashName } from '../../src/platform/keyed-hash.ts';
import { ClosedPlatform, type Tenant } from '../support/closed-platform.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import { authenticateApi, handshakeApi, partsOfKey } from '../support/sasl-client.ts';
import { expectOk } from '../tenancy/organization-world.ts';

const noError = 0;
const authenticationFailed = 58;
const throttlingQuotaExceeded = 89;
const bytes = (text: string) => new TextEncoder().encode(text);
const base64 = (raw: Uint8Array) => Buffer.from(raw).toString('base64');

let platform: ClosedPlatform;
let acme: Tenant;

beforeEach(async () => {
  platform = new ClosedPlatform();
  acme = await platform.found('acme');
});

type Damage = {
  readonly first?: (text: string) => string;
  /** What is sent and signed in front of the nonce. */
  readonly nonceBefore?: string;
  readonly final?: (text: string) => string;
};

/** The client's side (RFC 5802 section 3), in whatever way it is to be wrong. */
async function signInByScram(hash: HashName, user: string, password: string, damage: Damage = {}) {
  const connection = new KafkaTestConnection({ kafka: platform.kafka });
  await connection.ask(handshakeApi, 1, { mechanism: `SCRAM-${hash}` });
  const bare = `n=${user},r=clientnonce`;
  const asked = damage.first?.(`n,,${bare}`) ?? `n,,${bare}`;
  const first = await connection.ask(authenticateApi, 1, { authBytes: bytes(asked) });
  if (first.errorCode !== noError) return { ...first, signature: '', expected: '' };
  const challenge = Buffer.from(first.authBytes).toString();
  const [, nonce = '', salt = '', iterations = ''] = /^r=(clientnonce[^,]+),s=([^,]+),i=(\d+)$/.exec(challenge) ?? [];
  const unproven = `c=biws,r=${damage.nonceBefore ?? ''}${nonce}`;
  const { proof, verifier } = proofOf(hash, password, { salt, iterations: Number(iterations) }, [
    bare,
    challenge,
    unproven,
  ]);
  const final = `${unproven},p=${proof}`;
  const answer = await connection.ask(authenticateApi, 1, { authBytes: bytes(damage.final?.(final) ?? final) });
  return { ...answer, signature: Buffer.from(answer.authBytes).toString(), expected: `v=${verifier}` };
}

function proofOf(
  hash: HashName,
  password: string,
  { salt, iterations }: { readonly salt: string; readonly iterations: number },
  messages: readonly string[],
) {
  const algorithm = hash.replace('-', '').toLowerCase();
  const length = hash === 'SHA-256' ? 32 : 64;
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), iterations, length, algorithm);
  const authMessage = bytes(messages.join(','));
  const clientKey = nodeKeyedHash.sign(hash, salted, bytes('Client Key'));
  const signature = nodeKeyedHash.sign(hash, nodeKeyedHash.digest(hash, clientKey), authMessage);
  const serverKey = nodeKeyedHash.sign(hash, salted, bytes('Server Key'));
  return {
    proof: base64(Uint8Array.from(clientKey, (byte, at) => byte ^ signature[at]!)),
    verifier: base64(nodeKeyedHash.sign(hash, serverKey, authMessage)),
  };
}

test('takes the nonce as librdkafka before 2.6.1 answers it: its own once more in front', async () => {
  const { keyId, password } = partsOfKey(acme.ownerKey);
  const { errorCode, signature, expected } = await signInByScram('SHA-256', keyId, password, {
    nonceBefore: 'clientnonce',
  });
  expect([errorCode, signature]).toEqual([noError, expected]);
  const other = await signInByScram('SHA-256', keyId, password, { nonceBefore: 'somethingelse' });
  expect(other.errorCode).toBe(authenticationFailed);
});

test('has the conversation of RFC 7677, section 3', async () => {
  const known = {
    salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    iterations: 4096,
    proofs: [
      {
        storedKey: 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=',
        serverKey: 'wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
        number: 3,
        expiresAtMs: null,
      },
    ],
  };
  const { principal } = acme.owner;
  const credentials: SaslCredentials = { ...openSaslCredentials, scram: async () => ok({ ...known, principal }) };
  const newNonce = () => '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
  const exchange = new ScramExchange('SHA-256', credentials, { hash: nodeKeyedHash, newNonce });
  const first = expectOk(await exchange.next(bytes('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')));
  expect(Buffer.from(first.reply).toString()).toBe(
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  );
  const final =
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
  const last = expectOk(await exchange.next(bytes(final)));
  expect(Buffer.from(last.reply).toString()).toBe('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  expect(last.principal).toEqual({ ...principal, secretNumber: 3 });
});

describe.each(['SHA-256', 'SHA-512'] as const)('SCRAM-%s', (hash) => {
  test('lets a key in by its secret, and proves that the platform knows it too', async () => {
    const { keyId, password } = partsOfKey(acme.ownerKey);
    const { errorCode, signature, expected } = await signInByScram(hash, keyId, password);
    expect([errorCode, signature]).toEqual([noError, expected]);
    const calls = platform.organizationCalls;
    expect((await signInByScram(hash, keyId, password)).errorCode).toBe(noError);
    expect(platform.organizationCalls).toBe(calls);
  });

  test('takes either secret of a key that is being rotated, and the old one until it ends', async () => {
    const key = await platform.key(acme, 'viewer');
    const { keyId, password: old } = partsOfKey(key);
    const rotated = expectOk(await acme.world.organization.rotateKey('acme', acme.owner, keyId, 60_000));
    const { password } = partsOfKey(rotated.text);
    expect((await signInByScram(hash, keyId, password)).sessionLifetimeMs).toBe(0);
    expect((await signInByScram(hash, keyId, old)).sessionLifetimeMs).toBe(60_000);
    platform.nowMs += 60_000;
    expect((await signInByScram(hash, keyId, old)).errorCode).toBe(authenticationFailed);
    expect((await signInByScram(hash, keyId, password)).errorCode).toBe(noError);
  });

  test('turns away another secret, a revoked key, and ids that the platform did not issue', async () => {
    const { keyId, password } = partsOfKey(acme.ownerKey);
    expect((await signInByScram(hash, keyId, `${password}x`)).errorCode).toBe(authenticationFailed);
    const calls = platform.organizationCalls;
    for (const user of ['admin', 'mrk_4acmeAAAAAAAAAAAABBBBBBBBBB', '=2C=3D', 'm\u00fcller']) {
      expect((await signInByScram(hash, user, password)).errorCode).toBe(authenticationFailed);
    }
    expect(platform.organizationCalls).toBe(calls);
    const revoked = partsOfKey(await platform.key(acme, 'viewer'));
    expectOk(await acme.world.organization.revokeKey('acme', acme.owner, revoked.keyId));
    const answer = await signInByScram(hash, revoked.keyId, revoked.password);
    expect([answer.errorCode, answer.errorMessage]).toEqual([authenticationFailed, expect.stringContaining('mrk_')]);
  });
});

describe('a conversation that is none', () => {
  const unchanged = (text: string) => text;

  test.each<[string, Damage]>([
    ['no header', { first: (text) => text.slice(3) }],
    ['channel binding', { first: (text) => text.replace('n,,', 'p=tls-unique,,') }],
    ['another to act as', { first: (text) => text.replace('n,,', 'n,a=somebody,') }],
    ['no nonce', { first: (text) => text.replace(/,r=.*/, '') }],
    ['an empty nonce', { first: (text) => text.replace(/r=.*/, 'r=') }],
    ['a nonce that is too long', { first: (text) => `${text}${'x'.repeat(300)}` }],
    ['a NUL in the nonce', { first: (text) => `${text}\0` }],
    ['a mandatory extension', { first: (text) => text.replace('n,,n=', 'n,,m=x,n=') }],
    ['a name that is badly encoded', { first: (text) => text.replace('n=mrk_', 'n==mrk_') }],
    ['a delegation token', { first: (text) => `${text},tokenauth=true` }],
    ['nothing', { first: () => '' }],
    ['16 KB of commas', { first: () => ','.repeat(16_000) }],
    ['another nonce at the end', { final: (text) => text.replace('r=clientnonce', 'r=clientnoncf') }],
    ['its own nonce alone', { final: (text) => text.replace(/r=clientnonce[^,]+/, 'r=clientnonce') }],
    ['another header', { final: (text) => text.replace('c=biws', 'c=eSws') }],
    ['no proof', { final: (text) => text.replace(/,p=.*/, '') }],
    ['a short proof', { final: (text) => text.replace(/,p=.*/, ',p=AAAA') }],
    ['a proof of zeros', { final: (text) => text.replace(/,p=.*/, `,p=${base64(new Uint8Array(32))}`) }],
    ['the first message again', { final: () => 'n,,n=user,r=clientnonce' }],
    ['a proof that is no base64', { final: (text) => text.replace(/,p=.*/, ',p=A') }],
  ])('is ended: %s', async (_, damage) => {
    const { keyId, password } = partsOfKey(acme.ownerKey);
    const answer = await signInByScram('SHA-256', keyId, password, { first: unchanged, ...damage });
    expect([answer.errorCode, answer.authBytes.length]).toEqual([authenticationFailed, 0]);
  });

  test('is told when there are connections enough, and let in when one is gone', async () => {
    const { keyId, password } = partsOfKey(acme.ownerKey);
    const rates = { requests: null, produceBytes: null, fetchBytes: null };
    const entity = { type: 'key', clusterId: null, name: keyId, ...rates, caps: { connections: 1 } } as const;
    expectOk(await acme.world.organization.alterQuotas('acme', acme.owner, [entity]));
    const first = new KafkaTestConnection({ kafka: platform.kafka });
    const plain = { authBytes: bytes(`\0${keyId}\0${password}`) };
    await first.ask(handshakeApi, 1, { mechanism: 'PLAIN' });
    expect((await first.ask(authenticateApi, 1, plain)).errorCode).toBe(noError);
    const second = await signInByScram('SHA-256', keyId, password);
    expect(second.errorCode).toBe(throttlingQuotaExceeded);
    expect(second.errorMessage).toMatch(/^There may be 1 connections at once/);
    first.stream.finish();
    await first.served;
    expect((await signInByScram('SHA-256', keyId, password)).errorCode).toBe(noError);
  });

  test('without a proof of the secret is in the audit log of the organization', async () => {
    const { keyId } = partsOfKey(acme.ownerKey);
    await signInByScram('SHA-256', keyId, 'another secret');
    const { entries } = expectOk(
      await acme.world.organization.listAudit('acme', {
        filter: { principal: null, action: null, outcome: 'refused' },
        order: 'oldest',
        after: null,
        limit: 10,
      }),
    );
    expect(entries).toMatchObject([{ action: 'sign_in.wrong_secret', principal: `User:${keyId}` }]);
  });

  test('is ended: what one connection was asked, answered on another', async () => {
    const { keyId, password } = partsOfKey(acme.ownerKey);
    let replayed = '';
    const keep = (text: string) => {
      replayed = text;
      return text;
    };
    expect((await signInByScram('SHA-256', keyId, password, { final: keep })).errorCode).toBe(noError);
    const answer = await signInByScram('SHA-256', keyId, password, { final: () => replayed });
    expect(answer.errorCode).toBe(authenticationFailed);
  });
});
