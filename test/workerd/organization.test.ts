import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { ok, type Result } from '../../src/errors/result.ts';
import { EdgeCredentials, operatorPrincipal } from '../../src/gateway/credentials/edge-credentials.ts';
import { IdentitySignIn } from '../../src/gateway/credentials/identity-sign-in.ts';
import { readIdentityToken } from '../../src/gateway/credentials/identity-token.ts';
import { IssuerKeys } from '../../src/gateway/credentials/issuer-keys.ts';
import { PrincipalMemory } from '../../src/gateway/credentials/principal-memory.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { AesSealer } from '../../src/platform/cloudflare/aes-sealer.ts';
import type { Env } from '../../src/platform/cloudflare/env.ts';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';
import { catalogStub, directoryStub, organizationStub } from '../../src/platform/cloudflare/object-directory.ts';
import { WebCryptoVerifier } from '../../src/platform/cloudflare/web-crypto-verifier.ts';
import { unknownCredential } from '../../src/tenancy/authentication-failure.ts';
import { organizationObjectName } from '../../src/tenancy/organization-ref.ts';
import { TestIssuer } from '../support/test-issuer.ts';

const bindings = env as unknown as Env;
const operator = { principal: operatorPrincipal, host: null };

function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

async function foundOrganization(orgId: string): Promise<string> {
  const cluster = { clusterId: `${orgId}1`, name: 'main' };
  const founded = await organizationStub(bindings, orgId).found(operator, { orgId, name: orgId, cluster });
  return expectOk(founded).ownerKey.text;
}

async function resolve(text: string) {
  const credentials = new EdgeCredentials({
    signer: new HmacSigner(bindings.MILLRACE_SECRET),
    clock: systemClock,
    organization: (orgId) => organizationStub(bindings, orgId),
    sealer: new AesSealer(bindings.MILLRACE_SECRET),
    signerOf: (secret) => new HmacSigner(secret),
    identities: { resolve: async () => unknownCredential() },
    memory: new PrincipalMemory(),
    operatorKey: null,
    failed: () => {},
    keepAlive: () => {},
  });
  return credentials.resolve({ headers: new Headers({ authorization: `Bearer ${text}` }) });
}

it('an organization is founded, has its keys after an eviction, and its cluster and the directory know it', async () => {
  const text = await foundOrganization('acme');
  const principal = expectOk(await resolve(text));
  expect(principal).toMatchObject({ orgId: 'acme', clusterId: 'acme1', isSuper: true });
  const stub = bindings.ORGANIZATION.getByName(organizationObjectName('acme'));
  await evictDurableObject(stub);
  expect(expectOk(await resolve(text))).toEqual(principal);
  const page = { after: null, limit: 100 };
  expect(expectOk(await directoryStub(bindings).listClusters(page)).clusters).toContainEqual({
    orgId: 'acme',
    clusterId: 'acme1',
  });
  const cluster = { orgId: 'acme', clusterId: 'acme1' };
  expect(expectOk(await catalogStub(bindings, cluster).createTopic(cluster, { topic: 'orders' })).topic).toBe('orders');
});

it("another organization's key, object and cluster are of no use", async () => {
  const [mine, theirs] = [await foundOrganization('mine'), await foundOrganization('theirs')];
  const principal = expectOk(await resolve(mine));
  expect(principal.orgId).toBe('mine');
  const { organization } = { organization: organizationStub(bindings, 'theirs') };
  expect(await organization.describe('mine')).toMatchObject({ error: { code: 'WRONG_OBJECT' } });
  const stolen = { orgId: 'mine', clusterId: 'theirs1' };
  expect(await catalogStub(bindings, stolen).createTopic(stolen, { topic: 'x' })).toMatchObject({
    error: { code: 'WRONG_OBJECT' },
  });
  expect(await catalogStub(bindings, stolen).found(stolen)).toMatchObject({ error: { code: 'WRONG_OBJECT' } });
  expect(expectOk(await resolve(theirs)).orgId).toBe('theirs');
});

it('an organization that was never founded stores nothing, whatever is asked', async () => {
  const stub = bindings.ORGANIZATION.getByName(organizationObjectName('nobody'));
  await organizationStub(bindings, 'nobody').resolveKey('nobody', { keyId: 'mrk_x', digest: 'x' });
  await organizationStub(bindings, 'nobody').authorizationEpoch('nobody', ['mrk_x']);
  const tables = await runInDurableObject(stub, (_instance, state) =>
    state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\'").toArray(),
  );
  expect(tables).toEqual([]);
});

it.each(['RS256', 'ES256', 'EdDSA'] as const)(
  'a person signs in by an issuer of the organization, with %s',
  async (kind) => {
    const orgId = `people${kind.toLowerCase()}`;
    const owner = { principal: expectOk(await resolve(await foundOrganization(orgId))), host: null };
    const issuer = new TestIssuer();
    await issuer.addKey('key', kind);
    const settings = { ...issuer.issuer, audience: orgId };
    expectOk(await organizationStub(bindings, orgId).putIssuer(orgId, owner, settings));
    const invited = { email: 'ann@example.com', role: 'viewer' } as const;
    const { memberId } = expectOk(await organizationStub(bindings, orgId).inviteMember(orgId, owner, invited));
    const identities = new IdentitySignIn({
      clock: systemClock,
      verifier: new WebCryptoVerifier(),
      keys: new IssuerKeys({ clock: systemClock, fetchDocument: async () => ok(await issuer.keySet()) }),
      findIssuer: (name, audiences) => directoryStub(bindings).findIssuer(name, audiences),
      resolveMember: (id, ...asked) => organizationStub(bindings, id).resolveMember(id, ...asked),
    });
    const claims = { aud: orgId, email: 'ann@example.com', email_verified: true };
    const token = readIdentityToken(await issuer.sign('key', Date.now(), claims))!;
    expect(expectOk(await identities.resolve(token, null))).toMatchObject({ id: `User:${memberId}`, orgId });
    expectOk(await organizationStub(bindings, orgId).removeMember(orgId, owner, memberId));
    expect(await identities.resolve(token, null)).toMatchObject({ error: { code: 'SASL_AUTHENTICATION_FAILED' } });
  },
);
