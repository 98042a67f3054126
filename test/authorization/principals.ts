import type { AclBinding } from '../../src/authorization/acl-binding.ts';
import { anonymousPrincipal, type Principal } from '../../src/authorization/principal.ts';

/** A key's principal that has these rights and no others. */
export function keyPrincipal(grants: readonly AclBinding[], rest: Partial<Principal> = {}): Principal {
  return {
    ...anonymousPrincipal({ orgId: 'org', clusterId: 'cluster' }),
    id: 'User:key',
    kind: 'key',
    keyId: 'key',
    isSuper: false,
    grants,
    ...rest,
  };
}

/** A rule that lets the key read everything, with what differs. */
export function binding(rest: Partial<AclBinding> = {}): AclBinding {
  return {
    principal: 'User:key',
    host: '*',
    operation: 'READ',
    permission: 'ALLOW',
    resourceType: 'TOPIC',
    resourceName: '*',
    patternType: 'LITERAL',
    ...rest,
  };
}
