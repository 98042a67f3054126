import { describe, expect, it } from 'vitest';
import { mayAccess } from '../../../src/authorization/authorize.ts';
import type { Principal } from '../../../src/authorization/principal.ts';
import { recordKeyFilter } from '../../../src/authorization/record-key-rules.ts';
import { ok, type Result } from '../../../src/errors/result.ts';
import { BrowserSessions } from '../../../src/gateway/credentials/browser-sessions.ts';
import { signBrowserToken } from '../../../src/gateway/credentials/browser-token.ts';
import { EdgeCredentials, type FailedSignIn } from '../../../src/gateway/credentials/edge-credentials.ts';
import { IdentitySignIn } from '../../../src/gateway/credentials/identity-sign-in.ts';
import { IssuerKeys } from '../../../src/gateway/credentials/issuer-keys.ts';
import { PrincipalMemory } from '../../../src/gateway/credentials/principal-memory.ts';
import { SessionCredentials } from '../../../src/gateway/credentials/session-credentials.ts';
import { TicketMemory } from '../../../src/gateway/credentials/ticket-memory.ts';
import { OAuthBearerExchange } from '../../../src/kafka/sasl/oauth-bearer-exchange.ts';
import { AesSealer } from '../../../src/platform/cloudflare/aes-sealer.ts';
import { HmacSigner } from '../../../src/platform/cloudflare/hmac-signer.ts';
import { WebCryptoVerifier } from '../../../src/platform/cloudflare/web-crypto-verifier.ts';
import { issueKeyId, issueKeyText } from '../../../src/tenancy/api-key-text.ts';
import { unknownCredential } from '../../../src/tenancy/authentication-failure.ts';
import type { OrganizationRpc, PresentedKey } from '../../../src/tenancy/organization-rpc.ts';
import { platformTokenSecret } from '../../../src/tenancy/signing-secret.ts';
import { bearerMessage } from '../../support/sasl-client.ts';
import { TestIssuer } from '../../support/test-issuer.ts';
import { codeOf, expectOk, OrganizationWorld } from '../../tenancy/organization-world.ts';

const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));

/** One isolate in front of a real organization, whose calls are counted and can be held up. */
class Isolate {
  readonly world = new OrganizationWorld();
  readonly calls: string[] = [];
  /** Who came with a key and was not let in. */
  readonly failed: FailedSignIn[] = [];
  /** Set to have every call of the organization fail as a broken stub does. */
  isAway = false;
  /** What calls wait for. */
  gate: Promise<void> = Promise.resolve();
  readonly #background: Promise<unknown>[] = [];
  readonly #memory = new PrincipalMemory();

  resolve(authorization: string | null): Promise<Result<Principal>> {
    return this.resolveHeaders(authorization === null ? {} : { authorization });
  }

  resolveHeaders(given: Readonly<Record<string, string>>): Promise<Result<Principal>> {
    return this.credentials().resolve({ headers: new Headers(given) });
  }

  credentials(): EdgeCredentials {
    return new EdgeCredentials({
      signer: this.world.signer,
      clock: this.world.clock,
      organization: () => this.#organization(),
      sealer: new AesSealer('a secret of the tests'),
      signerOf: (secret) => new HmacSigner(secret),
      identities: this.identities,
      memory: this.#memory,
      operatorKey: 'an-operator-of-the-tests',
      failed: (attempt) => this.failed.push(attempt),
      keepAlive: (work) => this.#background.push(work),
    });
  }

  /** The issuer's keys as it publishes them. */
  readonly issuer = new TestIssuer();
  readonly identities = new IdentitySignIn({
    clock: { nowMs: () => this.world.nowMs },
    verifier: new WebCryptoVerifier(),
    keys: new IssuerKeys({
      clock: { nowMs: () => this.world.nowMs },
      fetchDocument: async () => ok(await this.issuer.keySet()),
    }),
    findIssuer: (issuer, audiences) => this.world.directory.findIssuer(issuer, audiences),
    resolveMember: (orgId, identity, clusterId) => {
      this.calls.push('resolveMember');
      return this.world.organization.resolveMember(orgId, identity, clusterId);
    },
  });

