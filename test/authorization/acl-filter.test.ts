import { describe, expect, test } from 'vitest';
import type { AclBinding } from '../../src/authorization/acl-binding.ts';
import { type AclFilter, isMeant } from '../../src/authorization/acl-filter.ts';

const all: AclFilter = {
  principal: null,
  host: null,
  operation: null,
  permission: null,
  resourceType: null,
  resourceName: null,
  patternType: null,
};

const binding: AclBinding = {
  principal: 'User:ann',
  host: '192.0.2.1',
  operation: 'READ',
  permission: 'ALLOW',
  resourceType: 'TOPIC',
  resourceName: 'orders',
  patternType: 'LITERAL',
};

describe('a filter of ACLs', () => {
  test('that says nothing means all', () => expect(isMeant(binding, all)).toBe(true));

  test.each([
    ['principal', 'User:ann', 'User:*'],
    ['host', '192.0.2.1', '*'],
    ['operation', 'READ', 'ALL'],
    ['permission', 'ALLOW', 'DENY'],
    ['resourceType', 'TOPIC', 'GROUP'],
    ['resourceName', 'orders', 'order'],
    ['patternType', 'LITERAL', 'PREFIXED'],
  ] as const)('means those whose %s is equal', (field, equal, other) => {
    expect([isMeant(binding, { ...all, [field]: equal }), isMeant(binding, { ...all, [field]: other })]).toEqual([
      true,
      false,
    ]);
  });

  // Kafka's own cases: org.apache.kafka.common.resource.ResourcePatternFilter.
  test.each([
    ['orders', 'LITERAL', true],
    ['*', 'LITERAL', true],
    ['or', 'LITERAL', false],
    ['or', 'PREFIXED', true],
    ['orders', 'PREFIXED', true],
    ['orders-eu', 'PREFIXED', false],
    ['*', 'PREFIXED', false],
  ] as const)('with MATCH of "orders" means %s as %s: %s', (resourceName, patternType, expected) => {
    const filter: AclFilter = { ...all, patternType: 'MATCH', resourceName: 'orders' };
    expect(isMeant({ ...binding, resourceName, patternType }, filter)).toBe(expected);
  });

  test('with MATCH of no name means every pattern', () => {
    expect(isMeant({ ...binding, patternType: 'PREFIXED' }, { ...all, patternType: 'MATCH' })).toBe(true);
  });
});
