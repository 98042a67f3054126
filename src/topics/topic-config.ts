import { assert } from '../errors/assert.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { javaLongMax, type TopicConfigDomain, type TopicConfigKey, topicConfigKeys } from './topic-config-keys.ts';

/**
 * A topic's configuration in force, in code's spelling; Kafka's own keys (`retention.ms`) are converted in this file
 * only. Every key with its default, bounds and meaning is in `topicConfigKeys`. Kafka's Long.MAX_VALUE, which means no
 * limit, is Number.MAX_SAFE_INTEGER here.
 */
export type TopicConfig = {
  readonly cleanupPolicy: 'delete' | 'compact' | 'compact,delete';
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly maxMessageBytes: number;
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime';
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly deleteRetentionMs: number;
  readonly minCleanableDirtyRatio: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly millraceTiering: 'true' | 'false';
};

/** The keys that were set for a topic, with Kafka's spelling of keys and values. */
export type TopicConfigOverrides = Readonly<Record<string, string>>;

/** How much of a refused value an error message repeats. */
const shownValueLength = 80;

const defaultFields: Readonly<Record<string, string | number>> = Object.fromEntries(
  topicConfigKeys.map((entry) => [entry.field, storedValue(entry, entry.defaultValue)]),
);

const keysByName = new Map(topicConfigKeys.map((entry) => [entry.key, entry]));

/** Longer keys are not compared with the known ones to find a hint. */
const maxComparedKeyLength = 64;

/** A known key is offered as what was meant when at most this many letters differ. */
const maxHintDistance = 4;

/**
 * Applies changes to what is set for a topic: a string sets the key, null takes its override away. INVALID_CONFIG names
 * the first key that is unknown or has a value outside its domain; nothing is applied then.
 */
export function changeTopicConfig(
  overrides: TopicConfigOverrides,
  changes: Readonly<Record<string, string | null>>,
): Result<TopicConfigOverrides> {
  const changed = new Map(Object.entries(overrides));
  for (const [name, value] of Object.entries(changes)) {
    const entry = keysByName.get(name);
    if (entry === undefined) return unknownKey(name);
    if (value === null) {
      changed.delete(name);
      continue;
    }
    const parsed = parseValue(entry, value);
    if (!parsed.ok) return parsed;
    changed.set(name, formatValue(entry.domain, parsed.value));
  }
  const next = Object.fromEntries([...changed].sort(([left], [right]) => (left < right ? -1 : 1)));
  const config = topicConfigOf(next);
  if (config.minCompactionLagMs > config.maxCompactionLagMs) {
    return failed(
      'INVALID_CONFIG',
      `min.compaction.lag.ms (${config.minCompactionLagMs}) must not be above max.compaction.lag.ms (${config.maxCompactionLagMs}).`,
      { key: 'min.compaction.lag.ms' },
    );
  }
  return ok(next);
}

/** The configuration in force: what is set, and Kafka's default for every other key. */
export function topicConfigOf(overrides: TopicConfigOverrides): TopicConfig {
  const config: Record<string, string | number> = { ...defaultFields };
  for (const [name, value] of Object.entries(overrides)) {
    const entry = keysByName.get(name);
    assert(entry !== undefined, `stored topic configs have known keys, not ${name}`);
    config[entry.field] = storedValue(entry, value);
  }
  // The table names every field of TopicConfig exactly once, which its test proves.
  return config as unknown as TopicConfig;
}

function storedValue(entry: TopicConfigKey, text: string): string | number {
  const parsed = parseValue(entry, text);
  assert(parsed.ok, `stored topic configs are valid, but ${entry.key} is ${text}`);
  return parsed.value;
}

/** A configuration with Kafka's keys and spelling of values, every key in force. */
export function topicConfigStrings(config: TopicConfig): Record<string, string> {
  return Object.fromEntries(topicConfigKeys.map(({ key, field, domain }) => [key, formatValue(domain, config[field])]));
}

function parseValue(entry: TopicConfigKey, text: string): Result<string | number> {
  const value = parseInDomain(entry.domain, text.trim());
  if (value !== null) return ok(value);
  const shown = text.length > shownValueLength ? `${text.slice(0, shownValueLength)}...` : text;
  return failed(
    'INVALID_CONFIG',
    `Topic config ${entry.key} cannot be ${JSON.stringify(shown)}: it takes ${describeDomain(entry.domain)}.`,
    { key: entry.key },
  );
}

function parseInDomain(domain: TopicConfigDomain, text: string): string | number | null {
  switch (domain.type) {
    case 'choice':
      return domain.values.includes(text) ? text : null;
    case 'choices': {
      const chosen = new Set(text.split(',').map((part) => part.trim()));
      const areKnown = [...chosen].every((part) => domain.values.includes(part));
      return areKnown ? domain.values.filter((value) => chosen.has(value)).join(',') : null;
    }
    case 'integer': {
      if (domain.isLong && text === javaLongMax) return Number.MAX_SAFE_INTEGER;
      const value = /^[+-]?\d{1,19}$/.test(text) ? Number(text) : Number.NaN;
      return withinBounds(value, domain);
    }
    case 'decimal': {
      const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
      return withinBounds(value, domain);
    }
  }
}

function withinBounds(value: number, bounds: { readonly min: number; readonly max: number }): number | null {
  if (!(value >= bounds.min && value <= bounds.max)) return null;
  return value === 0 ? 0 : value; // "-0" is 0, also where it is compared or printed.
}

function formatValue(domain: TopicConfigDomain, value: string | number): string {
  const isUnlimited = domain.type === 'integer' && domain.isLong && value === Number.MAX_SAFE_INTEGER;
  return isUnlimited ? javaLongMax : String(value);
}

/** A domain in words, for error messages and the reference of configs. */
export function describeDomain(domain: TopicConfigDomain): string {
  switch (domain.type) {
    case 'choice':
      return `one of ${domain.values.join(', ')}`;
    case 'choices':
      return `one or more of ${domain.values.join(', ')}, separated by commas`;
    case 'integer':
      return domain.isLong
        ? `a whole number from ${domain.min} to ${domain.max}, or ${javaLongMax} for no limit`
        : `a whole number from ${domain.min} to ${domain.max}`;
    case 'decimal':
      return `a number from ${domain.min} to ${domain.max}`;
  }
}

function unknownKey(name: string): Result<never> {
  const key = name.slice(0, shownValueLength);
  const nearest = nearestKey(name);
  const hint = nearest === null ? '' : ` Did you mean ${nearest}?`;
  return failed('INVALID_CONFIG', `Unknown topic config ${JSON.stringify(key)}.${hint}`, { key, nearest });
}

function nearestKey(name: string): string | null {
  if (name.length > maxComparedKeyLength) return null;
  const spelled = name.toLowerCase().replaceAll(/[_-]/g, '.');
  let nearest: string | null = null;
  let nearestDistance = maxHintDistance + 1;
  for (const { key } of topicConfigKeys) {
    const distance = editDistance(spelled, key);
    if (distance < nearestDistance) {
      nearest = key;
      nearestDistance = distance;
    }
  }
  return nearest;
}

/** Levenshtein distance: how many letters must be added, removed or replaced. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = previous[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[right.length]!;
}
