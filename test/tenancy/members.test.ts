import { describe, expect, it } from 'vitest';
import { mayAccess } from '../../src/authorization/authorize.ts';
import type { Issuer } from '../../src/tenancy/issuer.ts';
import type { Actor } from '../../src/tenancy/organization-rpc.ts';
import { codeOf, expectOk, OrganizationWorld } from './organization-world.ts';

const issuer: Issuer = {
  issuer: 'https://login.example.com/',
  audience: 'millrace-acme',
  keysUrl: 'https://login.example.com/keys',
  algorithms: ['RS256'],
  hasCheckedEmails: false,
};

const ann = { issuer: issuer.issuer, audience: issuer.audience, subject: 'subject-of-ann', email: 'ann@example.com' };

async function worldWithIssuer() {
  const world = new OrganizationWorld();
  const { owner } = await world.found();
  const { organization } = world;
  expectOk(await organization.putIssuer('acme', owner, issuer));
  const invite = (actor: Actor, role: 'owner' | 'admin' | 'viewer', email = 'Ann@Example.com') =>
    organization.inviteMember('acme', actor, { email, role });
  const signIn = (identity: object = {}, cluster: string | null = null) =>
    organization.resolveMember('acme', { ...ann, ...identity }, cluster);
  return { world, owner, organization, invite, signIn };
}

