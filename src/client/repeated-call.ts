import { type BackoffPolicy, backoffMs, defaultBackoff, pause } from './backoff.ts';
import { isTransient, MillraceError } from './millrace-error.ts';

/** What a program may say of calls that are repeated for it. */
export type RepeatOptions = {
  /** Told of each call that failed for now, before it is repeated. */
  readonly onRetry?: (error: MillraceError) => void;
  /** For how long a failing call is repeated: 600,000 by default. */
  readonly retryTimeoutMs?: number;
  readonly backoff?: BackoffPolicy;
};

const defaultRetryTimeoutMs = 600_000;

/** Repeats a call until it is answered, refused for good, or failed when `signal` had aborted: then it throws why. */
export async function repeatCall<T>(call: () => Promise<T>, options: RepeatOptions, signal: AbortSignal): Promise<T> {
  const { backoff = defaultBackoff, retryTimeoutMs = defaultRetryTimeoutMs, onRetry } = options;
  const sinceMs = performance.now();
  for (let failures = 1; ; failures++) {
    try {
      return await call();
    } catch (thrown) {
      if (signal.aborted || !(thrown instanceof MillraceError)) throw thrown;
      const pauseMs = Math.max(backoffMs(backoff, failures, Math.random()), thrown.retryAfterMs ?? 0);
      if (!isTransient(thrown) || performance.now() - sinceMs + pauseMs > retryTimeoutMs) throw thrown;
      onRetry?.(thrown);
      await pause(pauseMs, signal);
    }
  }
}
