import type { AclBinding } from './acl-binding.ts';
import type { BudgetStanding } from './budget-standing.ts';
import type { PrincipalQuotas } from './quota-rates.ts';
import type { RecordKeyRule } from './record-key-rules.ts';
import type { StorageStanding } from './storage-standing.ts';

/**
 * On whose behalf a request comes, and everything that is needed to decide what it may do. It is plain data: it is
 * cached by isolates and travels to objects in an envelope.
 */
export type Principal = {
  /** The organization and cluster that everything it asks for is looked up in; they come from the credential alone. */
  readonly orgId: string;
  readonly clusterId: string;
  /** `User:<key id>`, `User:<member id>`, `User:anonymous` in open mode, `User:operator`. */
  readonly id: string;
  readonly kind: 'anonymous' | 'key' | 'member' | 'browser_token' | 'operator';
  /** What usage and quotas are counted for. */
  readonly keyId: string | null;
  /** Compiled from the role or the key's scopes, and the ACLs of the cluster that name this principal or everyone. */
  readonly grants: readonly AclBinding[];
  /** A browser token's capabilities: it may do what both these and the grants of its key allow. */
  readonly narrowing: readonly AclBinding[] | null;
  /** Null when the token, or key, is not held to keys of records. */
  readonly recordKeyRules: readonly RecordKeyRule[] | null;
  /** The origins whose pages may use it, exactly as a browser sends them. */
  readonly origins: readonly string[];
  /** True for open mode, the operator and an organization's owner: everything in the organization is allowed. */
  readonly isSuper: boolean;
  /** What a token was signed with, and ends with; absent for what is no token. */
  readonly signerId?: string | undefined;
  /** Which of its key's secrets was presented, and what it ends with; absent where none was. */
  readonly secretNumber?: number | undefined;
  /** Where the request comes from; absent where the platform cannot tell, or nothing asks. */
  readonly host?: string | undefined;
  /** What its requests count against; absent when nothing is bounded. */
  readonly quotas?: PrincipalQuotas | undefined;
  /** How far the organization's budget is used; absent while there is nothing to say of it. */
  readonly budget?: BudgetStanding | undefined;
  /** Set while the organization keeps as much as it may: nothing is written then. */
  readonly storage?: StorageStanding | undefined;
  /** When the credential ends, in ms since 1970; null when it does not. */
  readonly expiresAtMs: number | null;
  /** The organization's authorization epoch that this was resolved at. */
  readonly epoch: number;
};

/** Whom usage is counted for: the key, or the member by its id; nobody's is empty. */
export function accountOf({ keyId, kind, id }: Principal): string {
  return keyId ?? (kind === 'member' ? id.replace(/^User:/, '') : '');
}

/** Whether what it uses is counted: operators, the platform itself and open mode use nothing of an organization's. */
export function isMetered({ kind }: Principal): boolean {
  return kind === 'key' || kind === 'member' || kind === 'browser_token';
}

/** Everyone, in open mode. */
export function anonymousPrincipal(cluster: { readonly orgId: string; readonly clusterId: string }): Principal {
  return {
    orgId: cluster.orgId,
    clusterId: cluster.clusterId,
    id: 'User:anonymous',
    kind: 'anonymous',
    keyId: null,
    grants: [],
    narrowing: null,
    recordKeyRules: null,
    origins: [],
    isSuper: true,
    expiresAtMs: null,
    epoch: 0,
  };
}

/** The platform itself, where it works on behalf of nobody: it writes dead letters, or has checked who asks before. */
export function platformPrincipal(cluster: { readonly orgId: string; readonly clusterId: string }): Principal {
  return { ...anonymousPrincipal(cluster), id: 'User:platform', kind: 'operator' };
}

/** Who has no credential, where none is needed. It may do nothing. */
export const nobody: Principal = {
  ...anonymousPrincipal({ orgId: '', clusterId: '' }),
  id: 'User:nobody',
  isSuper: false,
};
