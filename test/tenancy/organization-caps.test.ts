import { expect, it } from 'vitest';
import type { Result } from '../../src/errors/result.ts';
import type { Caps } from '../../src/limits/caps.ts';
import { expectOk, OrganizationWorld } from './organization-world.ts';

const unbounded = { requests: null, produceBytes: null, fetchBytes: null };
const entityOf = (caps: Caps) => ({ type: 'organization', clusterId: null, name: '', ...unbounded, caps }) as const;
const refusalOf = (result: Result<unknown>) => (result.ok ? 'ok' : [result.error.code, result.error.detail?.cap]);

it('bounds keys and ACLs at once, and has its clusters told of the others', async () => {
  const world = new OrganizationWorld();
  const { owner } = await world.found();
  const { organization } = world;
  expectOk(await organization.alterQuotas('acme', owner, [entityOf({ keys: 2, acls: 1, topics: 7 })]));
  expect(world.capsTold.at(-1)).toEqual({ keys: 2, acls: 1, topics: 7 });
  expect(refusalOf(await world.createKey(owner, { role: 'viewer' }))).toBe('ok');
  expect(refusalOf(await world.createKey(owner, { role: 'viewer' }))).toEqual(['LIMIT_REACHED', 'keys']);
  const rule = {
    principal: 'User:*',
    host: '*',
    permission: 'ALLOW',
    patternType: 'LITERAL',
    resourceType: 'TOPIC',
  } as const;
  const bindings = (['READ', 'WRITE'] as const).map((operation) => ({ ...rule, operation, resourceName: 'orders' }));
  expect(refusalOf(await organization.createAcls('acme', owner, bindings))).toEqual(['LIMIT_REACHED', 'acls']);
  expect(refusalOf(await organization.createAcls('acme', owner, bindings.slice(1)))).toBe('ok');
});

it('holds to what the operator allows, whatever it says itself', async () => {
  const world = new OrganizationWorld();
  world.operatorCaps = { members: 1 };
  world.restart();
  const { owner } = await world.found();
  expectOk(await world.organization.alterQuotas('acme', owner, [entityOf({ members: 100 })]));
  const invite = (email: string) =>
    world.organization.inviteMember('acme', owner, { email, role: 'viewer' }).then(refusalOf);
  expect([await invite('one@example.com'), await invite('two@example.com')]).toEqual([
    'ok',
    ['LIMIT_REACHED', 'members'],
  ]);
});

it('has no caps on keys or topics by name, and none above the platform', async () => {
  const world = new OrganizationWorld();
  const { owner } = await world.found();
  const ofKey = { ...entityOf({ topics: 1 }), type: 'key', name: 'mrk_x' } as const;
  const code = refusalOf(await world.organization.alterQuotas('acme', owner, [ofKey]));
  expect(code).toEqual(['INVALID_REQUEST', undefined]);
  const tooHigh = await world.organization.alterQuotas('acme', owner, [entityOf({ topics: 1e9 })]);
  expect(refusalOf(tooHigh)).toEqual(['INVALID_REQUEST', 'topics']);
});

it('tells its clusters later when they are out of reach', async () => {
  const world = new OrganizationWorld();
  const { owner } = await world.found();
  world.areOthersAway = true;
  expectOk(await world.organization.alterQuotas('acme', owner, [entityOf({ groups: 3 })]));
  expect(world.capsTold.at(-1)).toEqual({});
  world.areOthersAway = false;
  world.nowMs += 3_600_000;
  await world.organization.runAlarm();
  expect(world.capsTold.at(-1)).toEqual({ groups: 3 });
});
