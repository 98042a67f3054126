import { expect, it } from 'vitest';
import {
  noOverrides,
  operatorRatesOf,
  parseOperatorRates,
  type QuotaOverrides,
} from '../../src/limits/operator-rates.ts';
import type { EntityQuotas } from '../../src/tenancy/quota-settings.ts';
import { expectOk, OrganizationWorld, operator } from './organization-world.ts';

const unbounded: EntityQuotas = {
  type: 'organization',
  clusterId: null,
  name: '',
  requests: null,
  produceBytes: null,
  fetchBytes: null,
};

async function worldOf(operator: Partial<Pick<OrganizationWorld, 'operatorRates' | 'operatorCaps'>>) {
  const world = new OrganizationWorld();
  Object.assign(world, operator);
  world.restart();
  const { owner, text } = await world.found();
  const quotas = async () => expectOk(await world.resolve(text)).quotas;
  return { world, owner, quotas };
}

it('hold for every organization, which can set itself less and not more', async () => {
  const { world, owner, quotas } = await worldOf({ operatorRates: { requests: 100 } });
  const rate = (perSecond: number) => [{ subject: 'organization:', kind: 'requests', perSecond }];
  expect((await quotas())?.own).toEqual(rate(100));
  expectOk(await world.organization.alterQuotas('acme', owner, [{ ...unbounded, requests: 1_000 }]));
  expect((await quotas())?.own).toEqual(rate(100));
  expectOk(await world.organization.alterQuotas('acme', owner, [{ ...unbounded, requests: 10 }]));
  expect((await quotas())?.own).toEqual(rate(10));
  // What it has set is shown as it has set it.
  expect(expectOk(await world.organization.describeQuotas('acme')).settings).toEqual([{ ...unbounded, requests: 10 }]);
});

it('are lent out of, as quotas of its own are', async () => {
  const { world } = await worldOf({ operatorRates: { requests: 100 } });
  const wanted = { subject: 'organization:', kind: 'requests', tokens: 1_000, debt: 0 } as const;
  expect(expectOk(await world.organization.leaseQuotas('acme', [wanted]))[0]?.tokens).toBe(200);
});

it('bound connections of every organization, and of a key besides', async () => {
  const { world, owner, quotas } = await worldOf({ operatorCaps: { connections: 3 } });
  expect((await quotas())?.areConnectionsCapped).toBe(true);
  const hold = async (holder: string, account: string, count: number) =>
    expectOk(await world.organization.holdConnections('acme', holder, [{ account, count }]))[0];
  expect(await hold('relay 1', 'mrk_a', 2)).toMatchObject({ excess: 0 });
  expect(await hold('relay 2', 'mrk_b', 2)).toMatchObject({ excess: 1, max: 3 });
  const ofKey = { ...unbounded, type: 'key', name: 'mrk_c', caps: { connections: 0 } } as const;
  expectOk(await world.organization.alterQuotas('acme', owner, [ofKey]));
  await hold('relay 2', 'mrk_b', 0);
  expect(await hold('relay 3', 'mrk_c', 1)).toMatchObject({ excess: 1, max: 0 });
  expect(await hold('relay 3', 'mrk_d', 1)).toMatchObject({ excess: 0 });
});

it('are others for an organization of which the operator says so, higher or lower, and as for all again', async () => {
  const { world, owner, quotas } = await worldOf({
    operatorRates: { requests: 100 },
    operatorCaps: { topics: 5, keys: 2 },
  });
  const { organization } = world;
  const rateNow = async () => (await quotas())?.own.map(({ kind, perSecond }) => [kind, perSecond]);
  const say = async (overrides: QuotaOverrides) =>
    expectOk(await organization.overrideQuotas('acme', operator, overrides)).operator;
  expect(await say({ rates: { requests: 5_000 }, caps: { topics: 50 } })).toEqual({
    rates: { requests: 5_000 },
    caps: { topics: 50, keys: 2 },
  });
  expect(await rateNow()).toEqual([['requests', 5_000]]);
  expect(world.capsTold.at(-1)).toEqual({ operator: { topics: 50 } });
  await say({ rates: { requests: null, fetchBytes: 7 }, caps: { keys: 1, topics: null } });
  expect(await rateNow()).toEqual([['fetchBytes', 7]]);
  expect(expectOk(await organization.describeQuotas('acme')).operator.caps).toEqual({ keys: 1 });
  const another = await world.createKey(owner, { role: 'viewer' });
  expect(another).toMatchObject({ ok: false, error: { code: 'LIMIT_REACHED', detail: { cap: 'keys', max: 1 } } });
  // It outlives the object's memory, and ends.
  world.restart();
  expect(await rateNow()).toEqual([['fetchBytes', 7]]);
  expect(await say(noOverrides)).toEqual({ rates: { requests: 100 }, caps: { topics: 5, keys: 2 } });
  expect(await rateNow()).toEqual([['requests', 100]]);
  expect(world.capsTold.at(-1)).toEqual({});
});

it('count nothing where nothing is bounded', async () => {
  const { quotas } = await worldOf({});
  expect(await quotas()).toBeUndefined();
});

it('are JSON, and a mistake in it is told of without being repeated', () => {
  expect(parseOperatorRates('{"requests":5}')).toEqual({ ok: true, value: { requests: 5 } });
  for (const wrong of ['{"request":5}', '{"requests":"5"}', '{"requests":0}', '{"requests":null}', '[1]', 'a secret']) {
    const parsed = parseOperatorRates(wrong);
    expect(parsed).toMatchObject({ ok: false, error: { code: 'UNKNOWN_SERVER_ERROR' } });
    expect(JSON.stringify(parsed)).toContain('MILLRACE_QUOTAS');
    expect(JSON.stringify(parsed)).not.toContain('a secret');
    expect(operatorRatesOf(wrong)).toEqual({});
  }
});
