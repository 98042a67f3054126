import { describe, expect, test } from 'vitest';
import { decodePrincipal, encodePrincipal, maxPrincipalTextBytes } from '../../src/authorization/principal-text.ts';
import { compileCapabilities } from '../../src/authorization/token-capabilities.ts';
import { binding, keyPrincipal } from './principals.ts';

describe('a principal that goes with a socket', () => {
  test('comes back with the rules for topics and groups', () => {
    const topics = [binding(), binding({ principal: 'User:*', permission: 'DENY', resourceName: 'secret' })];
    const groups = binding({ resourceType: 'GROUP', resourceName: 'app', patternType: 'PREFIXED', host: '10.0.0.1' });
    const elsewhere = binding({ resourceType: 'CLUSTER', operation: 'ALTER' });
    const token = compileCapabilities([{ topic: 'orders', ops: ['read'], key_prefix: 'a/' }], 'User:key');
    const principal = keyPrincipal([...topics, groups, elsewhere], { ...token, expiresAtMs: 5, host: '10.0.0.1' });
    const text = encodePrincipal(principal);
    expect(text.ok && decodePrincipal(text.value)).toEqual({ ...principal, grants: [...topics, groups] });
  });

  test('is refused when it has more rules than a sleeping socket can keep', () => {
    const many = Array.from({ length: 200 }, (_, index) => binding({ resourceName: `topic-${index}` }));
    expect(encodePrincipal(keyPrincipal(many))).toMatchObject({
      ok: false,
      error: { code: 'LIMIT_REACHED', detail: { max: maxPrincipalTextBytes } },
    });
  });
});
