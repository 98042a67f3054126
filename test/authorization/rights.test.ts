import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  aclOperations,
  checkAclBinding,
  describeAclBinding,
  resourceTypes,
} from '../../src/authorization/acl-binding.ts';
import { type Access, mayAccess } from '../../src/authorization/authorize.ts';
import { mayHandOn } from '../../src/authorization/delegation.ts';
import {
  checkKeyScope,
  formatKeyScope,
  keyScopeBindings,
  keyScopeResources,
  keyScopeVerbs,
  parseKeyScope,
} from '../../src/authorization/key-scopes.ts';
import { RecordKeyMatcher, recordKeyFilter } from '../../src/authorization/record-key-rules.ts';
import { type Role, roleBindings } from '../../src/authorization/roles.ts';
import {
  checkCapabilities,
  compileCapabilities,
  type TokenCapability,
} from '../../src/authorization/token-capabilities.ts';
import { binding, keyPrincipal } from './principals.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function scoped(...scopes: string[]) {
  const parsed = scopes.map((text) => {
    const scope = parseKeyScope(text);
    if (!scope.ok) throw new Error(scope.error.message);
    return scope.value;
  });
  return keyPrincipal(keyScopeBindings(parsed, 'User:key'));
}

const topic = (operation: Access['operation'], resourceName: string): Access => ({
  operation,
  resourceType: 'TOPIC',
  resourceName,
});

describe('roles', () => {
  const can = (role: Role, operation: Access['operation'], resourceType: Access['resourceType']) =>
    mayAccess(keyPrincipal(roleBindings(role, 'User:key')), {
      operation,
      resourceType,
      resourceName:
        resourceType === 'CLUSTER' ? 'kafka-cluster' : resourceType === 'ORGANIZATION' ? 'organization' : 'x',
    });

  test.each([
    ['admin', 'ALTER', 'CLUSTER', true],
    ['admin', 'CREATE', 'USER', true],
    ['admin', 'ALTER', 'ORGANIZATION', true],
    ['admin', 'DELETE', 'ORGANIZATION', false],
    ['developer', 'WRITE', 'TOPIC', true],
    ['developer', 'CREATE', 'TOPIC', true],
    ['developer', 'READ', 'GROUP', true],
    ['developer', 'ALTER', 'CLUSTER', false],
    ['developer', 'CREATE', 'USER', false],
    ['developer', 'DESCRIBE', 'USER', false],
    ['viewer', 'READ', 'TOPIC', true],
    ['viewer', 'DESCRIBE', 'GROUP', true],
    ['viewer', 'READ', 'GROUP', false],
    ['viewer', 'WRITE', 'TOPIC', false],
    ['viewer', 'CREATE', 'TOPIC', false],
    ['viewer', 'IDEMPOTENT_WRITE', 'CLUSTER', false],
    ['viewer', 'DESCRIBE', 'ORGANIZATION', true],
  ] as const)('%s: %s of %s is %s', (role, operation, type, expected) => {
    expect(can(role, operation, type)).toBe(expected);
  });
});

