/** How long to wait between attempts: the ceiling doubles from `firstMs` to `maxMs`, and the wait is random below it. */
export type BackoffPolicy = { readonly firstMs: number; readonly maxMs: number };

export const defaultBackoff: BackoffPolicy = { firstMs: 100, maxMs: 5_000 };

/**
 * The wait before attempt `failureCount` + 1, with jitter over its upper half so that clients which were cut off
 * together do not come back together. `random` is in [0, 1).
 */
export function backoffMs(policy: BackoffPolicy, failureCount: number, random: number): number {
  const ceiling = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(failureCount - 1, doublingsMax));
  return Math.round(ceiling / 2 + (random * ceiling) / 2);
}

/** Beyond this exponent every policy is at its maximum; it keeps the power a number. */
const doublingsMax = 30;

/** Resolves after `ms`, or as soon as `signal` aborts: it never rejects, the caller looks at the signal. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal?.addEventListener('abort', wake, { once: true });
  });
}
