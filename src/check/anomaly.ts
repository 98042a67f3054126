/** What a history can show that must never be; docs/correctness.md says what each means. */
export const anomalyKinds = [
  'lost-write',
  'duplicate',
  'offset-mismatch',
  'inconsistent-offset',
  'wrong-key',
  'phantom',
  'failed-send-read',
  'read-from-future',
  'real-time-order',
  'producer-order',
  'stale-tail',
  'nonmonotonic-poll',
  'poll-skip',
  'missing-record',
  'gap-without-reason',
] as const;

export type AnomalyKind = (typeof anomalyKinds)[number];

export type Anomaly = {
  readonly kind: AnomalyKind;
  /** The partition, or null when none is known. */
  readonly key: string | null;
  /** Lines of the history that show it, from 1 on. */
  readonly lines: readonly number[];
  readonly message: string;
};

/** Of each kind so many are kept; the rest are counted, since one broken rule shows everywhere. */
const keptPerKind = 20;

export class AnomalyList {
  readonly kept: Anomaly[] = [];
  readonly counts = new Map<AnomalyKind, number>();

  add(kind: AnomalyKind, key: string | null, lines: readonly number[], message: string): void {
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    if (count <= keptPerKind) this.kept.push({ kind, key, lines, message });
  }
}