  bearer(text: string): Promise<Result<Principal>> {
    return this.resolve(`Bearer ${text}`);
  }

  async settle(): Promise<void> {
    await Promise.all(this.#background.splice(0));
  }

  #organization(): OrganizationRpc {
    const call = async <T>(name: string, verb: () => Promise<Result<T>>): Promise<Result<T>> => {
      this.calls.push(name);
      await this.gate;
      if (this.isAway) throw new Error('Network connection lost.');
      return verb();
    };
    const { organization } = this.world;
    return Object.assign(Object.create(organization) as OrganizationRpc, {
      resolveKey: (orgId: string, presented: PresentedKey) =>
        call('resolveKey', () => organization.resolveKey(orgId, presented)),
      authorizationEpoch: (orgId: string, used: readonly string[]) =>
        call('authorizationEpoch', () => organization.authorizationEpoch(orgId, used)),
      resolveTokenSigner: (orgId: string, kid: string) =>
        call('resolveTokenSigner', () => organization.resolveTokenSigner(orgId, kid)),
    });
  }
}

async function isolateWithKey() {
  const isolate = new Isolate();
  const { owner, text: ownerText } = await isolate.world.found();
  const { key, text } = expectOk(await isolate.world.createKey(owner, { role: 'viewer' }));
  const revoke = () => isolate.world.organization.revokeKey('acme', owner, key.keyId);
  return { isolate, owner, ownerText, key, text, revoke };
}

describe('credentials at the edge', () => {
  it('[I-15b] cost no call when they cannot be a key of this platform', async () => {
    const { isolate, text } = await isolateWithKey();
    const guess = issueKeyId('acme', new HmacSigner('a guess'), randomBytes);
    const presented = [
      null,
      '',
      'Bearer',
      'Bearer x',
      `Bearer ${text.slice(0, -1)}`,
      `Bearer ${issueKeyText(guess, 'live', randomBytes)}`,
      `Basic ${btoa('user:password')}`,
      'Basic %%%',
      `Digest ${text}`,
      `Bearer ${'x'.repeat(10_000)}`,
      'Bearer eyJhbGciOiJub25lIn0.e30.',
    ];
    for (const one of presented) {
      const answer = await isolate.resolve(one);
      expect([one?.slice(0, 40), codeOf(answer)]).toEqual([one?.slice(0, 40), 'SASL_AUTHENTICATION_FAILED']);
    }
    expect(isolate.calls).toEqual([]);
  });

  it('are the same as Bearer and as Basic', async () => {
    const { isolate, key, text } = await isolateWithKey();
    const bearer = expectOk(await isolate.bearer(text));
    expect(bearer).toMatchObject({ id: `User:${key.keyId}`, orgId: 'acme', clusterId: 'acme1' });
    const basic = (password: string) => isolate.resolve(`Basic ${btoa(`${key.keyId}:${password}`)}`);
    expect(expectOk(await basic(text.slice(-49)))).toEqual(bearer);
    expect(expectOk(await basic(text))).toEqual(bearer);
  });

  it('know the operator, who belongs to no organization', async () => {
    const { isolate } = await isolateWithKey();
    const operator = expectOk(await isolate.bearer('an-operator-of-the-tests'));
    expect(operator).toMatchObject({ kind: 'operator', orgId: '', clusterId: '' });
    expect(codeOf(await isolate.bearer('an-operator-of-the-test'))).toBe('SASL_AUTHENTICATION_FAILED');
    expect(isolate.calls).toEqual([]);
  });
});

