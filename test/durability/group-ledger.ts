import type { FinalPartition } from './final-read.ts';
import type { RunLog } from './run-log.ts';

/** A partition as the group describes it. */
export type DescribedPartition = {
  readonly partition: number;
  readonly committed_offset: number | null;
  readonly high_watermark: number;
};

/** By partition, the highest offset that the group confirmed as committed. */
export type Confirmed = readonly number[];

/** What the members of one consumer group were handed and what they committed; judges it as it comes. */
export class GroupLedger {
  readonly counts = { deliveries: 0, again: 0, commits: 0, lostAnswers: 0, members: 0, rejoined: 0, descriptions: 0 };
  readonly #log: RunLog;
  readonly #confirmed: number[];
  /** By partition and offset, how often the record was handed to a member. */
  readonly #handed: number[][];

  constructor(log: RunLog, partitionCount: number) {
    this.#log = log;
    this.#confirmed = new Array<number>(partitionCount).fill(0);
    this.#handed = Array.from({ length: partitionCount }, () => []);
  }

  /** What is confirmed up to now: taken before a call, it must hold for whatever the call answers. */
  confirmed(): Confirmed {
    return [...this.#confirmed];
  }

  /** A member got a record in answer to a call that began when `before` was confirmed. */
  handOut(
    record: { readonly partition: number; readonly offset: number; readonly id: number },
    before: Confirmed,
  ): void {
    const { partition, offset, id } = record;
    const times = this.#handed[partition]![offset] ?? 0;
    this.#handed[partition]![offset] = times + 1;
    this.counts.deliveries += 1;
    if (times > 0) this.counts.again += 1;
    if (offset < before[partition]!) {
      const what = `${partition}/${offset} was handed out though the group had committed ${before[partition]}`;
      this.#log.report('handed-out-again', what);
    }
    this.#log.see(partition, offset, id, 'a member of the group');
  }

  /** The group confirmed a commit that was sent when `before` was confirmed. */
  commit(partition: number, offset: number, before: Confirmed): void {
    this.counts.commits += 1;
    if (offset < before[partition]!) {
      const what = `partition ${partition}: a commit of ${offset} was taken after one of ${before[partition]}`;
      this.#log.report('commit-moved-back', what);
    }
    this.#confirmed[partition] = Math.max(this.#confirmed[partition]!, offset);
  }

  /** The group described itself, in answer to a call that began when `before` was confirmed. */
  observe(partitions: readonly DescribedPartition[], before: Confirmed): void {
    this.counts.descriptions += 1;
    for (const [partition, least] of before.entries()) {
      const described = partitions.find((one) => one.partition === partition);
      const committed = described?.committed_offset ?? 0;
      if (committed < least) {
        const what = `partition ${partition}: the group tells of ${committed} after it had confirmed ${least}`;
        this.#log.report('commit-moved-back', what);
      }
      if (described !== undefined && committed > described.high_watermark) {
        const what = `partition ${partition}: ${committed} is committed, and the log ends at ${described.high_watermark}`;
        this.#log.report('commit-beyond-end', what);
      }
      // Nothing else commits, so what was told once holds for whoever asks later.
      this.#confirmed[partition] = Math.max(this.#confirmed[partition]!, committed);
    }
  }

  /** Whether every record was handed out and committed. */
  isThrough(finals: readonly FinalPartition[]): boolean {
    return finals.every(({ partition, highWatermark }) => this.#confirmed[partition]! >= highWatermark);
  }

  /** At least once: whatever is in the log in the end was handed to a member. */
  judge(finals: readonly FinalPartition[]): void {
    for (const { partition, highWatermark, records } of finals) {
      for (const { offset, id } of records) {
        if (this.#handed[partition]![offset] !== undefined) continue;
        this.#log.report('never-handed-out', `record ${id} at ${partition}/${offset} was handed to no member`);
      }
      const committed = this.#confirmed[partition]!;
      if (committed > highWatermark) {
        const what = `partition ${partition}: ${committed} is committed, and the log ends at ${highWatermark}`;
        this.#log.report('commit-beyond-end', what);
      }
    }
  }
}
