import { failed, ok, type Result } from '../errors/result.ts';
import {
  type AclBinding,
  type AclOperation,
  anyHost,
  anyResource,
  onlyResourceOf,
  type ResourceType,
} from './acl-binding.ts';

/** What a key may do with a resource. */
export const keyScopeVerbs = ['produce', 'consume', 'describe', 'admin'] as const;

export type KeyScopeVerb = (typeof keyScopeVerbs)[number];

export const keyScopeResources = ['topic', 'group', 'transactional_id', 'cluster', 'user', 'organization'] as const;

export type KeyScopeResource = (typeof keyScopeResources)[number];

/** One of the rights of an API key. */
export type KeyScope = {
  readonly verb: KeyScopeVerb;
  readonly resource: KeyScopeResource;
  /** `*` as a literal means any; a cluster's and an organization's is always `*`, since a key sees only its own. */
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
};

/** So many scopes are read by a person; what is beyond is better said with a prefix, or in ACLs. */
export const maxKeyScopes = 64;

const resourceTypeOf: Readonly<Record<KeyScopeResource, ResourceType>> = {
  topic: 'TOPIC',
  group: 'GROUP',
  transactional_id: 'TRANSACTIONAL_ID',
  cluster: 'CLUSTER',
  user: 'USER',
  organization: 'ORGANIZATION',
};

/** A verb means nothing for a resource that is not in its row. */
const operationsOf: Readonly<
  Record<KeyScopeVerb, Readonly<Partial<Record<KeyScopeResource, readonly AclOperation[]>>>>
> = {
  produce: { topic: ['WRITE'], transactional_id: ['WRITE'], cluster: ['IDEMPOTENT_WRITE'] },
  consume: { topic: ['READ'], group: ['READ'] },
  describe: {
    topic: ['DESCRIBE', 'DESCRIBE_CONFIGS'],
    group: ['DESCRIBE', 'DESCRIBE_CONFIGS'],
    transactional_id: ['DESCRIBE'],
    cluster: ['DESCRIBE', 'DESCRIBE_CONFIGS'],
    user: ['DESCRIBE'],
    organization: ['DESCRIBE'],
  },
  admin: {
    topic: ['ALL'],
    group: ['ALL'],
    transactional_id: ['ALL'],
    cluster: ['ALL'],
    user: ['ALL'],
    organization: ['ALL'],
  },
};

/** What a key's scopes mean, as rules. `principalId` is `User:<key id>`. The scopes have been checked. */
export function keyScopeBindings(scopes: readonly KeyScope[], principalId: string): AclBinding[] {
  return scopes.flatMap(({ verb, resource, name, pattern }) => {
    const resourceType = resourceTypeOf[resource];
    return (operationsOf[verb][resource] ?? []).map((operation) => ({
      principal: principalId,
      host: anyHost,
      operation,
      permission: 'ALLOW' as const,
      resourceType,
      resourceName: onlyResourceOf(resourceType) ?? name,
      patternType: pattern === 'prefixed' ? ('PREFIXED' as const) : ('LITERAL' as const),
    }));
  });
}

/** Checks a scope; the enumerations are the contract's. */
export function checkKeyScope(scope: KeyScope): Result<KeyScope> {
  const { verb, resource, name, pattern } = scope;
  if (operationsOf[verb][resource] === undefined) {
    const resources = Object.keys(operationsOf[verb]).join(', ');
    return refused(scope, `"${verb}" can be said of ${resources}, not of ${resource}`);
  }
  if (onlyResourceOf(resourceTypeOf[resource]) !== null && (name !== anyResource || pattern !== 'literal')) {
    return refused(scope, `a key has one ${resource}, so its name is "*"`);
  }
  if (name.length === 0 || name.length > maxScopeNameLength) {
    return refused(scope, `a name has 1 to ${maxScopeNameLength} characters`);
  }
  return ok(scope);
}

/** The longest topic name and group id. */
const maxScopeNameLength = 249;

/**
 * Reads a scope as people write it: `consume:topic:orders`, `produce:topic:orders-*` (all that begin with `orders-`),
 * `consume:group:*`, `admin:cluster`.
 */
export function parseKeyScope(text: string): Result<KeyScope> {
  const [, verbText = '', resourceText = '', nameText = anyResource] =
    /^([a-z]+):([a-z_]+)(?::(.+))?$/.exec(text) ?? [];
  const verb = keyScopeVerbs.find((known) => known === verbText);
  const resource = keyScopeResources.find((known) => known === resourceText);
  if (verb === undefined || resource === undefined) {
    return failed(
      'INVALID_REQUEST',
      `"${text.slice(0, 100)}" is not a scope: write verb:resource:name with ${keyScopeVerbs.join(', ')} and ${keyScopeResources.join(', ')}; a name that ends in * stands for all that begin with it.`,
      { field: 'scopes' },
    );
  }
  const isPrefix = nameText.length > 1 && nameText.endsWith('*');
  return checkKeyScope({
    verb,
    resource,
    name: isPrefix ? nameText.slice(0, -1) : nameText,
    pattern: isPrefix ? 'prefixed' : 'literal',
  });
}

/** The opposite of {@link parseKeyScope}. */
export function formatKeyScope({ verb, resource, name, pattern }: KeyScope): string {
  if (onlyResourceOf(resourceTypeOf[resource]) !== null) return `${verb}:${resource}`;
  return `${verb}:${resource}:${name}${pattern === 'prefixed' ? '*' : ''}`;
}

function refused(scope: KeyScope, rule: string): Result<KeyScope> {
  return failed('INVALID_REQUEST', `The scope ${formatKeyScope(scope).slice(0, 300)} means nothing: ${rule}.`, {
    field: 'scopes',
  });
}