describe('key scopes', () => {
  test('mean what their verbs say, within their names', () => {
    const key = scoped('produce:topic:orders-*', 'consume:topic:flights', 'consume:group:app');
    expect(mayAccess(key, topic('WRITE', 'orders-eu'))).toBe(true);
    expect(mayAccess(key, topic('DESCRIBE', 'orders-eu'))).toBe(true);
    expect(mayAccess(key, topic('READ', 'orders-eu'))).toBe(false);
    expect(mayAccess(key, topic('READ', 'flights'))).toBe(true);
    expect(mayAccess(key, topic('READ', 'flights-old'))).toBe(false);
    expect(mayAccess(key, topic('DELETE', 'flights'))).toBe(false);
    expect(mayAccess(key, { operation: 'READ', resourceType: 'GROUP', resourceName: 'app' })).toBe(true);
    expect(mayAccess(key, { operation: 'READ', resourceType: 'GROUP', resourceName: 'app2' })).toBe(false);
    const producerId: Access = {
      operation: 'IDEMPOTENT_WRITE',
      resourceType: 'CLUSTER',
      resourceName: 'kafka-cluster',
    };
    expect(mayAccess(key, producerId)).toBe(true);
    expect(mayAccess(scoped('consume:topic:*'), producerId)).toBe(false);
  });

  test('of the cluster let topics be created', () => {
    expect(mayAccess(scoped('admin:cluster'), topic('CREATE', 'new'))).toBe(true);
    expect(mayAccess(scoped('admin:cluster'), topic('WRITE', 'new'))).toBe(false);
  });

  test('are read back as they are written', () => {
    const scopes = fc.record({
      verb: fc.constantFrom(...keyScopeVerbs),
      resource: fc.constantFrom(...keyScopeResources),
      name: fc.constantFrom('*', 'a', 'orders-', 'x.y_z'),
      pattern: fc.constantFrom('literal' as const, 'prefixed' as const),
    });
    let valid = 0;
    fc.assert(
      fc.property(scopes, (scope) => {
        fc.pre(!(scope.pattern === 'prefixed' && scope.name === '*'));
        if (!checkKeyScope(scope).ok) return;
        valid += 1;
        expect(parseKeyScope(formatKeyScope(scope))).toEqual({ ok: true, value: scope });
      }),
      { numRuns: 500 },
    );
    expect(valid).toBeGreaterThan(50);
  });

  test.each([
    '',
    'consume',
    'consume:topics:a',
    'own:topic:a',
    'produce:group:a',
    'admin:cluster:other',
    `consume:topic:${'a'.repeat(250)}`,
  ])('refuse %j', (text) =>
    expect(parseKeyScope(text)).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } }),
  );
});

describe('token capabilities', () => {
  const token = (...capabilities: TokenCapability[]) =>
    keyPrincipal([binding({ operation: 'ALL' })], compileCapabilities(capabilities, 'User:key'));

  test('hold a token to its topics and operations', () => {
    const principal = token({ topic: 'orders', ops: ['read'] }, { prefix: 'log-', ops: ['write'] });
    expect(mayAccess(principal, topic('READ', 'orders'))).toBe(true);
    expect(mayAccess(principal, topic('WRITE', 'orders'))).toBe(false);
    expect(mayAccess(principal, topic('READ', 'orders2'))).toBe(false);
    expect(mayAccess(principal, topic('WRITE', 'log-a'))).toBe(true);
    expect(mayAccess(principal, topic('READ', 'log-a'))).toBe(false);
    expect(principal.recordKeyRules).toBeNull();
  });

  test('hold it to keys by operation: a right to write any key lets it read none besides its own', () => {
    const principal = token(
      { topic: 'orders', ops: ['read'], key_prefix: 'user-42/' },
      { topic: 'orders', ops: ['read'], key_prefix: 'all/' },
      { topic: 'orders', ops: ['write'] },
      { prefix: 'public-', ops: ['read'] },
    );
    expect(recordKeyFilter(principal, 'READ', 'orders')).toEqual(['user-42/', 'all/']);
    expect(recordKeyFilter(principal, 'WRITE', 'orders')).toBeNull();
    expect(recordKeyFilter(principal, 'READ', 'public-news')).toBeNull();
    expect(recordKeyFilter(principal, 'READ', 'other')).toEqual([]);
  });

  test('match keys by their bytes', () => {
    const matcher = new RecordKeyMatcher(['user-42/', 'é']);
    expect(matcher.matches(bytes('user-42/x'))).toBe(true);
    expect(matcher.matches(bytes('user-42/'))).toBe(true);
    expect(matcher.matches(bytes('user-42'))).toBe(false);
    expect(matcher.matches(bytes('user-421/'))).toBe(false);
    expect(matcher.matches(bytes('école'))).toBe(true);
    expect(matcher.matches(bytes('e'))).toBe(false);
    expect(matcher.matches(new Uint8Array())).toBe(false);
    expect(matcher.matches(null)).toBe(false);
    expect(new RecordKeyMatcher([]).matches(bytes('a'))).toBe(false);
  });

  test.each<[string, TokenCapability[]]>([
    ['none at all', []],
    ['no name', [{ ops: ['read'] }]],
    ['two names', [{ topic: 'a', prefix: 'b', ops: ['read'] }]],
    ['an empty prefix', [{ prefix: '', ops: ['read'] }]],
    ['no operation', [{ topic: 'a', ops: [] }]],
    ['an empty key prefix', [{ topic: 'a', ops: ['read'], key_prefix: '' }]],
    ['too many', Array.from({ length: 33 }, () => ({ topic: 'a', ops: ['read' as const] }))],
  ])('are refused with %s', (_, capabilities) => {
    expect(checkCapabilities(capabilities)).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
  });
});

