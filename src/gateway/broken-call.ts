import { failed, type Result } from '../errors/result.ts';

/** How often one call is tried in all; more would turn a slow object into a storm. */
export const attemptsMax = 4;

/** The pause before the second try; it doubles, and a random part of it is taken so that callers spread. */
const firstPauseMs = 50;

/** How long to wait before the next try, after `tries` of them. */
export function pauseBeforeRetryMs(tries: number, random: () => number): number {
  return firstPauseMs * 2 ** (tries - 1) * (0.5 + random() / 2);
}

/**
 * What a broken call to an object means. One that was reset or moved may have done its work before, so the outcome is
 * unknown; an overloaded one never started it; anything else that is thrown is a bug and goes on. `advice` tells a
 * caller who must not repeat the call blindly what to do.
 */
export function failureOf(thrown: unknown, object: string, advice: string): Result<never> {
  const flags = thrown as { overloaded?: boolean; retryable?: boolean; durableObjectReset?: boolean };
  if (flags.overloaded === true) {
    return failed(
      'OVERLOADED',
      `The ${object} has too many requests waiting; nothing of this one was done. Retry later.`,
    );
  }
  if (flags.retryable === true || flags.durableObjectReset === true || isConnectionLoss(thrown)) {
    return failed(
      'UNKNOWN_OUTCOME',
      `The ${object} was interrupted; the request may or may not have taken effect. ${advice}`,
    );
  }
  throw thrown;
}

function isConnectionLoss(thrown: unknown): boolean {
  return thrown instanceof Error && /Network connection lost|was aborted|gave up its memory/.test(thrown.message);
}
