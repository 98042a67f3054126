import type { HistoryFile } from './history-file.ts';

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
  | 'stuck'
  // Of consumer groups.
  | 'never-handed-out'
  | 'handed-out-again'
  | 'commit-moved-back'
  | 'commit-beyond-end'
  // Of share groups.
  | 'undecided'
  | 'decided-twice'
  | 'letter-missing'
  | 'letter-twice'
  | 'letter-unfounded'
  | 'miscounted';

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
const keyCount = 200;

/** The key of a record, where its writer sends one. */
export const keyOf = (id: number): string => `key-${id % keyCount}`;

/** The id in a value that {@link recordValue} made; NaN for anything else. */
export const idOf = (value: string): number => (/^\d+\.+$/.test(value) ? Number.parseInt(value, 10) : Number.NaN);

/** Everything the clients of one topic did and saw. */
export class RunLog {
  readonly topic: string;
  readonly acks: Ack[] = [];
  readonly counts = { requests: 0, unanswered: 0, recognised: 0, pages: 0, delivered: 0, connections: 0 };
  readonly anomalies: Anomaly[] = [];
  /** Which writer made the record of an id. */
  readonly writerOf: number[] = [];
  readonly #history: HistoryFile;
  readonly #anomalyCounts = new Map<AnomalyKind, number>();
  /** By partition and offset, the id that someone saw there first, acks included. */
  readonly #seen: number[][] = [];

  constructor(topic: string, history: HistoryFile) {
    this.topic = topic;
    this.#history = history;
  }

  /** What is over all topics: see {@link HistoryFile.now}. */
  now(): number {
    return this.#history.now();
  }

  /** A new record of this writer. */
  newId(writer: number): number {
    return this.writerOf.push(writer) - 1;
  }

  /** A record was acknowledged; `sentAtMs` is when its first attempt began. */
  ack(id: number, partition: number, offset: number, sentAtMs: number): void {
    const ackedAtMs = this.now();
    this.acks.push({ id, partition, offset, sentAtMs, ackedAtMs });
    const writer = `${this.topic} writer ${this.writerOf[id]}`;
    this.#history.add([
      's',
      writer,
      sentAtMs,
      ackedAtMs,
      0,
      this.#key(partition),
      offset,
      this.#name(id),
      null,
      'ordered',
    ]);
    this.see(partition, offset, id, 'an ack');
  }

  /** The writer was told that a record may or may not be stored. */
  unknown(id: number, sentAtMs: number): void {
    const writer = `${this.topic} writer ${this.writerOf[id]}`;
    this.#history.add(['s', writer, sentAtMs, this.now(), 2, null, null, this.#name(id), null, null]);
  }

  /**
   * Somebody read the offsets `from` to `next` (exclusive) and got these records: everyone else must get the same
   * there. Reads with one `assignment` follow each other.
   */
  read(
    who: string,
    partition: number,
    place: { readonly from: number; readonly next: number; readonly sinceMs: number; readonly assignment: number },
    records: readonly { readonly offset: number; readonly id: number }[],
  ): void {
    const { from, next, sinceMs, assignment } = place;
    const found = records.map(({ offset, id }) => [offset, this.#name(id)]);
    const times = [sinceMs, this.now()] as const;
    const reader = `${this.topic} ${who}`;
    this.#history.add(['p', reader, ...times, 0, this.#key(partition), from, found, next, null, assignment]);
    for (const { offset, id } of records) this.see(partition, offset, id, who);
  }

  /** Somebody was told that these offsets are gone. */
  gap(who: string, partition: number, from: number, to: number, reason: string): void {
    this.#history.add(['o', `${this.topic} ${who}`, this.now(), this.#key(partition), from, to, reason, 0]);
  }

  /** The log begins at `start`, and was read from there to `end` by `who`. */
  dump(who: string, partition: number, start: number, end: number): void {
    this.#history.add(['b', this.now(), this.#key(partition), start]);
    this.#history.add(['d', `${this.topic} ${who}`, this.#key(partition), start, end]);
  }

  #key(partition: number): string {
    return `${this.topic}/${partition}`;
  }

  /** Ids are unique in a topic, and names in a run. */
  #name(id: number): string {
    return `${this.topic} ${id}`;
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
