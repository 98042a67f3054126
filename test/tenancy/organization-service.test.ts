import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AclBinding } from '../../src/authorization/acl-binding.ts';
import { mayAccess } from '../../src/authorization/authorize.ts';
import type { KeyScope } from '../../src/authorization/key-scopes.ts';
import type { ScramCredentials } from '../../src/tenancy/api-key.ts';
import { faultOf } from '../../src/tenancy/authentication-failure.ts';
import { codeOf, expectOk, OrganizationWorld, operator } from './organization-world.ts';

const hourMs = 60 * 60 * 1000;
const consumeOrders: KeyScope = { verb: 'consume', resource: 'topic', name: 'orders', pattern: 'literal' };
const readOrders = { operation: 'READ', resourceType: 'TOPIC', resourceName: 'orders' } as const;
const noFilter = {
  principal: null,
  host: null,
  operation: null,
  permission: null,
  resourceType: null,
  resourceName: null,
  patternType: null,
};

describe('an organization', () => {
  it('has no table before it is founded, whatever is asked', async () => {
    const world = new OrganizationWorld();
    const { organization } = world;
    expect(codeOf(await organization.describe('acme'))).toBe('WRONG_OBJECT');
    expect(codeOf(await organization.resolveKey('acme', { keyId: 'mrk_x', digest: 'x' }))).toBe(
      'SASL_AUTHENTICATION_FAILED',
    );
    expect(codeOf(await organization.authorizationEpoch('acme', []))).toBe('WRONG_OBJECT');
    const elsewhere = { orgId: 'other', name: 'Other', cluster: { clusterId: 'c', name: 'main' } };
    expect(codeOf(await organization.found(operator, elsewhere))).toBe('WRONG_OBJECT');
    await organization.runAlarm();
    expect(world.sql.query('SELECT name FROM sqlite_master')).toEqual([]);
  });

  it('is founded once, with a cluster, a place in the directory and one owner', async () => {
    const world = new OrganizationWorld();
    const { owner } = await world.found();
    expect(owner.principal).toMatchObject({ orgId: 'acme', clusterId: 'acme1', kind: 'key', isSuper: true });
    expect(world.founded).toEqual([{ orgId: 'acme', clusterId: 'acme1' }]);
    const again = { orgId: 'acme', name: 'Acme', cluster: { clusterId: 'acme1', name: 'main' } };
    expect(codeOf(await world.organization.found(operator, again))).toBe('RESOURCE_ALREADY_EXISTS');
    world.restart();
    expect(codeOf(await world.organization.found(operator, again))).toBe('RESOURCE_ALREADY_EXISTS');
    expect(expectOk(await world.directory.list({ after: null, limit: 10 })).organizations).toMatchObject([
      { orgId: 'acme', name: 'Acme', state: 'ACTIVE', clusterIds: ['acme1'] },
    ]);
  });

  it('tells the others later when they cannot be reached at once', async () => {
    const world = new OrganizationWorld();
    world.areOthersAway = true;
    const { owner } = await world.found();
    expect(world.founded).toEqual([]);
    expectOk(await world.organization.alter('acme', owner, { name: 'Acme Ltd.' }));
    world.restart();
    world.areOthersAway = false;
    world.nowMs += hourMs;
    await world.organization.runAlarm();
    expect(world.founded).toEqual([{ orgId: 'acme', clusterId: 'acme1' }]);
    const { organizations } = expectOk(await world.directory.list({ after: null, limit: 10 }));
    expect(organizations).toMatchObject([{ orgId: 'acme', name: 'Acme Ltd.' }]);
  });

  it('names the origins whose pages may use its credentials, and takes nothing that is no origin', async () => {
    const world = new OrganizationWorld();
    const { owner, text } = await world.found();
    const origins = ['https://app.example.com', 'http://localhost:3000', 'https://example.com:8443'];
    expectOk(await world.organization.alter('acme', owner, { origins: [...origins, origins[0]!] }));
    expect(expectOk(await world.resolve(text)).origins).toEqual(origins);
    const bad = ['*', 'null', 'https://*.example.com', 'http://example.com', 'https://example.com/', 'example.com'];
    for (const origin of [...bad, 'https://EXAMPLE.com', 'https://u:p@example.com', 'javascript:1']) {
      const altered = await world.organization.alter('acme', owner, { origins: [origin] });
      expect([origin, codeOf(altered)]).toEqual([origin, 'INVALID_REQUEST']);
    }
    expect(expectOk(await world.organization.describe('acme'))).toMatchObject({ name: 'Acme', origins });
  });

  it('refuses every verb that means another organization', async () => {
    const world = new OrganizationWorld();
    const { owner, text } = await world.found();
    const { organization } = world;
    const answers = [
      await organization.describe('other'),
      await organization.alter('other', owner, { name: 'x' }),
      await organization.createCluster('other', owner, 'x'),
      await organization.createKey('other', owner, {
        name: 'k',
        clusterId: 'acme1',
        role: 'owner',
        scopes: [],
        lifetimeMs: null,
      }),
      await organization.describeKey('other', owner.principal.keyId!),
      await organization.listKeys('other', { after: null, limit: 10 }),
      await organization.rotateKey('other', owner, owner.principal.keyId!, 0),
      await organization.revokeKey('other', owner, owner.principal.keyId!),
      await organization.createAcls('other', owner, []),
      await organization.listAcls('other', 'acme1', noFilter),
      await organization.deleteAcls('other', owner, noFilter),
      await organization.principalOf('other', 'acme1', owner.principal.id),
      await organization.authorizationEpoch('other', []),
    ];
    expect(answers.map(codeOf)).toEqual(answers.map(() => 'WRONG_OBJECT'));
    expect(codeOf(await world.resolve(text))).toBe('ok');
  });

  it('answers NEWER_SCHEMA to everything when a newer version wrote the data', async () => {
    const world = new OrganizationWorld();
    await world.found();
    world.sql.run('INSERT INTO schema_version (version) VALUES (1000)');
    world.restart();
    expect(codeOf(await world.organization.describe('acme'))).toBe('NEWER_SCHEMA');
  });

  it('has as many clusters as it may, each with keys of its own', async () => {
    const world = new OrganizationWorld();
    const { owner } = await world.found();
    const { clusterId } = expectOk(await world.organization.createCluster('acme', owner, 'staging'));
    const { text } = expectOk(await world.createKey(owner, { clusterId, role: 'developer' }));
    expect(expectOk(await world.resolve(text)).clusterId).toBe(clusterId);
    expect(world.founded).toContainEqual({ orgId: 'acme', clusterId });
    expect(codeOf(await world.createKey(owner, { clusterId: 'nowhere', role: 'viewer' }))).toBe('UNKNOWN_RESOURCE');
    for (let count = 2; count < 100; count += 1) {
      expectOk(await world.organization.createCluster('acme', owner, `c${count}`));
    }
    expect(codeOf(await world.organization.createCluster('acme', owner, 'more'))).toBe('LIMIT_REACHED');
  });
});