describe('browser tokens', () => {
  const cap = [{ topic: 'orders', ops: ['read' as const], key_prefix: 'user-1/' }];

  async function isolateWithTokens() {
    const made = await isolateWithKey();
    const { isolate, owner, key } = made;
    const { world } = isolate;
    const created = await world.organization.createSigningSecret('acme', owner, { name: 's', keyId: key.keyId });
    const { signingSecret, secret } = expectOk(created);
    const exp = Math.floor(world.nowMs / 1000) + 600;
    const ownToken = (claims: object = {}, kid = signingSecret.signingSecretId) =>
      signBrowserToken(kid, { exp, cap, ...claims }, new HmacSigner(secret));
    const platformSigner = new HmacSigner(platformTokenSecret(key.keyId, world.signer));
    const minted = (claims: object = {}) => signBrowserToken(key.keyId, { exp, cap, ...claims }, platformSigner);
    return { ...made, exp, signingSecret, secret, ownToken, minted };
  }

  it('that do not let their bearer in are told of, with why, and nobody else', async () => {
    const { isolate, key, signingSecret, ownToken, minted, revoke } = await isolateWithTokens();
    const forged = ownToken({}, key.keyId);
    const { signingSecretId } = signingSecret;
    expect(codeOf(await isolate.bearer(forged))).toBe('SASL_AUTHENTICATION_FAILED');
    await isolate.bearer(`${minted()}x`);
    await isolate.bearer('nonsense.of.nobody');
    await revoke();
    isolate.world.nowMs += 30_000;
    const refused = [
      await isolate.bearer(ownToken()),
      await isolate.bearer(ownToken()),
      await isolate.bearer(minted()),
    ];
    const from = { orgId: 'acme', host: undefined };
    expect(isolate.failed).toEqual([
      { ...from, keyId: key.keyId, fault: 'bad_signature' },
      { ...from, keyId: signingSecretId, fault: 'revoked' },
      { ...from, keyId: signingSecretId, fault: 'revoked' },
      { ...from, keyId: key.keyId, fault: 'revoked' },
    ]);
    expect(new Set(refused.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify(unknownCredential())]),
    );
  });

  it('narrow their key, whether the organization or the platform signed them', async () => {
    const { isolate, exp, key, ownToken, minted } = await isolateWithTokens();
    for (const token of [ownToken(), minted()]) {
      const principal = expectOk(await isolate.bearer(token));
      expect(principal).toMatchObject({ kind: 'browser_token', id: `User:${key.keyId}`, expiresAtMs: exp * 1000 });
      const may = (operation: 'READ' | 'WRITE', resourceName: string) =>
        mayAccess(principal, { operation, resourceType: 'TOPIC', resourceName });
      expect([may('READ', 'orders'), may('WRITE', 'orders'), may('READ', 'other')]).toEqual([true, false, false]);
      expect(recordKeyFilter(principal, 'READ', 'orders')).toEqual(['user-1/']);
    }
    const before = isolate.calls.length;
    for (let count = 0; count < 20; count += 1) expectOk(await isolate.bearer(ownToken({ jti: String(count) })));
    expect(isolate.calls).toHaveLength(before);
  });

  it('open nothing when anything about them is wrong, and cost no call for it', async () => {
    const { isolate, exp, secret, signingSecret, ownToken } = await isolateWithTokens();
    expectOk(await isolate.bearer(ownToken()));
    const before = isolate.calls.length;
    const sign = (header: object, claims: object) => {
      const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const text = `${encode(header)}.${encode(claims)}`;
      return `${text}.${new HmacSigner(secret).sign(text)}`;
    };
    const header = { alg: 'HS256', kid: signingSecret.signingSecretId };
    const good = ownToken();
    const guess = issueKeyId('acme', new HmacSigner('a guess'), randomBytes);
    const bad = [
      sign({ ...header, alg: 'none' }, { exp, cap }),
      sign({ ...header, alg: 'HS512' }, { exp, cap }),
      sign({ ...header, jku: 'https://evil.example' }, { exp, cap }),
      sign({ alg: 'HS256' }, { exp, cap }),
      sign({ ...header, kid: guess }, { exp, cap }),
      sign({ ...header, kid: `mrs_${guess.slice(4)}` }, { exp, cap }),
      sign(header, { cap }),
      sign(header, { exp: 1, cap }),
      sign(header, { exp: exp + 3_600, cap }),
      sign(header, { exp, cap, nbf: exp }),
      sign(header, { exp }),
      sign(header, { exp, cap: [] }),
      sign(header, { exp, cap: [{ ops: ['read'] }] }),
      sign(header, { exp, cap: [{ topic: 'orders', ops: ['admin'] }] }),
      sign(header, { exp, cap: [{ topic: 'orders', ops: ['read'], filter: 'x' }] }),
      `${good.slice(0, -1)}${good.endsWith('A') ? 'Q' : 'A'}`,
      good.replace('.', '..'),
      `${good}.`,
      'a.b.c',
    ];
    for (const token of bad) {
      expect([token, codeOf(await isolate.bearer(token))]).toEqual([token, 'SASL_AUTHENTICATION_FAILED']);
    }
    expect(isolate.calls).toHaveLength(before);
  });

  it('end with their time, their signing secret and their key', async () => {
    const { isolate, owner, key, signingSecret, ownToken, minted } = await isolateWithTokens();
    const { organization } = isolate.world;
    expectOk(await isolate.bearer(ownToken()));
    expectOk(await isolate.bearer(minted()));
    expectOk(await organization.revokeSigningSecret('acme', owner, signingSecret.signingSecretId));
    isolate.world.nowMs += 30_000;
    expect(codeOf(await isolate.bearer(ownToken()))).toBe('SASL_AUTHENTICATION_FAILED');
    expectOk(await isolate.bearer(minted()));
    expectOk(await organization.revokeKey('acme', owner, key.keyId));
    isolate.world.nowMs += 30_000;
    expect(codeOf(await isolate.bearer(minted()))).toBe('SASL_AUTHENTICATION_FAILED');
    const other = await isolateWithTokens();
    const token = other.minted();
    expectOk(await other.isolate.bearer(token));
    other.isolate.world.nowMs += 600_000;
    expect(codeOf(await other.isolate.bearer(token))).toBe('SASL_AUTHENTICATION_FAILED');
  });

  it('are taken from the subprotocol of a WebSocket, and from no URL', async () => {
    const { isolate, ownToken } = await isolateWithTokens();
    const socket = (protocols: string) => isolate.resolveHeaders({ 'sec-websocket-protocol': protocols });
    expectOk(await socket(`millrace.v1, millrace.bearer.${ownToken()}`));
    expect(codeOf(await socket('millrace.v1'))).toBe('SASL_AUTHENTICATION_FAILED');
  });
});

