import { describe, expect, test } from 'vitest';
import { checkAccess, permittedAmong } from '../../src/authorization/access-check.ts';
import { anonymousPrincipal } from '../../src/authorization/principal.ts';
import { binding, keyPrincipal } from './principals.ts';

describe('an access', () => {
  const principal = keyPrincipal([
    binding({ resourceName: 'orders' }),
    binding({ permission: 'DENY', resourceName: 'secret' }),
  ]);

  test('is refused with the code of its resource, and the reason', () => {
    expect(checkAccess(principal, { operation: 'READ', resourceType: 'TOPIC', resourceName: 'orders' }).ok).toBe(true);
    expect(checkAccess(principal, { operation: 'READ', resourceType: 'TOPIC', resourceName: 'secret' })).toEqual({
      ok: false,
      error: {
        code: 'TOPIC_AUTHORIZATION_FAILED',
        message: 'User:key may not READ topic "secret": an ACL denies it.',
        detail: { operation: 'READ', resource_type: 'TOPIC', reason: 'denied' },
      },
    });
    expect(
      checkAccess(principal, { operation: 'ALTER', resourceType: 'CLUSTER', resourceName: 'kafka-cluster' }),
    ).toMatchObject({
      error: {
        code: 'CLUSTER_AUTHORIZATION_FAILED',
        message: 'User:key may not ALTER the cluster: no scope, role or ACL allows it.',
      },
    });
    const token = { ...anonymousPrincipal({ orgId: 'o', clusterId: 'c' }), narrowing: [] };
    expect(checkAccess(token, { operation: 'READ', resourceType: 'GROUP', resourceName: 'app' })).toMatchObject({
      error: { code: 'GROUP_AUTHORIZATION_FAILED', detail: { reason: 'narrowed' } },
    });
  });

  test('leaves of a list what is permitted', () => {
    const wanted = { operation: 'DESCRIBE', resourceType: 'TOPIC' } as const;
    expect(permittedAmong(principal, wanted, ['a', 'orders', 'secret'], (name) => name)).toEqual(['orders']);
    const everyone = anonymousPrincipal({ orgId: 'o', clusterId: 'c' });
    expect(permittedAmong(everyone, wanted, ['a', 'orders'], (name) => name)).toEqual(['a', 'orders']);
  });
});
