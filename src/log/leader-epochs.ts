import { failed, ok, type Result } from '../errors/result.ts';
import type { SqlStore } from '../platform/sql-store.ts';

/** Where the records of a leader epoch begin in a log (Kafka's leader-epoch-checkpoint). */
export type LeaderEpochStart = { readonly leaderEpoch: number; readonly startOffset: number };

/** Up to where a log has records of an epoch, exclusive; the epoch itself may be an earlier one that reaches so far. */
export type LeaderEpochEnd = { readonly leaderEpoch: number; readonly endOffset: number };

/**
 * Whether a client that names a leader epoch has the view that is in force; -1 names none (KIP-320).
 * FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH.
 */
export function checkLeaderEpoch(named: number, leaderEpoch: number): Result<null> {
  if (named < 0 || named === leaderEpoch) return ok(null);
  return named < leaderEpoch
    ? failed(
        'FENCED_LEADER_EPOCH',
        `The partition is in leader epoch ${leaderEpoch}, not ${named} any more: it lost records. Ask for metadata again.`,
        { leader_epoch: leaderEpoch },
      )
    : failed('UNKNOWN_LEADER_EPOCH', `The partition is in leader epoch ${leaderEpoch}, not in ${named} yet; retry.`, {
        leader_epoch: leaderEpoch,
      });
}

/**
 * Where the log stops being what a reader of this epoch knew (LeaderEpochFileCache.endOffsetFor); null when nobody can
 * say. `starts` are in order, `current` is the epoch in force and the end of the log.
 */
export function endOfLeaderEpoch(
  starts: readonly LeaderEpochStart[],
  current: LeaderEpochEnd,
  asked: number,
): LeaderEpochEnd | null {
  if (asked === current.leaderEpoch) return current;
  const later = starts.find(({ leaderEpoch }) => leaderEpoch > asked);
  if (asked < 0 || asked > current.leaderEpoch || later === undefined) return null;
  const reaching = starts.findLast(({ leaderEpoch }) => leaderEpoch <= asked);
  return { leaderEpoch: reaching?.leaderEpoch ?? asked, endOffset: later.startOffset };
}

export function loadLeaderEpochs(sql: SqlStore): LeaderEpochStart[] {
  return sql.query<LeaderEpochStart>(
    'SELECT leader_epoch AS leaderEpoch, start_offset AS startOffset FROM leader_epochs ORDER BY leader_epoch',
  );
}

/** Inside a transaction. Earlier epochs that would begin at or after this one have no record any more. */
export function storeLeaderEpochStart(sql: SqlStore, { leaderEpoch, startOffset }: LeaderEpochStart): void {
  sql.run('DELETE FROM leader_epochs WHERE start_offset >= ?', startOffset);
  sql.run('INSERT INTO leader_epochs VALUES (?, ?)', leaderEpoch, startOffset);
}