describe('tokens of issuers', () => {
  it('let in whom Cloudflare Access vouches for, unless a page of another site sent the request', async () => {
    const { isolate, owner } = await isolateWithKey();
    const { issuer, world } = isolate;
    await issuer.addKey('key', 'RS256');
    expectOk(await world.organization.putIssuer('acme', owner, { ...issuer.issuer, hasCheckedEmails: true }));
    const invited = await world.organization.inviteMember('acme', owner, { email: 'ann@example.com', role: 'viewer' });
    const id = `User:${expectOk(invited).memberId}`;
    const { clusterId } = expectOk(await world.organization.createCluster('acme', owner, 'staging'));
    const assertion = await issuer.sign('key', world.nowMs, { email: 'ann@example.com' });
    const host = 'millrace.example';
    const send = (headers: Record<string, string> = {}) =>
      isolate.resolveHeaders({ 'cf-access-jwt-assertion': assertion, host, ...headers });
    const own: Record<string, string>[] = [
      {},
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'same-origin', origin: `https://${host}` },
      { origin: `https://${host}`, 'sec-websocket-protocol': 'millrace.v1' },
    ];
    for (const headers of own) expect(expectOk(await send(headers)).id).toBe(id);
    const others: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: `https://${host}` },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ];
    for (const headers of others) {
      expect([headers, codeOf(await send(headers))]).toEqual([headers, 'SASL_AUTHENTICATION_FAILED']);
    }
    const inCluster = await send({ 'sec-websocket-protocol': `millrace.v1, millrace.cluster.${clusterId}` });
    expect(expectOk(inCluster).clusterId).toBe(clusterId);
    const key = expectOk(await world.createKey(owner, { role: 'admin' }));
    expect(expectOk(await send({ authorization: `Bearer ${key.text}` })).id).toBe(`User:${key.key.keyId}`);
    expect(codeOf(await send({ authorization: 'Bearer nonsense' }))).toBe('SASL_AUTHENTICATION_FAILED');
  });

  it('let a member in, whom the isolate remembers by token and cluster', async () => {
    const { isolate, owner } = await isolateWithKey();
    const { issuer, world } = isolate;
    await issuer.addKey('key', 'EdDSA');
    expectOk(await world.organization.putIssuer('acme', owner, issuer.issuer));
    const request = { email: 'ann@example.com', role: 'viewer' } as const;
    const { memberId } = expectOk(await world.organization.inviteMember('acme', owner, request));
    // Clusters that were made at the same time have no oldest among them.
    world.nowMs += 1;
    const { clusterId } = expectOk(await world.organization.createCluster('acme', owner, 'staging'));
    const token = await issuer.sign('key', world.nowMs, { email: 'ann@example.com', email_verified: true });
    const resolve = (cluster?: string) =>
      isolate.resolveHeaders({
        authorization: `Bearer ${token}`,
        ...(cluster === undefined ? {} : { 'millrace-cluster': cluster }),
      });
    for (let count = 0; count < 20; count += 1) {
      expect(expectOk(await resolve())).toMatchObject({ id: `User:${memberId}`, clusterId: 'acme1' });
      expect(expectOk(await resolve(clusterId)).clusterId).toBe(clusterId);
    }
    // A Kafka client says by an extension of OAUTHBEARER which cluster it means.
    const exchange = (message: Uint8Array) => new OAuthBearerExchange(isolate.credentials()).next(message);
    const named = expectOk(await exchange(bearerMessage(token, { logicalCluster: clusterId })));
    expect(named.principal?.clusterId).toBe(clusterId);
    const unknown = await exchange(bearerMessage(token, { logicalCluster: 'umbrella1' }));
    expect(unknown).toMatchObject({ error: { message: expect.stringContaining('umbrella1') } });
    expect(codeOf(unknown)).toBe('SASL_AUTHENTICATION_FAILED');
    expect(isolate.calls.splice(2)).toEqual(['resolveMember']);
    expect(isolate.calls).toEqual(['resolveMember', 'resolveMember']);
    expect(codeOf(await resolve('umbrella1'))).toBe('UNKNOWN_RESOURCE');

    expectOk(await world.organization.removeMember('acme', owner, memberId));
    world.nowMs += 30_000;
    expect(codeOf(await resolve())).toBe('SASL_AUTHENTICATION_FAILED');
  });

  it('sign a browser in to each cluster of the organization, one by the other', async () => {
    const { isolate, owner } = await isolateWithKey();
    const { issuer, world } = isolate;
    await issuer.addKey('key', 'EdDSA');
    expectOk(await world.organization.putIssuer('acme', owner, issuer.issuer));
    expectOk(await world.organization.inviteMember('acme', owner, { email: 'ann@example.com', role: 'viewer' }));
    world.nowMs += 1;
    const { clusterId } = expectOk(await world.organization.createCluster('acme', owner, 'staging'));
    const claims = { email: 'ann@example.com', email_verified: true, exp: Math.floor(world.nowMs / 1000) + 600 };
    const token = await issuer.sign('key', world.nowMs, claims);
    const sessions = new BrowserSessions(new AesSealer('a secret of the tests'), world.clock, new TicketMemory());
    const credentials = new SessionCredentials(sessions, isolate.credentials());
    const page = (headers: Record<string, string>) => new Request('http://localhost/', { headers });
    const cookieOf = async (request: Request, cluster: string) =>
      expectOk(await sessions.start(request, cluster)).setCookie.split(';')[0]!;

    const first = await cookieOf(page({ authorization: `Bearer ${token}` }), 'acme1');
    const inFirst = { cookie: first, 'millrace-session': 'acme1' };
    expect(expectOk(await credentials.resolve(page(inFirst)))).toMatchObject({ clusterId: 'acme1', kind: 'member' });
    const beside = page({ ...inFirst, 'millrace-cluster': clusterId });
    expect(expectOk(await credentials.resolve(beside)).clusterId).toBe(clusterId);
    const both = `${first}; ${await cookieOf(beside, clusterId)}`;
    const inSecond = page({ cookie: both, 'millrace-session': clusterId });
    expect(expectOk(await credentials.resolve(inSecond)).clusterId).toBe(clusterId);
    expect(codeOf(await credentials.resolve(page({ ...inFirst, 'millrace-cluster': 'umbrella1' })))).toBe(
      'UNKNOWN_RESOURCE',
    );
    // The session ends with the token, long before its own time.
    world.nowMs += 11 * 60_000;
    expect(codeOf(await credentials.resolve(page(inFirst)))).toBe('SASL_AUTHENTICATION_FAILED');
  });

  it('end with their time, without anybody being asked', async () => {
    const { isolate, owner } = await isolateWithKey();
    const { issuer, world } = isolate;
    await issuer.addKey('key', 'EdDSA');
    expectOk(await world.organization.putIssuer('acme', owner, issuer.issuer));
    expectOk(await world.organization.inviteMember('acme', owner, { email: 'ann@example.com', role: 'viewer' }));
    const claims = { email: 'ann@example.com', email_verified: true, exp: Math.floor(world.nowMs / 1000) + 1 };
    const token = await issuer.sign('key', world.nowMs, claims);
    expectOk(await isolate.bearer(token));
    world.nowMs += 61_000;
    expect(codeOf(await isolate.bearer(token))).toBe('SASL_AUTHENTICATION_FAILED');
    expect(isolate.calls).toEqual(['resolveMember']);
  });
});

