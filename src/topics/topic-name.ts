import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';

/** How much of a refused name an error message repeats. */
const shownNameLength = 80;

const legalTopicName = /^[a-zA-Z0-9._-]+$/;

/** Names the platform keeps for its own topics, as Kafka does with `__consumer_offsets`. */
const platformTopicPrefix = '__';

/**
 * Checks the name of a topic that a user wants to create, by Kafka's rules (org.apache.kafka.common.internals.Topic).
 * INVALID_TOPIC_EXCEPTION says which rule was broken.
 */
export function validateTopicName(name: string): Result<string> {
  const broken = brokenRule(name);
  if (broken === null) return ok(name);
  return failed('INVALID_TOPIC_EXCEPTION', `Topic name ${quoteTopicName(name)} is not allowed: ${broken}.`);
}

function brokenRule(name: string): string | null {
  if (name === '') return 'it is empty';
  if (name === '.' || name === '..') return 'it cannot be "." or ".."';
  const maxCharacters = limits.topicNameCharacters.value;
  if (name.length > maxCharacters) return `it has ${name.length} characters, ${maxCharacters} are the most`;
  if (!legalTopicName.test(name)) return 'it may hold ASCII letters, digits, ".", "_" and "-" only';
  if (name.startsWith(platformTopicPrefix))
    return `names that begin with "${platformTopicPrefix}" are the platform's own`;
  return null;
}

/**
 * Two topics whose keys are equal collide: Kafka refuses `a.b` beside `a_b`, because metric names cannot tell them
 * apart.
 */
export function topicCollisionKey(name: string): string {
  return name.replaceAll('.', '_');
}

/** A name as error messages show it: quoted, escaped and cut. */
export function quoteTopicName(name: string): string {
  const shown = name.length > shownNameLength ? `${name.slice(0, shownNameLength)}...` : name;
  return JSON.stringify(shown);
}
