import type { AnomalyList } from './anomaly.ts';
import type { KeyHistory, KnownSend } from './key-history.ts';

/** From that moment on the log is known to reach at least up to `end`. */
type KnownEnd = { readonly at: number; readonly end: number; readonly line: number };

/**
 * Offsets follow real time: what is invoked after an operation completed that proves how far the log reaches must find
 * it at least there. That makes appends and the end of the log linearizable, without a search, since offsets give the
 * order.
 */
export function checkOrder(history: KeyHistory, anomalies: AnomalyList): void {
  checkProducers(history, anomalies);
  const ends = knownEnds(history);
  const sends = history.acked.toSorted((left, right) => left.invokedAt - right.invokedAt);
  let at = 0;
  let known: KnownEnd | null = null;
  for (const send of sends) {
    for (; at < ends.length && ends[at]!.at < send.invokedAt; at += 1) {
      if (known === null || ends[at]!.end > known.end) known = ends[at]!;
    }
    if (known === null || (send.offset ?? 0) >= known.end) continue;
    const message = `value ${send.value} got offset ${send.offset}, although the log was known to reach ${known.end} before it was sent`;
    anomalies.add('real-time-order', history.key, [known.line, send.line], message);
  }
}

/** The end of the log as it was told never lies before what was known of it earlier. */
export function checkTails(history: KeyHistory, anomalies: AnomalyList): void {
  const ends = knownEnds(history);
  const tails = history.tails.toSorted((left, right) => left.invokedAt - right.invokedAt);
  let at = 0;
  let known: KnownEnd | null = null;
  for (const { tail, invokedAt, line } of tails) {
    for (; at < ends.length && ends[at]!.at < invokedAt; at += 1) {
      if (known === null || ends[at]!.end > known.end) known = ends[at]!;
    }
    if (known === null || tail >= known.end) continue;
    const message = `the log was said to end at ${tail}, although it was known to reach ${known.end} before`;
    anomalies.add('stale-tail', history.key, [known.line, line], message);
  }
}

function knownEnds(history: KeyHistory): KnownEnd[] {
  const ends = history.acked.map(
    ({ completedAt, offset, line }): KnownEnd => ({ at: completedAt, end: (offset ?? 0) + 1, line }),
  );
  for (const { completedAt, next, line } of history.polls) ends.push({ at: completedAt, end: next, line });
  for (const { completedAt, tail, line } of history.tails) ends.push({ at: completedAt, end: tail, line });
  return ends.sort((left, right) => left.at - right.at);
}

/** What one producer sends in sequence stands in that order. */
function checkProducers(history: KeyHistory, anomalies: AnomalyList): void {
  const last = new Map<string, KnownSend>();
  const ordered = history.acked
    .filter(({ mode }) => mode === 'ordered')
    .sort((left, right) => left.invokedAt - right.invokedAt || left.line - right.line);
  for (const send of ordered) {
    const previous = last.get(send.process);
    last.set(send.process, send);
    if (previous === undefined || (previous.offset ?? 0) < (send.offset ?? 0)) continue;
    const message = `${send.process} sent ${previous.value} before ${send.value}, but they stand at ${previous.offset} and ${send.offset}`;
    anomalies.add('producer-order', history.key, [previous.line, send.line], message);
  }
}