describe('what an isolate remembers', () => {
  it('is fresh for four seconds, then asked for once, however many requests come', async () => {
    const { isolate, text } = await isolateWithKey();
    await Promise.all(Array.from({ length: 50 }, () => isolate.bearer(text)));
    expect(isolate.calls).toEqual(['resolveKey']);
    isolate.world.nowMs += 3_999;
    expectOk(await isolate.bearer(text));
    expect(isolate.calls).toHaveLength(1);
    isolate.world.nowMs += 1;
    let open = () => {};
    isolate.gate = new Promise((resolve) => {
      open = resolve;
    });
    const answers = await Promise.all(Array.from({ length: 50 }, () => isolate.bearer(text)));
    expect(answers.map(codeOf)).toEqual(answers.map(() => 'ok'));
    expect(isolate.calls).toEqual(['resolveKey', 'authorizationEpoch']);
    open();
    await isolate.settle();
    expectOk(await isolate.bearer(text));
    expect(isolate.calls).toHaveLength(2);
  });

  it('[I-15a] is refused as soon as it was asked for again after a revocation, and after thirty seconds always', async () => {
    const { isolate, text, revoke } = await isolateWithKey();
    expectOk(await isolate.bearer(text));
    await revoke();
    isolate.world.nowMs += 4_000;
    expect(codeOf(await isolate.bearer(text))).toBe('ok');
    await isolate.settle();
    expect(codeOf(await isolate.bearer(text))).toBe('SASL_AUTHENTICATION_FAILED');

    const second = await isolateWithKey();
    expectOk(await second.isolate.bearer(second.text));
    await second.revoke();
    second.isolate.world.nowMs += 30_000;
    expect(codeOf(await second.isolate.bearer(second.text))).toBe('SASL_AUTHENTICATION_FAILED');
  });

  it('is used for thirty seconds while the organization cannot be reached, and no longer', async () => {
    const { isolate, text } = await isolateWithKey();
    expectOk(await isolate.bearer(text));
    isolate.isAway = true;
    isolate.world.nowMs += 29_999;
    expect(codeOf(await isolate.bearer(text))).toBe('ok');
    await isolate.settle();
    isolate.world.nowMs += 1;
    expect(codeOf(await isolate.bearer(text))).toBe('UNKNOWN_OUTCOME');
    isolate.isAway = false;
    expect(codeOf(await isolate.bearer(text))).toBe('ok');
  });

  it('is asked for anew for every principal when anything changed', async () => {
    const { isolate, owner, ownerText, text, key } = await isolateWithKey();
    expect(expectOk(await isolate.bearer(text)).grants).not.toContainEqual(
      expect.objectContaining({ permission: 'DENY' }),
    );
    expectOk(await isolate.bearer(ownerText));
    const denied = {
      principal: `User:${key.keyId}`,
      host: '*',
      operation: 'READ',
      permission: 'DENY',
      resourceType: 'TOPIC',
      resourceName: 'orders',
      patternType: 'LITERAL',
    } as const;
    expectOk(await isolate.world.organization.createAcls('acme', owner, [denied]));
    isolate.world.nowMs += 4_000;
    await isolate.bearer(text);
    await isolate.settle();
    expect(expectOk(await isolate.bearer(text)).grants).toContainEqual(denied);
    const before = isolate.calls.length;
    expectOk(await isolate.bearer(ownerText));
    expect(isolate.calls.slice(before)).toEqual(['resolveKey']);
  });

  it('of a credential that opens nothing is remembered for five seconds', async () => {
    const { isolate, key } = await isolateWithKey();
    const wrong = issueKeyText(key.keyId, 'live', randomBytes);
    for (let count = 0; count < 20; count += 1) {
      expect(codeOf(await isolate.bearer(wrong))).toBe('SASL_AUTHENTICATION_FAILED');
    }
    expect(isolate.calls).toEqual(['resolveKey']);
    isolate.world.nowMs += 5_000;
    await isolate.bearer(wrong);
    expect(isolate.calls).toHaveLength(2);
  });

  it('ends with the credential, without anybody being asked', async () => {
    const { isolate, owner } = await isolateWithKey();
    const { text } = expectOk(await isolate.world.createKey(owner, { role: 'viewer', lifetimeMs: 1_000 }));
    expectOk(await isolate.bearer(text));
    isolate.world.nowMs += 1_000;
    expect(codeOf(await isolate.bearer(text))).toBe('SASL_AUTHENTICATION_FAILED');
  });

  it('is bounded, and refusals push out no good credential', async () => {
    const { isolate, key, text } = await isolateWithKey();
    expectOk(await isolate.bearer(text));
    for (let count = 0; count < 2_100; count += 1) await isolate.bearer(issueKeyText(key.keyId, 'live', randomBytes));
    const before = isolate.calls.length;
    expectOk(await isolate.bearer(text));
    expect(isolate.calls).toHaveLength(before);
  });

  it('reports which keys were used when it asks again', async () => {
    const { isolate, text, key } = await isolateWithKey();
    expectOk(await isolate.bearer(text));
    expectOk(await isolate.bearer(text));
    isolate.world.nowMs += 4_000;
    await isolate.bearer(text);
    await isolate.settle();
    const shown = expectOk(await isolate.world.organization.describeKey('acme', key.keyId));
    expect(shown.lastUsedAtMs).toBe(isolate.world.nowMs);
  });
});
