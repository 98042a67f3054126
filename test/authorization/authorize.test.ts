import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AclBinding, aclOperations, resourceTypes } from '../../src/authorization/acl-binding.ts';
import { type Access, authorize } from '../../src/authorization/authorize.ts';
import { anonymousPrincipal } from '../../src/authorization/principal.ts';
import { binding, keyPrincipal } from './principals.ts';

/** Kafka's rules once more, said as sets: slow, short, and written without a look at the evaluator. */
function reference(bindings: readonly AclBinding[], access: Access): boolean {
  const mine = bindings.filter((rule) => ['User:key', 'User:*'].includes(rule.principal));
  const hits = (rule: AclBinding, { resourceType, resourceName }: Pick<Access, 'resourceType' | 'resourceName'>) =>
    rule.resourceType === resourceType &&
    (rule.patternType === 'LITERAL' ? ['*', resourceName] : prefixesOf(resourceName)).includes(rule.resourceName);
  const allowedBy: Record<string, string[]> = {
    DESCRIBE: ['DESCRIBE', 'READ', 'WRITE', 'DELETE', 'ALTER', 'ALL'],
    DESCRIBE_CONFIGS: ['DESCRIBE_CONFIGS', 'ALTER_CONFIGS', 'ALL'],
  };
  const within = (rule: AclBinding, operations: string[]) => operations.includes(rule.operation);
  const allow = mine.filter((rule) => rule.permission === 'ALLOW' && ['*', access.host].includes(rule.host));
  const deny = mine.filter(
    (rule) => rule.permission === 'DENY' && (access.host === undefined || ['*', access.host].includes(rule.host)),
  );
  const on = (what: Pick<Access, 'resourceType' | 'resourceName'>) => {
    if (deny.some((rule) => within(rule, [access.operation, 'ALL']) && hits(rule, what))) return 'denied';
    return allow.some(
      (rule) => within(rule, allowedBy[access.operation] ?? [access.operation, 'ALL']) && hits(rule, what),
    );
  };
  if (on(access) !== false) return on(access) === true;
  if (access.operation === 'CREATE' && access.resourceType === 'TOPIC')
    return on({ resourceType: 'CLUSTER', resourceName: 'kafka-cluster' }) === true;
  return (
    access.operation === 'IDEMPOTENT_WRITE' &&
    allow.some((rule) => rule.resourceType === 'TOPIC' && within(rule, ['WRITE', 'ALL']))
  );
}

const prefixesOf = (name: string) => Array.from({ length: name.length + 1 }, (_, length) => name.slice(0, length));

const names = fc.constantFrom('*', 'a', 'ab', 'abc', 'b', 'kafka-cluster');
const hosts = fc.constantFrom('*', '10.0.0.1', '10.0.0.2');

const bindings = fc.record({
  principal: fc.constantFrom('User:key', 'User:*', 'User:other'),
  host: hosts,
  operation: fc.constantFrom(...aclOperations),
  permission: fc.constantFrom('ALLOW' as const, 'ALLOW' as const, 'DENY' as const),
  resourceType: fc.constantFrom(...resourceTypes),
  resourceName: names,
  patternType: fc.constantFrom('LITERAL' as const, 'PREFIXED' as const),
});

const accesses: fc.Arbitrary<Access> = fc
  .record({
    operation: fc.constantFrom(...aclOperations.filter((operation) => operation !== 'ALL')),
    resourceType: fc.constantFrom(...resourceTypes),
    resourceName: fc.constantFrom('a', 'ab', 'abc', 'b', 'kafka-cluster'),
    host: fc.constantFrom('10.0.0.1', '10.0.0.2', null),
  })
  .map(({ host, ...access }) => (host === null ? access : { ...access, host }));

describe('authorize', () => {
  test('decides as the reference does', () => {
    let allowed = 0;
    fc.assert(
      fc.property(
        fc.array(bindings, { maxLength: 12 }),
        fc.array(accesses, { minLength: 20, maxLength: 20 }),
        (rules, wanted) => {
          for (const access of wanted) {
            const decision = authorize(keyPrincipal(rules), access);
            expect(decision.allowed).toBe(reference(rules, access));
            allowed += decision.allowed ? 1 : 0;
          }
        },
      ),
      { numRuns: 1_000 },
    );
    expect(allowed, 'accesses that were allowed').toBeGreaterThan(100);
  });

  test('lets a token do what both it and its key may', () => {
    fc.assert(
      fc.property(
        fc.array(bindings),
        fc.array(bindings),
        accesses,
        fc.boolean(),
        (grants, narrowing, access, isSuper) => {
          const decision = authorize(keyPrincipal(grants, { narrowing, isSuper }), access);
          const both = (isSuper || reference(grants, access)) && reference(narrowing, access);
          expect(decision.allowed).toBe(both);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('says which rule decided', () => {
    const wide = binding();
    const deny = binding({ permission: 'DENY', resourceName: 'secret-', patternType: 'PREFIXED' });
    const principal = keyPrincipal([wide, deny]);
    const read = (resourceName: string) =>
      authorize(principal, { operation: 'READ', resourceType: 'TOPIC', resourceName });
    expect(read('orders')).toEqual({ allowed: true, rule: wide, reason: 'allowed' });
    expect(read('secret-plans')).toEqual({ allowed: false, rule: deny, reason: 'denied' });
    const write: Access = { operation: 'WRITE', resourceType: 'TOPIC', resourceName: 'orders' };
    expect(authorize(principal, write)).toEqual({ allowed: false, rule: null, reason: 'no_rule' });
    const narrowed = { ...principal, narrowing: [binding({ resourceName: 'flights' })] };
    const orders: Access = { operation: 'READ', resourceType: 'TOPIC', resourceName: 'orders' };
    expect(authorize(narrowed, orders)).toEqual({ allowed: false, rule: null, reason: 'narrowed' });
  });

  test('allows a super principal everything', () => {
    fc.assert(
      fc.property(accesses, fc.array(bindings), (access, grants) => {
        const principal = { ...anonymousPrincipal({ orgId: 'o', clusterId: 'c' }), grants };
        expect(authorize(principal, access)).toEqual({ allowed: true, rule: null, reason: 'super' });
      }),
    );
  });
});