describe('members', () => {
  it('are invited by an address, and join with the first sign-in by it', async () => {
    const { world, owner, organization, invite, signIn } = await worldWithIssuer();
    expect(codeOf(await signIn())).toBe('SASL_AUTHENTICATION_FAILED');
    const invited = expectOk(await invite(owner, 'viewer'));
    expect(invited).toMatchObject({ email: 'ann@example.com', role: 'viewer', subject: null });
    const id = `User:${invited.memberId}`;
    expect(codeOf(await organization.principalOf('acme', 'acme1', id))).toBe('UNKNOWN_RESOURCE');
    expect(codeOf(await signIn({ email: null }))).toBe('SASL_AUTHENTICATION_FAILED');

    const principal = expectOk(await signIn());
    expect(principal).toMatchObject({ id, kind: 'member', clusterId: 'acme1', keyId: null, isSuper: false });
    const may = (operation: 'READ' | 'WRITE') =>
      mayAccess(principal, { operation, resourceType: 'TOPIC', resourceName: 'orders' });
    expect([may('READ'), may('WRITE')]).toEqual([true, false]);
    expect(expectOk(await organization.principalOf('acme', 'acme1', id))).toEqual(principal);
    expect(expectOk(await organization.listMembers('acme'))).toMatchObject([
      { subject: ann.subject, joinedAtMs: world.nowMs, lastSeenAtMs: world.nowMs },
    ]);
  });

  it('are known by their subject from then on, whatever their address is, and nobody else by that', async () => {
    const { owner, invite, signIn } = await worldWithIssuer();
    expectOk(await invite(owner, 'viewer'));
    const { id } = expectOk(await signIn());
    expect(expectOk(await signIn({ email: 'new@example.com' })).id).toBe(id);
    expect(expectOk(await signIn({ email: null })).id).toBe(id);
    expect(codeOf(await signIn({ subject: 'another' }))).toBe('SASL_AUTHENTICATION_FAILED');
  });

  it('sign in by issuers of the organization alone, each for its audience', async () => {
    const { owner, organization, invite, signIn } = await worldWithIssuer();
    expectOk(await invite(owner, 'viewer'));
    expect(codeOf(await signIn({ issuer: 'https://evil.example.com/' }))).toBe('SASL_AUTHENTICATION_FAILED');
    expect(codeOf(await signIn({ audience: 'millrace-other' }))).toBe('SASL_AUTHENTICATION_FAILED');
    const { id, epoch } = expectOk(await signIn());
    expectOk(await organization.removeIssuer('acme', owner, issuer.issuer, issuer.audience));
    expect(codeOf(await signIn())).toBe('SASL_AUTHENTICATION_FAILED');
    expect(codeOf(await organization.principalOf('acme', 'acme1', id))).toBe('UNKNOWN_RESOURCE');
    expect(expectOk(await organization.authorizationEpoch('acme', []))).toBeGreaterThan(epoch);
  });

  it('choose a cluster, the oldest if they choose none', async () => {
    const { world, owner, organization, invite, signIn } = await worldWithIssuer();
    expectOk(await invite(owner, 'viewer'));
    world.nowMs += 1;
    const { clusterId } = expectOk(await organization.createCluster('acme', owner, 'staging'));
    expect(expectOk(await signIn({}, clusterId)).clusterId).toBe(clusterId);
    expect(expectOk(await signIn()).clusterId).toBe('acme1');
    expect(codeOf(await signIn({}, 'umbrella1'))).toBe('UNKNOWN_RESOURCE');
    world.sql.run("UPDATE cluster SET state = 'DELETING' WHERE cluster_id = 'acme1'");
    expect(expectOk(await signIn()).clusterId).toBe(clusterId);
    expect(codeOf(await signIn({}, 'acme1'))).toBe('UNKNOWN_RESOURCE');
  });

  it('lose at once what a role gave them, and everything when they are removed', async () => {
    const { owner, organization, invite, signIn } = await worldWithIssuer();
    const { memberId } = expectOk(await invite(owner, 'admin'));
    const before = expectOk(await signIn());
    expectOk(await organization.alterMember('acme', owner, memberId, 'viewer'));
    const after = expectOk(await signIn());
    expect(after.epoch).toBeGreaterThan(before.epoch);
    expect(mayAccess(after, { operation: 'WRITE', resourceType: 'TOPIC', resourceName: 'orders' })).toBe(false);
    expectOk(await organization.removeMember('acme', owner, memberId));
    expect(codeOf(await signIn())).toBe('SASL_AUTHENTICATION_FAILED');
    expect(codeOf(await organization.removeMember('acme', owner, memberId))).toBe('UNKNOWN_RESOURCE');
  });

  it('give and take no role that is above their own', async () => {
    const { owner, organization, invite, signIn } = await worldWithIssuer();
    expectOk(await invite(owner, 'admin'));
    const admin: Actor = { principal: expectOk(await signIn()), host: null };
    const refused = 'CLUSTER_AUTHORIZATION_FAILED';
    expect(codeOf(await invite(admin, 'owner', 'bob@example.com'))).toBe(refused);
    const viewer = expectOk(await invite(admin, 'viewer', 'bob@example.com'));
    expect(codeOf(await organization.alterMember('acme', admin, viewer.memberId, 'owner'))).toBe(refused);
    const boss = expectOk(await invite(owner, 'owner', 'boss@example.com'));
    expect(codeOf(await organization.alterMember('acme', admin, boss.memberId, 'viewer'))).toBe(refused);
    expect(codeOf(await organization.removeMember('acme', admin, boss.memberId))).toBe(refused);
    expectOk(await organization.removeMember('acme', admin, viewer.memberId));
    const signedIn = expectOk(await signIn({ subject: 'boss', email: 'boss@example.com' }));
    expect(signedIn.isSuper).toBe(true);
  });

  it('keep an owner, a person or a key that lasts', async () => {
    const { world, owner, organization, invite, signIn } = await worldWithIssuer();
    const ownerKey = owner.principal.keyId!;
    const revoke = () => organization.revokeKey('acme', owner, ownerKey);
    const rest = expectOk(await world.createKey(owner, { role: 'owner', lifetimeMs: 60_000 }));
    expect(codeOf(await revoke())).toBe('ILLEGAL_STATE');
    expectOk(await organization.revokeKey('acme', owner, rest.key.keyId));
    const { memberId } = expectOk(await invite(owner, 'owner'));
    expect(codeOf(await revoke())).toBe('ILLEGAL_STATE');
    const ann: Actor = { principal: expectOk(await signIn()), host: null };
    expectOk(await revoke());
    expect(codeOf(await organization.removeMember('acme', ann, memberId))).toBe('ILLEGAL_STATE');
    expect(codeOf(await organization.alterMember('acme', ann, memberId, 'admin'))).toBe('ILLEGAL_STATE');
    const gone = () => organization.removeIssuer('acme', ann, issuer.issuer, issuer.audience);
    expect(codeOf(await gone())).toBe('ILLEGAL_STATE');
    expectOk(await organization.putIssuer('acme', ann, { ...issuer, audience: 'second' }));
    expectOk(await gone());
    const bob = expectOk(await invite(ann, 'owner', 'bob@example.com'));
    expect(codeOf(await organization.removeMember('acme', ann, memberId))).toBe('ILLEGAL_STATE');
    expectOk(await signIn({ audience: 'second', subject: 'bob', email: 'bob@example.com' }));
    expectOk(await organization.removeMember('acme', ann, memberId));
    expect(codeOf(await organization.alterMember('acme', ann, bob.memberId, 'viewer'))).toBe('ILLEGAL_STATE');
  });

  it('are one an address, and bounded', async () => {
    const { owner, invite } = await worldWithIssuer();
    expectOk(await invite(owner, 'viewer'));
    expect(codeOf(await invite(owner, 'viewer', 'ANN@example.com'))).toBe('RESOURCE_ALREADY_EXISTS');
    for (const email of ['', 'ann', '@example.com', 'a@b@c', 'a b@example.com', `${'a'.repeat(250)}@example.com`]) {
      expect([email, codeOf(await invite(owner, 'viewer', email))]).toEqual([email, 'INVALID_REQUEST']);
    }
    for (let count = 1; count < 1_000; count += 1) expectOk(await invite(owner, 'viewer', `m${count}@example.com`));
    expect(codeOf(await invite(owner, 'viewer', 'last@example.com'))).toBe('LIMIT_REACHED');
  });

  it('are in the audit log with all that happens to them', async () => {
    const { owner, organization, invite, signIn } = await worldWithIssuer();
    const { memberId } = expectOk(await invite(owner, 'viewer'));
    expectOk(await signIn());
    expectOk(await organization.alterMember('acme', owner, memberId, 'admin'));
    expectOk(await organization.removeMember('acme', owner, memberId));
    expectOk(await organization.removeIssuer('acme', owner, issuer.issuer, issuer.audience));
    const filter = { principal: null, action: null, outcome: null };
    const { entries } = expectOk(
      await organization.listAudit('acme', { filter, order: 'oldest', after: null, limit: 100 }),
    );
    expect(entries.slice(-6).map(({ action }) => action)).toEqual([
      ...['issuers.put', 'members.invite', 'members.join', 'members.alter', 'members.remove', 'issuers.remove'],
    ]);
    expect(entries.find(({ action }) => action === 'members.join')?.principal).toBe(`User:${memberId}`);
  });
});

