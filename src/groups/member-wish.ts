import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { GroupSubscription } from './group-state.ts';
import type { MemberWish } from './membership.ts';
import { parseTopicPattern } from './topic-pattern.ts';

/** Kafka's group.min.session.timeout.ms: below it a slow garbage collection would cost a member its partitions. */
export const minSessionTimeoutMs = 6_000;

/** A member that may not take a second to give partitions back would be taken out by a slow network. */
export const minRebalanceTimeoutMs = 1_000;

/** How often a member should call: several times within its session, so that one lost call costs it nothing. */
export const maxHeartbeatIntervalMs = 5_000;

export const heartbeatIntervalMs = (sessionTimeoutMs: number): number =>
  Math.min(maxHeartbeatIntervalMs, Math.floor(sessionTimeoutMs / 3));

/** Topics sorted and each once, so that the same wish is the same text whoever sends it. */
export function subscriptionOf(topics: readonly string[], pattern: string | null): GroupSubscription {
  return { topics: [...new Set(topics)].sort(), pattern };
}

/**
 * Checks what a member asks for, which may be nothing yet if `mayBeEmpty`: INVALID_SESSION_TIMEOUT,
 * INVALID_REGULAR_EXPRESSION, INVALID_REQUEST.
 */
export function checkWish(
  { subscription, sessionTimeoutMs, rebalanceTimeoutMs }: MemberWish,
  mayBeEmpty: boolean,
): Result<null> {
  const session = checkSessionTimeout(sessionTimeoutMs);
  if (!session.ok) return session;
  const maxRebalanceMs = limits.rebalanceTimeoutMs.max;
  if (!isWithin(rebalanceTimeoutMs, minRebalanceTimeoutMs, maxRebalanceMs)) {
    return failed(
      'INVALID_REQUEST',
      `A rebalance timeout is from ${minRebalanceTimeoutMs} to ${maxRebalanceMs} ms, not ${rebalanceTimeoutMs}.`,
      { min: minRebalanceTimeoutMs, max: maxRebalanceMs },
    );
  }
  const maxTopics = limits.topicsPerSubscription.value;
  if (subscription.topics.length > maxTopics) {
    return failed(
      'INVALID_REQUEST',
      `A subscription names ${maxTopics} topics at most, not ${subscription.topics.length}.`,
      { max: maxTopics },
    );
  }
  if (subscription.pattern === null) {
    return subscription.topics.length > 0 || mayBeEmpty
      ? ok(null)
      : failed('INVALID_REQUEST', 'A subscription names a topic or has a pattern.');
  }
  const pattern = parseTopicPattern(subscription.pattern);
  return pattern.ok ? ok(null) : pattern;
}

export function checkSessionTimeout(sessionTimeoutMs: number): Result<null> {
  const { max } = limits.sessionTimeoutMs;
  if (isWithin(sessionTimeoutMs, minSessionTimeoutMs, max)) return ok(null);
  return failed(
    'INVALID_SESSION_TIMEOUT',
    `A session timeout is from ${minSessionTimeoutMs} to ${max} ms, not ${sessionTimeoutMs}.`,
    { min: minSessionTimeoutMs, max },
  );
}

const isWithin = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;
