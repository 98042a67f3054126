import { performance } from 'node:perf_hooks';

/** What must never happen, by name; docs/correctness.md says what each means. */
export type AnomalyKind =
  | 'lost'
  | 'moved'
  | 'duplicate'
  | 'phantom'
  | 'gap'
  | 'reordered'
  | 'sequence'
  | 'real-time-order'
  | 'divergent'
  | 'delivered-twice'
  | 'skipped'
  | 'behind'
  | 'refused'
  | 'stuck';

export type Anomaly = { readonly kind: AnomalyKind; readonly what: string };

/** One record that was acknowledged: its id stands at this offset for good. Times are of the harness, in ms. */
export type Ack = {
  readonly id: number;
  readonly partition: number;
  readonly offset: number;
  readonly sentAtMs: number;
  readonly ackedAtMs: number;
};

/** Anomalies of one kind that are written out; a broken platform makes thousands. */
const anomaliesKeptPerKind = 20;

/** Bytes of a record's value: its id, filled up with dots. */
const valueBytes = 64;

/** A record's value tells which record it is: ids are unique in a run. */
export const recordValue = (id: number): string => `${id}.`.padEnd(valueBytes, '.');

/** Distinct keys of a run's records: enough for a compacted topic to keep some and drop some. */
const keyCount = 1_000;

/** The key of a record, where its writer sends one. */
export const keyOf = (id: number): string => `key-${id % keyCount}`;

/** The id in a value that {@link recordValue} made; NaN for anything else. */
export const idOf = (value: string): number => (/^\d+\.+$/.test(value) ? Number.parseInt(value, 10) : Number.NaN);

/** Everything the clients of a run did and saw. */
export class RunLog {
  readonly acks: Ack[] = [];
  readonly counts = { requests: 0, unanswered: 0, recognised: 0, pages: 0, delivered: 0, connections: 0 };
  readonly anomalies: Anomaly[] = [];
  /** Which writer made the record of an id. */
  readonly writerOf: number[] = [];
  readonly #anomalyCounts = new Map<AnomalyKind, number>();
  /** By partition and offset, the id that someone saw there first, acks included. */
  readonly #seen: number[][] = [];

  /** A new record of this writer. */
  newId(writer: number): number {
    return this.writerOf.push(writer) - 1;
  }

  /** A record was acknowledged; `sentAtMs` is when its first attempt began. */
  ack(id: number, partition: number, offset: number, sentAtMs: number): void {
    this.acks.push({ id, partition, offset, sentAtMs, ackedAtMs: performance.now() });
    this.see(partition, offset, id, 'an ack');
  }

  /** Somebody saw a record at an offset: everyone else must see the same one there. */
  see(partition: number, offset: number, id: number, who: string): void {
    this.#seen[partition] ??= [];
    const seen = this.#seen[partition]!;
    const before = seen[offset];
    if (before === undefined) seen[offset] = id;
    else if (before !== id) {
      this.report('divergent', `partition ${partition} offset ${offset} held ${before}, ${who} has ${id} there`);
    }
  }

  /** What was seen of a partition, by offset; holes where nobody looked. */
  seenIn(partition: number): readonly (number | undefined)[] {
    return this.#seen[partition] ?? [];
  }

  report(kind: AnomalyKind, what: string): void {
    const count = (this.#anomalyCounts.get(kind) ?? 0) + 1;
    this.#anomalyCounts.set(kind, count);
    if (count <= anomaliesKeptPerKind) this.anomalies.push({ kind, what });
  }

  /** How often each kind was reported. */
  get anomalyCounts(): ReadonlyMap<AnomalyKind, number> {
    return this.#anomalyCounts;
  }
}