describe('API keys', () => {
  it('may do what their scopes say, and are shown without their secret', async () => {
    const world = new OrganizationWorld();
    const { owner } = await world.found();
    const issued = expectOk(await world.createKey(owner, { name: 'reader', scopes: [consumeOrders] }));
    const principal = expectOk(await world.resolve(issued.text));
    expect(mayAccess(principal, readOrders)).toBe(true);
    expect(mayAccess(principal, { ...readOrders, operation: 'WRITE' })).toBe(false);
    const shown = expectOk(await world.organization.describeKey('acme', issued.key.keyId));
    expect(shown).toMatchObject({
      name: 'reader',
      status: 'active',
      createdBy: owner.principal.id,
      lastUsedAtMs: null,
    });
    expect(shown.secrets).toEqual([{ last4: issued.text.slice(-4), createdAtMs: world.nowMs, expiresAtMs: null }]);
    expect(JSON.stringify(shown)).not.toContain(issued.text.slice(-49, -6));
    const { keys } = expectOk(await world.organization.listKeys('acme', { after: null, limit: 1 }));
    expect(keys).toHaveLength(1);
    const rest = expectOk(await world.organization.listKeys('acme', { after: keys[0]!.keyId, limit: 9 }));
    expect([...keys, ...rest.keys].map(({ name }) => name).sort()).toEqual(['owner', 'reader']);
    expect(rest.next).toBeNull();
  });

  it('have two good secrets while they are rotated, and one after', async () => {
    const world = new OrganizationWorld();
    const { owner } = await world.found();
    const { key, text: first } = expectOk(await world.createKey(owner, { role: 'viewer' }));
    const { text: second } = expectOk(await world.organization.rotateKey('acme', owner, key.keyId, hourMs));
    expect(expectOk(await world.resolve(first)).expiresAtMs).toBe(world.nowMs + hourMs);
    expect(expectOk(await world.resolve(second)).expiresAtMs).toBeNull();
    const third = await world.organization.rotateKey('acme', owner, key.keyId, hourMs);
    expect(third).toMatchObject({ error: { code: 'LIMIT_REACHED', detail: { retry_after_ms: hourMs } } });
    world.nowMs += hourMs;
    expect(codeOf(await world.resolve(first))).toBe('SASL_AUTHENTICATION_FAILED');
    expect(codeOf(await world.resolve(second))).toBe('ok');
    const { text: fourth } = expectOk(await world.organization.rotateKey('acme', owner, key.keyId, hourMs));
    const { text: fifth } = expectOk(await world.organization.rotateKey('acme', owner, key.keyId, 0));
    const codes = await Promise.all([second, fourth, fifth].map(async (text) => codeOf(await world.resolve(text))));
    expect(codes).toEqual(['SASL_AUTHENTICATION_FAILED', 'SASL_AUTHENTICATION_FAILED', 'ok']);
  });

  it('end at their expiry, and at once when they are revoked, with nothing left that proves a secret', async () => {
    const world = new OrganizationWorld();
    const { owner } = await world.found();
    const short = expectOk(await world.createKey(owner, { role: 'viewer', lifetimeMs: hourMs }));
    const { text: rotated } = expectOk(await world.organization.rotateKey('acme', owner, short.key.keyId, 2 * hourMs));
    expect(expectOk(await world.resolve(short.text)).expiresAtMs).toBe(world.nowMs + hourMs);
    const epoch = expectOk(await world.organization.authorizationEpoch('acme', []));
    const { key, text } = expectOk(await world.createKey(owner, { role: 'viewer' }));
    expectOk(await world.organization.revokeKey('acme', owner, key.keyId));
    expectOk(await world.organization.revokeKey('acme', owner, key.keyId));
    expect(codeOf(await world.resolve(text))).toBe('SASL_AUTHENTICATION_FAILED');
    expect(expectOk(await world.organization.authorizationEpoch('acme', []))).toBeGreaterThan(epoch);
    expect(world.sql.query('SELECT * FROM api_key_secret WHERE key_id = ?', key.keyId)).toEqual([]);
    expect(codeOf(await world.organization.rotateKey('acme', owner, key.keyId, 0))).toBe('INVALID_REQUEST');
    world.nowMs += hourMs;
    expect(codeOf(await world.resolve(rotated))).toBe('SASL_AUTHENTICATION_FAILED');
    const shown = expectOk(await world.organization.describeKey('acme', short.key.keyId));
    expect(shown.status).toBe('expired');
  });

  it('are refused in the same words, with what is wrong with them for the edge alone', async () => {
    const world = new OrganizationWorld();
    const { owner, text } = await world.found();
    const revoked = expectOk(await world.createKey(owner, { role: 'viewer' }));
    expectOk(await world.organization.revokeKey('acme', owner, revoked.key.keyId));
    const wrong = text.slice(0, -49) + revoked.text.slice(-49);
    const { keyId } = owner.principal;
    const answers = [
      await world.resolve(revoked.text),
      await world.organization.resolveKey('acme', { keyId: keyId!, digest: wrong }),
      await world.organization.resolveKey('acme', { keyId: 'mrk_nobody', digest: '' }),
      await world.organization.resolveKey('elsewhere', { keyId: keyId!, digest: '' }),
    ];
    expect(new Set(answers.map((answer) => !answer.ok && answer.error.message)).size).toBe(1);
    const faults = answers.map((answer) => (answer.ok ? null : faultOf(answer)));
    expect(faults).toEqual(['revoked', 'wrong_secret', 'unknown', null]);
    expect(codeOf(answers[0]!)).toBe('SASL_AUTHENTICATION_FAILED');
  });

  it('never get more rights than their maker has', async () => {
    const world = new OrganizationWorld();
    const { owner } = await world.found();
    const admin = {
      principal: expectOk(await world.resolve(expectOk(await world.createKey(owner, { role: 'admin' })).text)),
      host: null,
    };
    expect(codeOf(await world.createKey(admin, { role: 'owner' }))).toBe('CLUSTER_AUTHORIZATION_FAILED');
    expect(codeOf(await world.createKey(admin, { role: 'developer' }))).toBe('ok');
    const ofOrganization: KeyScope = { verb: 'admin', resource: 'organization', name: '*', pattern: 'literal' };
    expect(codeOf(await world.createKey(admin, { scopes: [ofOrganization] }))).toBe('CLUSTER_AUTHORIZATION_FAILED');
    // Nor by taking over a key that has them.
    const owned = expectOk(await world.createKey(owner, { role: 'owner' }));
    expect(codeOf(await world.organization.rotateKey('acme', admin, owned.key.keyId, 0))).toBe(
      'CLUSTER_AUTHORIZATION_FAILED',
    );
    const reader = {
      principal: expectOk(
        await world.resolve(expectOk(await world.createKey(owner, { scopes: [consumeOrders] })).text),
      ),
      host: null,
    };
    expect(codeOf(await world.createKey(reader, { role: 'viewer' }))).toBe('CLUSTER_AUTHORIZATION_FAILED');
  });

  it('are refused when they make no sense', async () => {
    const world = new OrganizationWorld();
    const { owner } = await world.found();
    const codes = [
      await world.createKey(owner, { role: 'viewer', scopes: [consumeOrders] }),
      await world.createKey(owner, {}),
      await world.createKey(owner, { role: 'viewer', name: ' ' }),
      await world.createKey(owner, { role: 'viewer', name: 'a\nb' }),
      await world.createKey(owner, { role: 'viewer', lifetimeMs: 0 }),
      await world.createKey(owner, { role: 'viewer', lifetimeMs: 11 * 365 * 24 * hourMs }),
    ].map(codeOf);
    expect(codes).toEqual(codes.map(() => 'INVALID_REQUEST'));
    expect(codeOf(await world.organization.rotateKey('acme', owner, 'mrk_nobody', 0))).toBe('UNKNOWN_RESOURCE');
    expect(codeOf(await world.organization.revokeKey('acme', owner, 'mrk_nobody'))).toBe('UNKNOWN_RESOURCE');
  });

  it('note their last use, at most once an hour', async () => {
    const world = new OrganizationWorld();
    const { owner } = await world.found();
    const keyId = owner.principal.keyId!;
    const lastUse = async () => expectOk(await world.organization.describeKey('acme', keyId)).lastUsedAtMs;
    await world.organization.authorizationEpoch('acme', [keyId, 'mrk_of_nobody']);
    const firstMs = world.nowMs;
    expect(await lastUse()).toBe(firstMs);
    world.nowMs += hourMs / 2;
    await world.organization.authorizationEpoch('acme', [keyId]);
    expect(await lastUse()).toBe(firstMs);
    world.nowMs += hourMs;
    await world.organization.authorizationEpoch('acme', [keyId]);
    expect(await lastUse()).toBe(world.nowMs);
  });

  it('keep what SASL SCRAM needs to recognise the password, and not the password (RFC 5802)', async () => {
    const world = new OrganizationWorld();
    const { owner, text } = await world.found();
    const password = text.slice(-49);
    const [row] = world.sql.query<{ scram: string }>(
      'SELECT scram FROM api_key_secret WHERE key_id = ?',
      owner.principal.keyId!,
    );
    const stored = JSON.parse(row!.scram) as ScramCredentials;
    for (const [hash, { salt, iterations, storedKey, serverKey }] of Object.entries(stored)) {
      const length = hash === 'sha256' ? 32 : 64;
      const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), iterations, length, hash);
      const clientKey = createHmac(hash, salted).update('Client Key').digest();
      expect(createHash(hash).update(clientKey).digest('base64')).toBe(storedKey);
      expect(createHmac(hash, salted).update('Server Key').digest('base64')).toBe(serverKey);
      expect(iterations).toBeGreaterThanOrEqual(4_096);
    }
    expect(row!.scram).not.toContain(password);
  });
});

