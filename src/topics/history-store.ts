import type { MetricValues } from '../history/metric.ts';
import { emptySeries, type MetricSeries } from '../history/metric-series.ts';
import { type RecentWrites, readRecent } from '../history/recent-writes.ts';
import { readSeries, writeSeries } from '../history/series-text.ts';
import type { SqlStore } from '../platform/sql-store.ts';

/** Whose series it is: topics by their id, so that a new topic of an old name has a history of its own. */
export type SeriesKey = { readonly subject: 'cluster' | 'topic' | 'group'; readonly name: string };

export const clusterSeries: SeriesKey = { subject: 'cluster', name: '' };

export type StoredSeries = {
  /** What happened before this is in the series, and what is found of it later is not entered again. */
  readonly enteredToMs: number;
  /** The last gauges. */
  readonly latest: MetricValues;
  readonly series: MetricSeries;
};

export const noSeries: StoredSeries = { enteredToMs: 0, latest: {}, series: emptySeries };

/** What one partition told. */
export type ToldPartition = {
  readonly topicId: string;
  readonly topic: string;
  readonly recent: RecentWrites;
  readonly enteredToMs: number;
  readonly localBytes: number;
  readonly remoteBytes: number;
};

type ToldRow = Omit<ToldPartition, 'recent'> & { readonly recent: string | null };

const toldColumns = `topic.topic_id AS topicId, topic.name AS topic, recent_writes AS recent,
  coalesce(entered_to_ms, 0) AS enteredToMs, coalesce(local_bytes, 0) AS localBytes,
  coalesce(remote_bytes, 0) AS remoteBytes`;

const toldTables = `granted_partition JOIN topic USING (topic_id)
  LEFT JOIN metric_series ON subject = 'topic' AND metric_series.name = topic.topic_id`;

/** The history's rows: SQL only, no decisions. Writes are called inside a transaction. */
export class HistoryStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  load({ subject, name }: SeriesKey): StoredSeries {
    type Row = { entered_to_ms: number; latest: string; points: string };
    const [row] = this.#sql.query<Row>(
      'SELECT entered_to_ms, latest, points FROM metric_series WHERE subject = ? AND name = ?',
      subject,
      name,
    );
    if (row === undefined) return noSeries;
    const latest = JSON.parse(row.latest) as MetricValues;
    return { enteredToMs: row.entered_to_ms, latest, series: readSeries(row.points) };
  }

  save({ subject, name }: SeriesKey, { enteredToMs, latest, series }: StoredSeries): void {
    this.#sql.run(
      `INSERT INTO metric_series (subject, name, entered_to_ms, latest, points) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (subject, name) DO UPDATE SET entered_to_ms = excluded.entered_to_ms, latest = excluded.latest,
       points = excluded.points`,
      subject,
      name,
      enteredToMs,
      JSON.stringify(latest),
      writeSeries(series),
    );
  }

  /** Topics of which a partition reported since the last entry, the one that waits longest first. */
  topicsToEnter(count: number): string[] {
    const rows = this.#sql.query<{ topicId: string }>(
      `SELECT topic.topic_id AS topicId FROM ${toldTables}
       WHERE state = 'ACTIVE' AND reported_at_ms >= coalesce(entered_to_ms, 0)
       GROUP BY topic.topic_id ORDER BY coalesce(entered_to_ms, 0), topic.topic_id LIMIT ?`,
      count,
    );
    return rows.map(({ topicId }) => topicId);
  }

  /** All partitions of a topic that ever reported. */
  partitionsOf(topicId: string): ToldPartition[] {
    return this.#sql
      .query<ToldRow>(
        `SELECT ${toldColumns} FROM ${toldTables}
         WHERE state = 'ACTIVE' AND topic.topic_id = ? AND reported_at_ms IS NOT NULL`,
        topicId,
      )
      .map(toTold);
  }

  /** Partitions of all topics that reported since what they told was entered. */
  partitionsNotEntered(): ToldPartition[] {
    return this.#sql
      .query<ToldRow>(
        `SELECT ${toldColumns} FROM ${toldTables}
         WHERE state = 'ACTIVE' AND reported_at_ms >= coalesce(entered_to_ms, 0)`,
      )
      .map(toTold);
  }

  /** What all topics keep, by the last reports of their partitions, largest first. */
  storedByTopic(): { readonly topic: string; readonly localBytes: number; readonly remoteBytes: number }[] {
    return this.#sql.query(
      `SELECT name AS topic, SUM(coalesce(local_bytes, 0)) AS localBytes, SUM(coalesce(remote_bytes, 0)) AS remoteBytes
       FROM granted_partition JOIN topic USING (topic_id)
       WHERE state = 'ACTIVE' AND reported_at_ms IS NOT NULL GROUP BY topic_id ORDER BY localBytes + remoteBytes DESC, name`,
    );
  }

  /** Groups that were last measured before these times, the one that waits longest first. */
  groupsToMeasure(withMembersMs: number, emptyMs: number, count: number): string[] {
    const rows = this.#sql.query<{ groupId: string }>(
      `SELECT group_id AS groupId FROM listed_group LEFT JOIN metric_series ON subject = 'group' AND name = group_id
       WHERE kind = 'consumer' AND coalesce(entered_to_ms, 0) <= CASE state WHEN 'empty' THEN ? ELSE ? END
       ORDER BY coalesce(entered_to_ms, 0), group_id LIMIT ?`,
      emptyMs,
      withMembersMs,
      count,
    );
    return rows.map(({ groupId }) => groupId);
  }

  hasGroup(groupId: string): boolean {
    return this.#sql.query('SELECT 1 AS found FROM listed_group WHERE group_id = ?', groupId).length > 0;
  }

  /** What was measured of groups last. */
  latestOfGroups(): { readonly groupId: string; readonly measuredAtMs: number; readonly latest: MetricValues }[] {
    type Row = { name: string; entered_to_ms: number; latest: string };
    return this.#sql
      .query<Row>("SELECT name, entered_to_ms, latest FROM metric_series WHERE subject = 'group'")
      .map(({ name, entered_to_ms: measuredAtMs, latest }) => ({
        groupId: name,
        measuredAtMs,
        latest: JSON.parse(latest) as MetricValues,
      }));
  }

  /** Forgets topics and groups that are gone. */
  prune(): void {
    this.#sql.run(
      `DELETE FROM metric_series WHERE
       (subject = 'topic' AND NOT EXISTS (SELECT 1 FROM topic WHERE topic_id = metric_series.name AND state = 'ACTIVE'))
       OR (subject = 'group' AND NOT EXISTS (SELECT 1 FROM listed_group WHERE group_id = metric_series.name))`,
    );
  }
}

function toTold({ recent, ...row }: ToldRow): ToldPartition {
  return { ...row, recent: readRecent(recent) };
}
