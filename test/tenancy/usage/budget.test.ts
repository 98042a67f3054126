import { describe, expect, test } from 'vitest';
import { checkAccess } from '../../../src/authorization/access-check.ts';
import { anonymousPrincipal } from '../../../src/authorization/principal.ts';
import { decodePrincipal, encodePrincipal } from '../../../src/authorization/principal-text.ts';
import { noBudget, stateOf, tightest } from '../../../src/tenancy/usage/budget.ts';

describe('a budget', () => {
  test.each([
    ['within', { dollars: 7.9, bytes: 0 }],
    ['warned', { dollars: 8, bytes: 0 }],
    ['warned', { dollars: 1, bytes: 950 }],
    ['stopped', { dollars: 10, bytes: 0 }],
    ['stopped', { dollars: 0, bytes: 1_000 }],
  ])('is %s by whichever part is closest to its end', (state, spent) => {
    expect(stateOf({ monthlyDollars: 10, monthlyBytes: 1_000, warnPercent: 80 }, spent)).toBe(state);
  });

  test('that bounds nothing holds nobody back, and one of nothing everybody', () => {
    expect(stateOf(noBudget, { dollars: 1e9, bytes: 1e18 })).toBe('within');
    expect(tightest(noBudget, { dollars: 1, bytes: 1 })).toBeNull();
    expect(stateOf({ ...noBudget, monthlyDollars: 0 }, { dollars: 0, bytes: 0 })).toBe('stopped');
  });

  test('stops records and nothing else, owners too, also behind a socket', () => {
    const budget = { state: 'stopped', unit: 'bytes', used: 11, budget: 10, month: '2026-11' } as const;
    const owner = { ...anonymousPrincipal({ orgId: 'acme', clusterId: 'acme1' }), kind: 'key' as const, budget };
    const text = encodePrincipal(owner);
    expect(text.ok).toBe(true);
    for (const principal of [owner, decodePrincipal(text.ok ? text.value : '')]) {
      const codes = (['READ', 'WRITE', 'DELETE', 'DESCRIBE', 'ALTER'] as const).map((operation) => {
        const checked = checkAccess(principal, { operation, resourceType: 'TOPIC', resourceName: 'orders' });
        return checked.ok ? 'ok' : checked.error.code;
      });
      expect(codes).toEqual(['BUDGET_EXCEEDED', 'BUDGET_EXCEEDED', 'ok', 'ok', 'ok']);
    }
    const warned = { ...owner, budget: { ...budget, state: 'warned' as const } };
    expect(checkAccess(warned, { operation: 'WRITE', resourceType: 'TOPIC', resourceName: 'orders' }).ok).toBe(true);
  });
});