describe('issuers', () => {
  it("are found by issuer and audience, and are no other organization's", async () => {
    const { world, owner, organization } = await worldWithIssuer();
    const { directory } = world;
    const find = async (...audiences: string[]) => expectOk(await directory.findIssuer(issuer.issuer, audiences));
    expect(await find('x', issuer.audience)).toEqual({ orgId: 'acme', issuer });
    expect(await find('x')).toBeNull();
    expect(codeOf(await directory.claimIssuer('umbrella', issuer))).toBe('RESOURCE_ALREADY_EXISTS');
    expectOk(await directory.releaseIssuer('umbrella', issuer.issuer, issuer.audience));
    expect(await find(issuer.audience)).not.toBeNull();
    expectOk(await organization.putIssuer('acme', owner, { ...issuer, algorithms: ['ES256'] }));
    expect((await find(issuer.audience))?.issuer.algorithms).toEqual(['ES256']);
    expectOk(await organization.removeIssuer('acme', owner, issuer.issuer, issuer.audience));
    expect(await find(issuer.audience)).toBeNull();
    expect(codeOf(await organization.removeIssuer('acme', owner, issuer.issuer, issuer.audience))).toBe(
      'UNKNOWN_RESOURCE',
    );
  });

  it('are claimed and released in the end, whatever fails meanwhile', async () => {
    const { world, owner, organization } = await worldWithIssuer();
    const other = { ...issuer, audience: 'second' };
    const find = async (audience: string) => expectOk(await world.directory.findIssuer(issuer.issuer, [audience]));
    expectOk(await world.directory.claimIssuer('umbrella', other));
    expect(codeOf(await organization.putIssuer('acme', owner, other))).toBe('RESOURCE_ALREADY_EXISTS');
    expect((await find('second'))?.orgId).toBe('umbrella');
    world.areOthersAway = true;
    expect(codeOf(await organization.putIssuer('acme', owner, { ...issuer, audience: 'third' }))).toBe('OVERLOADED');
    expectOk(await organization.removeIssuer('acme', owner, issuer.issuer, issuer.audience));
    expect(await find(issuer.audience)).not.toBeNull();
    world.areOthersAway = false;
    world.nowMs += 600_000;
    await organization.runAlarm();
    expect([await find(issuer.audience), await find('third')]).toEqual([null, null]);
    expect(expectOk(await organization.listIssuers('acme'))).toEqual([]);
    expect(world.sql.query('SELECT * FROM outbox')).toEqual([]);
  });

  it("are owners' to choose: an issuer could speak for any of them", async () => {
    const { owner, organization, invite, signIn } = await worldWithIssuer();
    expectOk(await invite(owner, 'admin'));
    const admin: Actor = { principal: expectOk(await signIn()), host: null };
    const forged = { ...issuer, keysUrl: 'https://login.example.org/keys' };
    expect(codeOf(await organization.putIssuer('acme', admin, forged))).toBe('CLUSTER_AUTHORIZATION_FAILED');
    expect(codeOf(await organization.removeIssuer('acme', admin, issuer.issuer, issuer.audience))).toBe(
      'CLUSTER_AUTHORIZATION_FAILED',
    );
  });

  it.each<[string, Partial<Issuer>]>([
    ['an address that is not https', { issuer: 'http://login.example.com/' }],
    ['keys inside a network', { keysUrl: 'https://169.254.169.254/keys' }],
    ['no audience', { audience: ' ' }],
    ['a long audience', { audience: 'x'.repeat(256) }],
    ['no algorithm', { algorithms: [] }],
    ['an algorithm twice', { algorithms: ['RS256', 'RS256'] }],
  ])('are refused with %s, and ten are the most', async (_, wrong) => {
    const { owner, organization } = await worldWithIssuer();
    expect(codeOf(await organization.putIssuer('acme', owner, { ...issuer, ...wrong }))).toBe('INVALID_REQUEST');
    for (let count = 1; count < 10; count += 1) {
      expectOk(await organization.putIssuer('acme', owner, { ...issuer, audience: `a${count}` }));
    }
    expect(codeOf(await organization.putIssuer('acme', owner, { ...issuer, audience: 'x' }))).toBe('LIMIT_REACHED');
    expectOk(await organization.putIssuer('acme', owner, issuer));
  });
});
