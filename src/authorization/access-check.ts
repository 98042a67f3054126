import type { ErrorCode } from '../errors/error-codes.ts';
import { type Failure, failed, ok, type Result } from '../errors/result.ts';
import { onlyResourceOf, type ResourceType } from './acl-binding.ts';
import { type Access, authorize, type Decision, mayAccess } from './authorize.ts';
import { budgetExceeded } from './budget-standing.ts';
import type { Principal } from './principal.ts';
import { storageExceeded } from './storage-standing.ts';

/** The code that an access to a resource of the type is refused with. */
export const refusalCodes: Readonly<Record<ResourceType, ErrorCode>> = {
  TOPIC: 'TOPIC_AUTHORIZATION_FAILED',
  GROUP: 'GROUP_AUTHORIZATION_FAILED',
  CLUSTER: 'CLUSTER_AUTHORIZATION_FAILED',
  TRANSACTIONAL_ID: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  USER: 'CLUSTER_AUTHORIZATION_FAILED',
  ORGANIZATION: 'CLUSTER_AUTHORIZATION_FAILED',
};

const refusingCodes: ReadonlySet<ErrorCode> = new Set(Object.values(refusalCodes));

/** Whether a failure says that somebody may not do what they asked for: what audit logs are told. */
export function isRefusal({ code }: Failure): boolean {
  return refusingCodes.has(code);
}

const nounOf: Readonly<Record<ResourceType, string>> = {
  TOPIC: 'topic',
  GROUP: 'group',
  CLUSTER: 'cluster',
  TRANSACTIONAL_ID: 'transactional id',
  USER: 'user or key',
  ORGANIZATION: 'organization',
};

const granted = ok(null);

/** The form every door asks the evaluator in: the failure says who may not do what, and never whether it exists. */
export function checkAccess(principal: Principal, access: Access): Result<null> {
  if (!principal.isSuper || principal.narrowing !== null) {
    const decision = authorize(principal, access);
    if (!decision.allowed) return refusal(principal, access, decision);
  }
  return checkStanding(principal, access);
}

/** Whoever may write or read records does so within what their organization may use, its owners too. */
function checkStanding({ budget, storage }: Principal, { operation, resourceType }: Access): Result<null> {
  if (resourceType !== 'TOPIC' || (operation !== 'READ' && operation !== 'WRITE')) return granted;
  if (budget?.state === 'stopped') return budgetExceeded(budget);
  return storage !== undefined && operation === 'WRITE' ? storageExceeded(storage) : granted;
}

/** As {@link checkAccess}, of several resources of a type; the first that is refused is the answer. */
export function checkEach(
  principal: Principal,
  operation: Access['operation'],
  resourceType: ResourceType,
  names: Iterable<string>,
): Result<null> {
  for (const resourceName of new Set(names)) {
    const checked = checkAccess(principal, { operation, resourceType, resourceName });
    if (!checked.ok) return checked;
  }
  return granted;
}

/** What a list shows: the resources that the principal may DESCRIBE. */
export function describable<Item>(
  principal: Principal,
  resourceType: ResourceType,
  items: readonly Item[],
  nameOf: (item: Item) => string,
): readonly Item[] {
  return permittedAmong(principal, { operation: 'DESCRIBE', resourceType }, items, nameOf);
}

/** What the principal may do the operation with, out of a list. */
export function permittedAmong<Item>(
  principal: Principal,
  { operation, resourceType }: Pick<Access, 'operation' | 'resourceType'>,
  items: readonly Item[],
  nameOf: (item: Item) => string,
): readonly Item[] {
  if (principal.isSuper && principal.narrowing === null) return items;
  return items.filter((item) => mayAccess(principal, { operation, resourceType, resourceName: nameOf(item) }));
}

function refusal(principal: Principal, access: Access, { reason }: Decision): Result<null> {
  const { operation, resourceType, resourceName } = access;
  const noun = nounOf[resourceType];
  const named =
    onlyResourceOf(resourceType) === null ? `${noun} ${JSON.stringify(resourceName.slice(0, 249))}` : `the ${noun}`;
  return failed(refusalCodes[resourceType], `${principal.id} may not ${operation} ${named}: ${because[reason]}.`, {
    operation,
    resource_type: resourceType,
    reason,
  });
}

const because: Readonly<Record<Decision['reason'], string>> = {
  super: 'nothing refuses it',
  allowed: 'nothing refuses it',
  denied: 'an ACL denies it',
  no_rule: 'no scope, role or ACL allows it',
  narrowed: 'the token was not made for it',
};
