import { assert } from '../errors/assert.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import type { AclBinding } from './acl-binding.ts';
import type { Principal } from './principal.ts';

/** The text stays with a socket that sleeps, whose state has 16,384 bytes in all. */
export const maxPrincipalTextBytes = 6 * 1024;

/**
 * In place of the epoch of a principal of which something stays behind because there may be very much of it, such as
 * quotas: whoever holds it asks its organization before anything is done on its behalf, and has all of it then.
 */
export const unresolvedEpoch = -1;

/** Whether more is known of a principal than came along: see {@link unresolvedEpoch}. */
export function isUnresolved({ epoch }: Principal): boolean {
  return epoch === unresolvedEpoch;
}

/** What a socket can ask for: rules for anything else stay behind. */
const socketResources: ReadonlySet<AclBinding['resourceType']> = new Set(['TOPIC', 'GROUP']);

type RuleText = readonly [
  AclBinding['operation'],
  AclBinding['permission'],
  AclBinding['resourceType'],
  string,
  AclBinding['patternType'],
  string,
  isEveryone: boolean,
];

type PrincipalText = Omit<Principal, 'grants' | 'narrowing' | 'origins' | 'quotas'> & {
  readonly grants: readonly RuleText[];
  readonly narrowing: readonly RuleText[] | null;
};

/**
 * A principal as it travels with a socket to the object that holds it, and is kept there. LIMIT_REACHED when the rules
 * that concern it are too many to be kept.
 */
export function encodePrincipal(principal: Principal): Result<string> {
  const { origins: _, quotas, ...rest } = principal;
  const text: PrincipalText = {
    ...rest,
    epoch: quotas === undefined ? principal.epoch : unresolvedEpoch,
    grants: principal.grants.flatMap((rule) => toText(principal, rule)),
    narrowing: principal.narrowing?.flatMap((rule) => toText(principal, rule)) ?? null,
  };
  const json = JSON.stringify(text);
  if (new TextEncoder().encode(json).length <= maxPrincipalTextBytes) return ok(json);
  return failed(
    'LIMIT_REACHED',
    `The ACLs and scopes of ${principal.id} take more than the ${maxPrincipalTextBytes} bytes that are kept with a socket; say them with prefixes.`,
    { max: maxPrincipalTextBytes },
  );
}

/** Reads {@link encodePrincipal} back. It was written by the platform, so anything else is a bug. */
export function decodePrincipal(text: string): Principal {
  const read = JSON.parse(text) as PrincipalText;
  assert(typeof read.id === 'string' && Array.isArray(read.grants), 'a principal is kept as encodePrincipal wrote it');
  return {
    ...read,
    origins: [],
    grants: read.grants.map((rule) => fromText(read.id, rule)),
    narrowing: read.narrowing?.map((rule) => fromText(read.id, rule)) ?? null,
  };
}

function toText(principal: Principal, rule: AclBinding): RuleText[] {
  if (!socketResources.has(rule.resourceType)) return [];
  const { operation, permission, resourceType, resourceName, patternType, host } = rule;
  const isEveryone = rule.principal !== principal.id;
  return [[operation, permission, resourceType, resourceName, patternType, host, isEveryone]];
}

function fromText(
  id: string,
  [operation, permission, resourceType, resourceName, patternType, host, isEveryone]: RuleText,
) {
  const principal = isEveryone ? 'User:*' : id;
  return { principal, host, operation, permission, resourceType, resourceName, patternType };
}