describe('ACLs', () => {
  const allowEveryone: AclBinding = {
    principal: 'User:*',
    host: '*',
    operation: 'READ',
    permission: 'ALLOW',
    resourceType: 'TOPIC',
    resourceName: 'public-',
    patternType: 'PREFIXED',
  };

  it('are part of a principal as soon as they are made, and until they are deleted', async () => {
    const world = new OrganizationWorld();
    const { owner } = await world.found();
    const { key, text } = expectOk(await world.createKey(owner, { scopes: [consumeOrders] }));
    const denied: AclBinding = {
      ...allowEveryone,
      permission: 'DENY',
      principal: `User:${key.keyId}`,
      resourceName: 'public-x',
      patternType: 'LITERAL',
    };
    const others: AclBinding = { ...allowEveryone, principal: 'User:mrk_other', resourceName: 'secret' };
    expectOk(await world.organization.createAcls('acme', owner, [allowEveryone, denied, others, allowEveryone]));
    const principal = expectOk(await world.resolve(text));
    const mayRead = (resourceName: string) => mayAccess(principal, { ...readOrders, resourceName });
    expect(['public-a', 'public-x', 'secret', 'orders'].map(mayRead)).toEqual([true, false, false, true]);
    expect(expectOk(await world.organization.listAcls('acme', 'acme1', noFilter))).toHaveLength(3);
    expect(expectOk(await world.organization.deleteAcls('acme', owner, { ...noFilter, permission: 'DENY' }))).toEqual([
      denied,
    ]);
    const after = expectOk(await world.organization.principalOf('acme', 'acme1', principal.id));
    expect(mayAccess(after, { ...readOrders, resourceName: 'public-x' })).toBe(true);
    expect(after.epoch).toBeGreaterThan(principal.epoch);
    expect(codeOf(await world.organization.principalOf('acme', 'elsewhere', principal.id))).toBe('UNKNOWN_RESOURCE');
  });

  it('are bounded, checked, and hand on no rights that their maker lacks', async () => {
    const world = new OrganizationWorld();
    const { owner } = await world.found();
    const viewer = {
      principal: expectOk(await world.resolve(expectOk(await world.createKey(owner, { role: 'viewer' })).text)),
      host: null,
    };
    const { organization } = world;
    expect(codeOf(await organization.createAcls('acme', viewer, [allowEveryone]))).toBe('ok');
    const write: AclBinding = { ...allowEveryone, operation: 'WRITE' };
    expect(codeOf(await organization.createAcls('acme', viewer, [write]))).toBe('CLUSTER_AUTHORIZATION_FAILED');
    expect(codeOf(await organization.createAcls('acme', owner, [{ ...write, principal: 'ann' }]))).toBe(
      'INVALID_REQUEST',
    );
    const many = Array.from({ length: 1_000 }, (_, index) => ({ ...allowEveryone, resourceName: `t${index}` }));
    expect(codeOf(await organization.createAcls('acme', owner, many))).toBe('LIMIT_REACHED');
  });
});

