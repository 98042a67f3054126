import { describe, expect, it } from 'vitest';
import type { SocketHolder } from '../../src/tenancy/socket-holders.ts';
import { expectOk, OrganizationWorld } from './organization-world.ts';

const holderOf = (name: string): SocketHolder => ({ kind: 'relay', name });

async function worldWithHolders(...names: string[]) {
  const world = new OrganizationWorld();
  const { owner } = await world.found();
  const enter = async (name: string) => expectOk(await world.organization.heldEpoch('acme', holderOf(name)));
  for (const name of names) {
    world.holding.add(name);
    await enter(name);
  }
  const key = expectOk(await world.createKey(owner, { role: 'viewer' })).key.keyId;
  const revoke = async () => expectOk(await world.organization.revokeKey('acme', owner, key));
  const entered = () =>
    world.sql.query<{ name: string }>('SELECT name FROM socket_holder ORDER BY name').map(({ name }) => name);
  return { world, owner, enter, key, revoke, entered };
}

describe('who holds sockets of an organization', () => {
  it('is told at once when a key is revoked, a member changes, or a rule does, and of nothing else', async () => {
    const { world, owner, revoke } = await worldWithHolders('a', 'b');
    const { organization } = world;
    const told = async () => {
      await organization.runAlarm();
      return world.told.splice(0).sort();
    };
    expectOk(await organization.createCluster('acme', owner, 'staging'));
    expectOk(await organization.alter('acme', owner, { name: 'Acme Inc' }));
    expect(await told()).toEqual([]);
    await revoke();
    expect(world.alarm.atMs).toBe(world.nowMs);
    expect(await told()).toEqual(['a', 'b']);
    const { memberId } = expectOk(
      await organization.inviteMember('acme', owner, { email: 'ann@example.com', role: 'viewer' }),
    );
    expect(await told()).toEqual([]);
    expectOk(await organization.alterMember('acme', owner, memberId, 'admin'));
    expect(await told()).toEqual(['a', 'b']);
    const rule = {
      principal: 'User:*',
      host: '*',
      operation: 'READ',
      permission: 'DENY',
      resourceType: 'TOPIC',
      resourceName: 'orders',
      patternType: 'LITERAL',
    } as const;
    expectOk(await organization.createAcls('acme', owner, [rule]));
    expect(await told()).toEqual(['a', 'b']);
  });

  it('is told until it has heard, over failures and restarts', async () => {
    const { world, revoke } = await worldWithHolders('a');
    world.areOthersAway = true;
    await revoke();
    await world.organization.runAlarm();
    expect(world.told).toEqual([]);
    world.restart();
    world.areOthersAway = false;
    world.nowMs += 10_000;
    await world.organization.runAlarm();
    await world.organization.runAlarm();
    expect(world.told).toEqual(['a']);
    expect(world.sql.query('SELECT * FROM outbox')).toEqual([]);
  });

  it('is forgotten when it holds none any more, and enters again with the next', async () => {
    const { world, revoke, enter, entered } = await worldWithHolders('a', 'b');
    world.holding.delete('a');
    await revoke();
    await world.organization.runAlarm();
    expect(entered()).toEqual(['b']);
    await enter('a');
    await enter('a');
    expect(entered()).toEqual(['a', 'b']);
  });

  it('stays known when a socket comes while it says that it has none', async () => {
    const { world, revoke, enter, entered } = await worldWithHolders('a', 'b');
    world.holding.clear();
    world.beforeTold = async (name) => {
      if (name === 'a') await enter(name);
    };
    await revoke();
    await world.organization.runAlarm();
    expect(entered()).toEqual(['a']);
  });

  it('is bounded: who finds no room asks by itself', async () => {
    const { enter, entered } = await worldWithHolders();
    for (let count = 0; count < 2_005; count += 1) await enter(`p${count}`);
    expect(entered()).toHaveLength(2_000);
  });

  it('leaves room for objects with many sockets when there are very many connections, and forgets those that are over', async () => {
    const { world, enter, entered } = await worldWithHolders();
    const connection = (count: number): SocketHolder => ({ kind: 'connection', name: `c${count}` });
    for (let count = 0; count < 1_005; count += 1) {
      expectOk(await world.organization.heldEpoch('acme', connection(count)));
    }
    expect(entered()).toHaveLength(1_000);
    await enter('relay');
    expect(entered()).toContain('relay');
    expectOk(await world.organization.leaveHolder('acme', connection(7)));
    expect(entered()).not.toContain('c7');
    expectOk(await world.organization.heldEpoch('acme', connection(2_000)));
    expect(entered()).toContain('c2000');
  });

  it('asks for many principals at once, and is told who is nobody, or had a token signed with what was revoked', async () => {
    const { world, owner, key, revoke } = await worldWithHolders();
    const { organization } = world;
    const request = { name: 'backend', keyId: owner.principal.keyId! };
    const { signingSecret } = expectOk(await organization.createSigningSecret('acme', owner, request));
    const question = (principalId: string, signerId: string | null = null) => ({
      clusterId: 'acme1',
      principalId,
      signerId,
    });
    const asked = [
      question(owner.principal.id),
      question(owner.principal.id, owner.principal.keyId),
      question(owner.principal.id, signingSecret.signingSecretId),
      question(`User:${key}`),
      question('User:mrk_nobody'),
    ];
    const found = async () =>
      expectOk(await organization.principalsOf('acme', asked)).map((principal) => principal?.id ?? null);
    const { id } = owner.principal;
    expect(await found()).toEqual([id, id, id, `User:${key}`, null]);
    await revoke();
    expectOk(await organization.revokeSigningSecret('acme', owner, signingSecret.signingSecretId));
    expect(await found()).toEqual([id, id, null, null, null]);
  });
});