describe('what may be handed on', () => {
  test('is within what the principal may', () => {
    const principal = keyPrincipal([
      binding({ operation: 'ALL', resourceName: 'app-', patternType: 'PREFIXED' }),
      binding({ operation: 'READ' }),
      binding({ permission: 'DENY', resourceName: 'app-secret' }),
    ]);
    const wanted = (rest: Parameters<typeof binding>[0]) =>
      mayHandOn(principal, binding({ principal: 'User:new', ...rest }));
    expect(wanted({ operation: 'WRITE', resourceName: 'app-a' })).toBe(true);
    expect(wanted({ operation: 'WRITE', resourceName: 'app-a', patternType: 'PREFIXED' })).toBe(true);
    expect(wanted({ operation: 'WRITE', resourceName: 'app', patternType: 'PREFIXED' })).toBe(false);
    expect(wanted({ operation: 'WRITE' })).toBe(false);
    expect(wanted({ operation: 'READ', resourceName: 'other' })).toBe(true);
    expect(wanted({ operation: 'READ' }), 'a denied topic is among them').toBe(false);
    expect(wanted({ operation: 'READ', resourceName: 'app-', patternType: 'PREFIXED' })).toBe(false);
    expect(mayHandOn({ ...principal, narrowing: [binding()] }, binding({ resourceName: 'other' }))).toBe(false);
    expect(mayHandOn({ ...principal, isSuper: true }, binding())).toBe(true);
  });

  test('never gives an access the principal has not', () => {
    const rule = fc.record({
      operation: fc.constantFrom(...aclOperations),
      permission: fc.constantFrom('ALLOW' as const, 'ALLOW' as const, 'DENY' as const),
      resourceName: fc.constantFrom('*', 'a', 'ab', 'abc', 'b'),
      patternType: fc.constantFrom('LITERAL' as const, 'PREFIXED' as const),
    });
    let handed = 0;
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), rule, (own, given) => {
        const principal = keyPrincipal(own.map(binding));
        const wanted = binding({ ...given, permission: 'ALLOW' });
        if (!mayHandOn(principal, wanted)) return;
        handed += 1;
        const receiver = keyPrincipal([wanted]);
        for (const resourceName of ['a', 'ab', 'abc', 'b', 'zz']) {
          for (const operation of [
            'READ',
            'WRITE',
            'ALTER',
            'DELETE',
            'CREATE',
            'DESCRIBE',
            'ALTER_CONFIGS',
            'DESCRIBE_CONFIGS',
          ] as const) {
            const access: Access = { operation, resourceType: 'TOPIC', resourceName };
            if (mayAccess(receiver, access)) expect(mayAccess(principal, access)).toBe(true);
          }
        }
      }),
      { numRuns: 3_000 },
    );
    expect(handed).toBeGreaterThan(100);
  });
});

describe('an ACL', () => {
  test('is described in a line', () => {
    expect(describeAclBinding(binding({ resourceName: 'a-', patternType: 'PREFIXED', permission: 'DENY' }))).toBe(
      'DENY User:key READ TOPIC a-* (prefixed) from *',
    );
  });

  test.each([
    ['a principal of another kind', { principal: 'Group:x' }],
    ['no principal', { principal: 'User:' }],
    ['no host', { host: '' }],
    ['an operation that its type has not', { operation: 'WRITE', resourceType: 'GROUP' }],
    ['no name', { resourceName: '' }],
    ['a cluster of another name', { resourceType: 'CLUSTER', operation: 'ALTER', resourceName: 'other' }],
  ] as const)('is refused with %s', (_, rest) => {
    expect(checkAclBinding(binding(rest))).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
  });

  test('is taken as Kafka takes it', () => {
    for (const resourceType of resourceTypes) {
      expect(checkAclBinding(binding({ resourceType, operation: 'ALL' })).ok).toBe(true);
    }
  });
});