const wholeAudit = {
  filter: { principal: null, action: null, outcome: null },
  order: 'oldest',
  after: null,
  limit: 100,
} as const;
describe('signing secrets', () => {
  it('sign for one key, whose rights their maker has, and open nothing once either is revoked', async () => {
    const world = new OrganizationWorld();
    const { owner } = await world.found();
    const { organization } = world;
    const { key } = expectOk(await world.createKey(owner, { role: 'developer' }));
    const request = { name: 'backend', keyId: key.keyId };
    const viewer = {
      principal: expectOk(await world.resolve(expectOk(await world.createKey(owner, { role: 'viewer' })).text)),
      host: null,
    };
    expect(codeOf(await organization.createSigningSecret('acme', viewer, request))).toBe(
      'CLUSTER_AUTHORIZATION_FAILED',
    );
    const nobody = { ...request, keyId: 'mrk_nobody' };
    expect(codeOf(await organization.createSigningSecret('acme', owner, nobody))).toBe('UNKNOWN_RESOURCE');
    const first = expectOk(await organization.createSigningSecret('acme', owner, request));
    const { signingSecretId } = first.signingSecret;
    const resolved = expectOk(await organization.resolveTokenSigner('acme', signingSecretId));
    expect(resolved.principal.id).toBe(`User:${key.keyId}`);
    expect(resolved.sealedSecret).not.toContain(first.secret);
    expect(JSON.stringify(world.sql.query('SELECT * FROM signing_secret'))).not.toContain(first.secret);
    expectOk(await organization.revokeSigningSecret('acme', owner, signingSecretId));
    expect(codeOf(await organization.resolveTokenSigner('acme', signingSecretId))).toBe('SASL_AUTHENTICATION_FAILED');
    const second = expectOk(await organization.createSigningSecret('acme', owner, request)).signingSecret;
    expectOk(await organization.revokeKey('acme', owner, key.keyId));
    for (const kid of [second.signingSecretId, key.keyId, 'mrs_nobody']) {
      expect(codeOf(await organization.resolveTokenSigner('acme', kid))).toBe('SASL_AUTHENTICATION_FAILED');
    }
    expect(expectOk(await organization.listSigningSecrets('acme'))).toHaveLength(2);
    expect(codeOf(await organization.listSigningSecrets('other'))).toBe('WRONG_OBJECT');
  });
});

