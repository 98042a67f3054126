const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** How long after each failed attempt the next one comes: nine in seven hours and a half. After the last it is given up. */
const pausesMs: readonly number[] = [
  5 * secondMs,
  30 * secondMs,
  2 * minuteMs,
  10 * minuteMs,
  30 * minuteMs,
  hourMs,
  2 * hourMs,
  4 * hourMs,
];

/** Attempts at a delivery, the first one included. */
export const deliveryAttemptsMax = pausesMs.length + 1;

/** So that deliveries that failed together do not come back together. */
const jitter = 0.2;

/** The receiver says that it is gone for good (RFC 9110): the specification of the signature has that end it. */
const goneStatus = 410;

/** How an attempt ended: with the receiver's status, or without an answer. */
export type AttemptOutcome = { readonly status: number } | { readonly error: string; readonly isFinal: boolean };

export function isDelivered(outcome: AttemptOutcome): boolean {
  return 'status' in outcome && outcome.status >= 200 && outcome.status < 300;
}

/**
 * When a delivery is tried again after so many attempts (the failed one included); null when it is given up. `random`
 * is 0 to 1.
 */
export function nextAttemptAtMs(
  attempts: number,
  outcome: AttemptOutcome,
  { nowMs, random }: { readonly nowMs: number; readonly random: number },
): number | null {
  const pauseMs = pausesMs[attempts - 1];
  const isOver = 'status' in outcome ? outcome.status === goneStatus : outcome.isFinal;
  if (pauseMs === undefined || isOver) return null;
  return nowMs + Math.round(pauseMs * (1 + jitter * random));
}
