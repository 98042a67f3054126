import { failed, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { type PartitionKey, partitionKey } from './assignors/assignor.ts';
import type { CommittedOffset } from './committed-offset.ts';

/** What one reset did to the offset of a partition. */
export type OffsetChange = {
  readonly topicId: string;
  readonly partition: number;
  /** What was committed before, with its note; null when nothing was. */
  readonly before: Pick<CommittedOffset, 'offset' | 'metadata' | 'leaderEpoch'> | null;
  /** What the reset committed; null when it took the offset back. */
  readonly after: number | null;
};

/** A reset that can be put back. */
export type KeptReset = {
  /** Grows with every reset of the group. */
  readonly resetId: number;
  readonly resetAtMs: number;
  /** The reset that this one put back, or null. */
  readonly undoes: number | null;
  readonly changes: readonly OffsetChange[];
};

/** Resets that a group keeps. */
const keptMax = limits.resetsPerGroup.value;

/** Refuses to put back what is not kept. */
export function unknownReset(resetId: number | null): Result<never> {
  return failed(
    'UNKNOWN_RESOURCE',
    resetId === null
      ? 'No reset of this group is kept that could be put back.'
      : `No reset ${resetId} of this group is kept: it was put back before, or ${keptMax} later ones were made.`,
  );
}

/** What differs between the offsets before a reset and those it commits and forgets; a reset of nothing changes nothing. */
export function changesOf(
  before: ReadonlyMap<PartitionKey, CommittedOffset>,
  committed: readonly CommittedOffset[],
  forgotten: readonly Pick<CommittedOffset, 'topicId' | 'partition'>[],
): OffsetChange[] {
  const known = (topicId: string, partition: number) => {
    const found = before.get(partitionKey(topicId, partition));
    return found === undefined
      ? null
      : { offset: found.offset, metadata: found.metadata, leaderEpoch: found.leaderEpoch };
  };
  return [
    ...committed.map(({ topicId, partition, offset }) => ({ topicId, partition, after: offset })),
    ...forgotten.map(({ topicId, partition }) => ({ topicId, partition, after: null })),
  ]
    .map((change) => ({ ...change, before: known(change.topicId, change.partition) }))
    .filter(({ before: was, after }) => (was?.offset ?? null) !== after);
}

/** The newest resets of a group: SQL only. Writes are called inside a transaction of the group. */
export class OffsetResetStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /** The newest first. */
  load(): KeptReset[] {
    const rows = this.#sql.query<{ reset_id: number; reset_at_ms: number; undoes: number | null; changes: string }>(
      'SELECT * FROM offset_reset ORDER BY reset_id DESC',
    );
    return rows.map(({ reset_id, reset_at_ms, undoes, changes }) => ({
      resetId: reset_id,
      resetAtMs: reset_at_ms,
      undoes,
      changes: JSON.parse(changes) as OffsetChange[],
    }));
  }

  /** Keeps a reset, and forgets the one that it put back and those that are too many. */
  save({ resetId, resetAtMs, undoes, changes }: KeptReset): void {
    this.#sql.run('INSERT INTO offset_reset VALUES (?, ?, ?, ?)', resetId, resetAtMs, undoes, JSON.stringify(changes));
    if (undoes !== null) this.#sql.run('DELETE FROM offset_reset WHERE reset_id = ?', undoes);
    this.#sql.run(
      'DELETE FROM offset_reset WHERE reset_id NOT IN (SELECT reset_id FROM offset_reset ORDER BY reset_id DESC LIMIT ?)',
      keptMax,
    );
  }
}
