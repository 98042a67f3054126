import { describe, expect, it } from 'vitest';
import type { Role } from '../../../src/authorization/roles.ts';
import { failed, ok, type Result } from '../../../src/errors/result.ts';
import {
  asksPerWindow,
  askWindowMs,
  type ClaimedIssuer,
  IdentitySignIn,
  issuerFreshMs,
} from '../../../src/gateway/credentials/identity-sign-in.ts';
import { readIdentityToken } from '../../../src/gateway/credentials/identity-token.ts';
import { IssuerKeys } from '../../../src/gateway/credentials/issuer-keys.ts';
import { WebCryptoVerifier } from '../../../src/platform/cloudflare/web-crypto-verifier.ts';
import type { Actor } from '../../../src/tenancy/organization-rpc.ts';
import { TestIssuer } from '../../support/test-issuer.ts';
import { codeOf, expectOk, OrganizationWorld } from '../../tenancy/organization-world.ts';

/** An isolate that people sign in at, with one organization whose issuer has a key, and what it asked for. */
class Isolate {
  readonly world = new OrganizationWorld();
  readonly issuer = new TestIssuer();
  readonly calls: string[] = [];
  /** Set to have the directory out of reach. */
  failure: Result<never> | null = null;
  isAway = false;
  owner!: Actor;
  readonly signIn = new IdentitySignIn({
    clock: this.world.clock,
    verifier: new WebCryptoVerifier(),
    keys: new IssuerKeys({
      clock: this.world.clock,
      fetchDocument: async () => {
        this.calls.push('keys');
        return ok(await this.issuer.keySet());
      },
    }),
    findIssuer: async (issuer, audiences): Promise<Result<ClaimedIssuer | null>> => {
      this.calls.push('issuer');
      if (this.isAway) throw new Error('Network connection lost.');
      return this.failure ?? this.world.directory.findIssuer(issuer, audiences);
    },
    resolveMember: (orgId, identity, clusterId) => {
      this.calls.push('member');
      return this.world.organization.resolveMember(orgId, identity, clusterId);
    },
  });

  static async start(): Promise<Isolate> {
    const isolate = new Isolate();
    isolate.owner = (await isolate.world.found()).owner;
    await isolate.issuer.addKey('key', 'ES256');
    expectOk(await isolate.world.organization.putIssuer('acme', isolate.owner, isolate.issuer.issuer));
    return isolate;
  }

  async invite(role: Role): Promise<string> {
    const request = { email: 'ann@example.com', role };
    return expectOk(await this.world.organization.inviteMember('acme', this.owner, request)).memberId;
  }

  token(claims: object = {}): Promise<string> {
    const ann = { email: 'ann@example.com', email_verified: true };
    return this.issuer.sign('key', this.world.nowMs, { ...ann, ...claims });
  }

  resolve(token: string, clusterId: string | null = null) {
    return this.signIn.resolve(readIdentityToken(token)!, clusterId);
  }
}

const refused = 'SASL_AUTHENTICATION_FAILED';

