import type { Principal } from './principal.ts';

/** Records of the topics that the pattern names may be read, or written, when their key begins with the prefix. */
export type RecordKeyRule = {
  readonly operation: 'READ' | 'WRITE';
  readonly resourceName: string;
  readonly patternType: 'LITERAL' | 'PREFIXED';
  /** As UTF-8; null where the topic's records may be read, or written, whatever their key. */
  readonly keyPrefix: string | null;
};

/**
 * What a principal is held to in a topic: null when it sees, or writes, records of any key and of none; else the
 * prefixes, one of which the key must begin with. No prefix at all means no record at all.
 */
export type RecordKeyFilter = readonly string[] | null;

/** The filter of one topic. Whether the topic may be read, or written, at all, is the evaluator's to say. */
export function recordKeyFilter(principal: Principal, operation: 'READ' | 'WRITE', topic: string): RecordKeyFilter {
  if (principal.recordKeyRules === null) return null;
  const prefixes: string[] = [];
  for (const rule of principal.recordKeyRules) {
    if (rule.operation !== operation || !covers(rule, topic)) continue;
    if (rule.keyPrefix === null) return null;
    prefixes.push(rule.keyPrefix);
  }
  return prefixes;
}

/** True for a principal that is held to prefixes in any topic. */
export function hasRecordKeyRules(principal: Principal): boolean {
  return principal.recordKeyRules !== null;
}

function covers(rule: RecordKeyRule, topic: string): boolean {
  if (rule.patternType === 'PREFIXED') return topic.startsWith(rule.resourceName);
  return rule.resourceName === topic || rule.resourceName === '*';
}

const encoder = new TextEncoder();

/** A filter in the form that records are tried with. */
export class RecordKeyMatcher {
  /** The same for all that match the same keys. */
  readonly id: string;
  readonly #prefixes: readonly Uint8Array[];

  constructor(prefixes: readonly string[]) {
    this.id = JSON.stringify(prefixes);
    this.#prefixes = prefixes.map((prefix) => encoder.encode(prefix));
  }

  /** A record without a key begins with nothing, and so is never among those that a prefix names. */
  matches(key: Uint8Array | null): boolean {
    return key !== null && this.#prefixes.some((prefix) => beginsWith(key, prefix));
  }
}

function beginsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  if (key.length < prefix.length) return false;
  for (let index = 0; index < prefix.length; index += 1) if (key[index] !== prefix[index]) return false;
  return true;
}
