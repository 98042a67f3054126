import { type RecentWrites, readRecent } from '../history/recent-writes.ts';
import type { SqlStore } from '../platform/sql-store.ts';

/** Which names are meant: one, or all that begin so. */
export type NamePattern = { readonly name: string; readonly pattern: 'literal' | 'prefixed' };

/** Greater than any character of a name. */
const afterNames = '\u{10ffff}';

/** What alerts look at besides the history: SQL only, and only reading. */
export class AlertSampleStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /** Topics of these names, in their order. */
  topics(pattern: NamePattern, count: number): string[] {
    return this.#sql
      .query<{ name: string }>(
        "SELECT name FROM topic WHERE state = 'ACTIVE' AND name >= ? AND name <= ? ORDER BY name LIMIT ?",
        ...rangeOf(pattern),
        count,
      )
      .map(({ name }) => name);
  }

  /** Consumer groups of these names that were last measured before a time, the one that waits longest first. */
  consumerGroups(pattern: NamePattern, measuredBeforeMs: number, count: number): string[] {
    return this.#sql
      .query<{ groupId: string }>(
        `SELECT group_id AS groupId FROM listed_group LEFT JOIN metric_series ON subject = 'group' AND name = group_id
         WHERE kind = 'consumer' AND group_id >= ? AND group_id <= ? AND coalesce(entered_to_ms, 0) <= ?
         ORDER BY coalesce(entered_to_ms, 0), group_id LIMIT ?`,
        ...rangeOf(pattern),
        measuredBeforeMs,
        count,
      )
      .map(({ groupId }) => groupId);
  }

  /** What partitions told that have reported since a time. */
  toldSince(sinceMs: number): { readonly topic: string; readonly recent: RecentWrites }[] {
    return this.#sql
      .query<{ topic: string; recent: string | null }>(
        `SELECT name AS topic, recent_writes AS recent FROM granted_partition JOIN topic USING (topic_id)
         WHERE state = 'ACTIVE' AND reported_at_ms >= ?`,
        sinceMs,
      )
      .map(({ topic, recent }) => ({ topic, recent: readRecent(recent) }));
  }

  /** Topics of which partitions found stretches that are damaged, and how many. */
  damagedByTopic(): { readonly topic: string; readonly ranges: number }[] {
    return this.#sql.query(
      `SELECT name AS topic, SUM(json_array_length(upkeep, '$.damaged')) AS ranges
       FROM granted_partition JOIN topic USING (topic_id)
       WHERE state = 'ACTIVE' AND upkeep IS NOT NULL AND json_array_length(upkeep, '$.damaged') > 0 GROUP BY topic_id`,
    );
  }
}

function rangeOf({ name, pattern }: NamePattern): readonly [from: string, to: string] {
  return [name, pattern === 'literal' ? name : `${name}${afterNames}`];
}
