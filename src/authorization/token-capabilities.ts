import { failed, ok, type Result } from '../errors/result.ts';
import { type AclBinding, type AclOperation, anyHost } from './acl-binding.ts';
import type { RecordKeyRule } from './record-key-rules.ts';

export const tokenOperations = ['read', 'write', 'describe'] as const;

export type TokenOperation = (typeof tokenOperations)[number];

/** What a browser token may do: its claim `cap` is a list of these. */
export type TokenCapability = {
  /** The topic by name; or, with `prefix`, all topics whose names begin with it. Exactly one of the two. */
  readonly topic?: string | undefined;
  readonly prefix?: string | undefined;
  readonly ops: readonly TokenOperation[];
  /** Only records whose key, as UTF-8, begins with it. */
  readonly key_prefix?: string | undefined;
};

/** A token is sent with every request, so it is small. */
export const maxTokenCapabilities = 32;

/** Compared with every record's key. */
export const maxKeyPrefixLength = 256;

/** The longest topic name. */
const maxNameLength = 249;

const operationOf: Readonly<Record<TokenOperation, AclOperation>> = {
  read: 'READ',
  write: 'WRITE',
  describe: 'DESCRIBE',
};

/** What a token's capabilities leave of its key's rights. */
export type CompiledCapabilities = {
  readonly narrowing: readonly AclBinding[];
  readonly recordKeyRules: readonly RecordKeyRule[] | null;
};

/** What capabilities mean, as rules; they have been checked. `principalId` is that of the token's key. */
export function compileCapabilities(
  capabilities: readonly TokenCapability[],
  principalId: string,
): CompiledCapabilities {
  const narrowing = capabilities.flatMap((capability) =>
    capability.ops.map((op) => ({
      principal: principalId,
      host: anyHost,
      operation: operationOf[op],
      permission: 'ALLOW' as const,
      resourceType: 'TOPIC' as const,
      ...patternOf(capability),
    })),
  );
  const isHeldToKeys = capabilities.some((capability) => capability.key_prefix !== undefined);
  return { narrowing, recordKeyRules: isHeldToKeys ? capabilities.flatMap(keyRulesOf) : null };
}

function keyRulesOf(capability: TokenCapability): RecordKeyRule[] {
  const keyPrefix = capability.key_prefix ?? null;
  const rules: RecordKeyRule[] = [];
  if (capability.ops.includes('read')) rules.push({ operation: 'READ', ...patternOf(capability), keyPrefix });
  if (capability.ops.includes('write')) rules.push({ operation: 'WRITE', ...patternOf(capability), keyPrefix });
  return rules;
}

function patternOf({ topic, prefix }: TokenCapability) {
  if (topic !== undefined) return { resourceName: topic, patternType: 'LITERAL' as const };
  return { resourceName: prefix ?? '', patternType: 'PREFIXED' as const };
}

/** Checks the claim as a whole; types are the contract's. An empty key prefix is refused: it would look like a bound. */
export function checkCapabilities(capabilities: readonly TokenCapability[]): Result<readonly TokenCapability[]> {
  if (capabilities.length === 0 || capabilities.length > maxTokenCapabilities) {
    return refused(`A browser token has 1 to ${maxTokenCapabilities} capabilities.`);
  }
  for (const [index, capability] of capabilities.entries()) {
    const { topic, prefix, ops, key_prefix: keyPrefix } = capability;
    const name = topic ?? prefix;
    if (name === undefined || (topic !== undefined && prefix !== undefined)) {
      return refused(`Capability ${index} names either a topic or a prefix of topics.`);
    }
    if (name.length === 0 || name.length > maxNameLength) {
      return refused(`The name in capability ${index} has 1 to ${maxNameLength} characters.`);
    }
    if (ops.length === 0 || ops.length > tokenOperations.length) {
      return refused(
        `Capability ${index} has 1 to ${tokenOperations.length} of the ops ${tokenOperations.join(', ')}.`,
      );
    }
    if (keyPrefix !== undefined && (keyPrefix.length === 0 || keyPrefix.length > maxKeyPrefixLength)) {
      return refused(`The key_prefix of capability ${index} has 1 to ${maxKeyPrefixLength} characters.`);
    }
  }
  return ok(capabilities);
}

function refused(rule: string): Result<readonly TokenCapability[]> {
  return failed('INVALID_REQUEST', rule, { field: 'cap' });
}