describe('a person who signs in', () => {
  it('is the member of the organization whose issuer vouches for them, for as long as the token is good', async () => {
    const isolate = await Isolate.start();
    const memberId = await isolate.invite('developer');
    const exp = isolate.world.nowMs / 1000 + 600;
    const principal = expectOk(await isolate.resolve(await isolate.token({ exp })));
    expect(principal).toMatchObject({ id: `User:${memberId}`, orgId: 'acme', clusterId: 'acme1', kind: 'member' });
    expect(principal.expiresAtMs).toBe(exp * 1000 + 60_000);
    expect(isolate.calls).toEqual(['issuer', 'keys', 'member']);
    expectOk(await isolate.resolve(await isolate.token(), 'acme1'));
    expect(isolate.calls).toEqual(['issuer', 'keys', 'member', 'member']);
    expect(codeOf(await isolate.resolve(await isolate.token(), 'umbrella1'))).toBe('UNKNOWN_RESOURCE');
  });

  it('is nobody without an invitation, and the organization decides that', async () => {
    const isolate = await Isolate.start();
    expect(codeOf(await isolate.resolve(await isolate.token()))).toBe(refused);
    await isolate.invite('viewer');
    expect(codeOf(await isolate.resolve(await isolate.token({ email_verified: false })))).toBe(refused);
    expect(codeOf(await isolate.resolve(await isolate.token()))).toBe('ok');
  });

  it('is refused before the organization is asked when anything about the token is wrong', async () => {
    const isolate = await Isolate.start();
    await isolate.invite('viewer');
    const good = await isolate.token();
    const [head, , signature] = good.split('.');
    const forged = Buffer.from(JSON.stringify({ ...decode(good), sub: 'owner' })).toString('base64url');
    const stranger = new TestIssuer();
    await stranger.addKey('key', 'ES256');
    const bad = [
      await isolate.token({ exp: 1 }),
      await isolate.token({ aud: 'other' }),
      await isolate.token({ iss: 'https://evil.example.com/' }),
      `${head}.${forged}.${signature}`,
      await stranger.sign('key', isolate.world.nowMs),
      await isolate.issuer.sign('key', isolate.world.nowMs, {}, { alg: 'HS256' }),
      await isolate.issuer.sign('key', isolate.world.nowMs, {}, { kid: 'other' }),
    ];
    for (const token of bad) expect(codeOf(await isolate.resolve(token))).toBe(refused);
    expect(isolate.calls.filter((call) => call === 'member')).toEqual([]);
  });
});

describe('whose an issuer is', () => {
  it('is asked once for all who come, and again after a minute', async () => {
    const isolate = await Isolate.start();
    await isolate.invite('viewer');
    const token = await isolate.token();
    await Promise.all(Array.from({ length: 50 }, () => isolate.resolve(token)));
    const asked = () => isolate.calls.filter((call) => call === 'issuer').length;
    expect(asked()).toBe(1);
    isolate.world.nowMs += issuerFreshMs - 1;
    await isolate.resolve(token);
    expect(asked()).toBe(1);
    isolate.world.nowMs += 1;
    await isolate.resolve(token);
    expect(asked()).toBe(2);
  });

  it('is no longer believed once the organization has removed it, though it be remembered', async () => {
    const isolate = await Isolate.start();
    await isolate.invite('viewer');
    expectOk(await isolate.resolve(await isolate.token()));
    const { issuer, audience } = isolate.issuer.issuer;
    expectOk(await isolate.world.organization.removeIssuer('acme', isolate.owner, issuer, audience));
    expect(codeOf(await isolate.resolve(await isolate.token()))).toBe(refused);
  });

  it('is asked a bounded number of times, however many are invented, and known ones get on', async () => {
    const isolate = await Isolate.start();
    await isolate.invite('viewer');
    expectOk(await isolate.resolve(await isolate.token()));
    const codes = new Set<string>();
    for (let count = 0; count < 200; count += 1) {
      codes.add(codeOf(await isolate.resolve(await isolate.token({ iss: `https://i${count}.example.com/` }))));
    }
    expect(codes).toEqual(new Set([refused, 'OVERLOADED']));
    expect(isolate.calls.filter((call) => call === 'issuer')).toHaveLength(asksPerWindow);
    expectOk(await isolate.resolve(await isolate.token()));
    isolate.world.nowMs += askWindowMs;
    expect(codeOf(await isolate.resolve(await isolate.token({ iss: 'https://new.example.com/' })))).toBe(refused);
  });

  it('is asked again after a failure', async () => {
    const isolate = await Isolate.start();
    await isolate.invite('viewer');
    isolate.failure = failed('UNKNOWN_OUTCOME', 'The directory could not be asked.');
    expect(codeOf(await isolate.resolve(await isolate.token()))).toBe('UNKNOWN_OUTCOME');
    isolate.failure = null;
    isolate.isAway = true;
    await expect(isolate.resolve(await isolate.token())).rejects.toThrow('Network connection lost.');
    isolate.isAway = false;
    expect(codeOf(await isolate.resolve(await isolate.token()))).toBe('ok');
  });
});

function decode(token: string): object {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;
}