describe('what is being deleted', () => {
  it.each(['organization', 'cluster'])('has no principals any more: %s', async (table) => {
    const world = new OrganizationWorld();
    const { owner, text } = await world.found();
    const { organization } = world;
    const { keyId } = owner.principal;
    const request = { name: 'backend', keyId: keyId! };
    const { signingSecret } = expectOk(await organization.createSigningSecret('acme', owner, request));
    const answers = async () => [
      codeOf(await world.resolve(text)),
      codeOf(await organization.principalOf('acme', 'acme1', owner.principal.id)),
      codeOf(await organization.resolveTokenSigner('acme', keyId!)),
      codeOf(await organization.resolveTokenSigner('acme', signingSecret.signingSecretId)),
      codeOf(await world.createKey(owner)),
    ];
    expect(await answers()).toEqual(['ok', 'ok', 'ok', 'ok', 'INVALID_REQUEST']);
    world.sql.run(`UPDATE ${table} SET state = 'DELETING'`);
    const refused = 'SASL_AUTHENTICATION_FAILED';
    expect(await answers()).toEqual([refused, 'UNKNOWN_RESOURCE', refused, refused, 'UNKNOWN_RESOURCE']);
  });
});

it('every act is told to the audit, with who did it, and without a secret', async () => {
  const world = new OrganizationWorld();
  const { owner, text } = await world.found();
  const { key } = expectOk(await world.createKey(owner, { role: 'viewer' }));
  expectOk(await world.organization.rotateKey('acme', owner, key.keyId, 0));
  expectOk(await world.organization.revokeKey('acme', owner, key.keyId));
  expectOk(await world.organization.createCluster('acme', owner, 'staging'));
  const { entries } = expectOk(await world.organization.listAudit('acme', wholeAudit));
  expect(entries.map(({ principal, action }) => `${principal} ${action}`)).toEqual([
    'User:operator organizations.create',
    'User:operator keys.create',
    ...['keys.create', 'keys.rotate', 'keys.revoke', 'clusters.create'].map((act) => `${owner.principal.id} ${act}`),
  ]);
  expect(JSON.stringify(entries)).not.toContain(text.slice(-49, -6));
});
