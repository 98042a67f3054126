import { type UsageEntry, usageCounters } from '../../log/usage/usage-counts.ts';
import type { SqlStore } from '../../platform/sql-store.ts';
import type { UsageTotals } from './prices.ts';
import type { Standing } from './usage-settlement.ts';

/** The row of a day. Topics and keys are empty where something is of none, `*` where it is of many. */
export type DayName = {
  readonly day: number;
  readonly clusterId: string;
  readonly topic: string;
  readonly keyId: string;
};

export type DayUsage = DayName & { readonly totals: UsageTotals };

/** A partition that has reported, with what it keeps since then. */
export type MeteredPartition = {
  readonly clusterId: string;
  readonly topicId: string;
  readonly partition: number;
  readonly topic: string;
  readonly standing: Standing;
  readonly localBytes: number;
  readonly remoteBytes: number;
  readonly reportedAtMs: number;
};

type PartitionName = Pick<MeteredPartition, 'clusterId' | 'topicId' | 'partition'>;

const totalNames = [...usageCounters, 'localByteHours', 'remoteByteHours'] as const;

type PartitionRow = {
  cluster_id: string;
  topic_id: string;
  partition: number;
  topic: string;
  last_period: number;
  entered: string;
  local_bytes: number;
  remote_bytes: number;
  reported_at_ms: number;
};

/** What groups the rows of a listing. */
export type UsageGrouping = 'topic' | 'key' | 'day';

/** The usage of an organization: SQL only, no decisions. Writes are called inside a transaction of the service. */
export class UsageStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  partition({ clusterId, topicId, partition }: PartitionName): MeteredPartition | null {
    const [row] = this.#sql.query<PartitionRow>(
      'SELECT * FROM usage_partition WHERE cluster_id = ? AND topic_id = ? AND partition = ?',
      clusterId,
      topicId,
      partition,
    );
    return row === undefined ? null : partitionOf(row);
  }

  /** What all partitions keep. */
  storedBytes(): number {
    const [row] = this.#sql.query<{ bytes: number | null }>(
      'SELECT SUM(local_bytes + remote_bytes) AS bytes FROM usage_partition',
    );
    return row?.bytes ?? 0;
  }

  /** Partitions that keep something. */
  storing(): MeteredPartition[] {
    return this.#sql
      .query<PartitionRow>('SELECT * FROM usage_partition WHERE local_bytes + remote_bytes > 0')
      .map(partitionOf);
  }

  putPartition(row: MeteredPartition): void {
    this.#sql.run(
      'INSERT OR REPLACE INTO usage_partition VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      row.clusterId,
      row.topicId,
      row.partition,
      row.topic,
      row.standing.lastPeriod,
      JSON.stringify(row.standing.entered),
      row.localBytes,
      row.remoteBytes,
      row.reportedAtMs,
    );
  }

  /** Forgets partitions that keep nothing and were not heard of since. */
  prunePartitions(beforeMs: number): void {
    this.#sql.run(
      'DELETE FROM usage_partition WHERE local_bytes = 0 AND remote_bytes = 0 AND reported_at_ms < ?',
      beforeMs,
    );
  }

  /** The number of the last report of an edge; 0 when there was none. */
  lastReport(reporter: string): number {
    const [row] = this.#sql.query<{ number: number }>('SELECT number FROM usage_edge WHERE reporter = ?', reporter);
    return row?.number ?? 0;
  }

  putReport(reporter: string, number: number, nowMs: number): void {
    this.#sql.run('INSERT OR REPLACE INTO usage_edge VALUES (?, ?, ?)', reporter, number, nowMs);
  }

  /** Forgets edges that were not heard of since. */
  pruneReporters(beforeMs: number): void {
    this.#sql.run('DELETE FROM usage_edge WHERE reported_at_ms < ?', beforeMs);
  }

  hasDay({ day, clusterId, topic, keyId }: DayName): boolean {
    const rows = this.#sql.query(
      'SELECT 1 AS found FROM usage_day WHERE day = ? AND cluster_id = ? AND topic = ? AND key_id = ?',
      day,
      clusterId,
      topic,
      keyId,
    );
    return rows.length > 0;
  }

  countOfDay(day: number): number {
    return this.#sql.query<{ rows: number }>('SELECT count(*) AS rows FROM usage_day WHERE day = ?', day)[0]?.rows ?? 0;
  }

  add({ day, clusterId, topic, keyId }: DayName, totals: Partial<UsageTotals>): void {
    this.#sql.run(
      `INSERT INTO usage_day VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (day, cluster_id, topic, key_id) DO UPDATE SET
         records_in = records_in + excluded.records_in,
         bytes_in = bytes_in + excluded.bytes_in,
         records_out = records_out + excluded.records_out,
         bytes_out = bytes_out + excluded.bytes_out,
         requests = requests + excluded.requests,
         connection_ms = connection_ms + excluded.connection_ms,
         object_requests = object_requests + excluded.object_requests,
         rows_read = rows_read + excluded.rows_read,
         rows_written = rows_written + excluded.rows_written,
         class_a = class_a + excluded.class_a,
         class_b = class_b + excluded.class_b,
         local_byte_hours = local_byte_hours + excluded.local_byte_hours,
         remote_byte_hours = remote_byte_hours + excluded.remote_byte_hours`,
      day,
      clusterId,
      topic,
      keyId,
      ...totalNames.map((name) => totals[name] ?? 0),
    );
  }

  /** The `count` rows of a day in which the least was moved, but not those that stand for many. */
  smallest(day: number, count: number): DayUsage[] {
    type Row = DayName & UsageTotals;
    return this.#sql
      .query<Row>(
        `SELECT day, cluster_id AS clusterId, topic, key_id AS keyId,
           records_in AS recordsIn, bytes_in AS bytesIn, records_out AS recordsOut, bytes_out AS bytesOut,
           requests, connection_ms AS connectionMs, object_requests AS objectRequests, rows_read AS rowsRead,
           rows_written AS rowsWritten, class_a AS classA, class_b AS classB,
           local_byte_hours AS localByteHours, remote_byte_hours AS remoteByteHours
         FROM usage_day WHERE day = ? AND topic <> '*' ORDER BY bytes_in + bytes_out, requests LIMIT ?`,
        day,
        count,
      )
      .map(({ day: ofDay, clusterId, topic, keyId, ...totals }) => ({ day: ofDay, clusterId, topic, keyId, totals }));
  }

  remove({ day, clusterId, topic, keyId }: DayName): void {
    this.#sql.run(
      'DELETE FROM usage_day WHERE day = ? AND cluster_id = ? AND topic = ? AND key_id = ?',
      day,
      clusterId,
      topic,
      keyId,
    );
  }

  pruneDays(beforeDay: number): void {
    this.#sql.run('DELETE FROM usage_day WHERE day < ?', beforeDay);
  }

  /** Sums from one day to another, both inclusive, a row a group; all clusters when `clusterId` is null. */
  sums(
    fromDay: number,
    toDay: number,
    clusterId: string | null,
    by: UsageGrouping,
  ): { readonly group: string; readonly totals: UsageTotals }[] {
    type Row = { group_name: string } & UsageTotals;
    return this.#sql
      .query<Row>(
        `SELECT CASE ? WHEN 'topic' THEN topic WHEN 'key' THEN key_id ELSE CAST(day AS TEXT) END AS group_name,
           sum(records_in) AS recordsIn, sum(bytes_in) AS bytesIn, sum(records_out) AS recordsOut,
           sum(bytes_out) AS bytesOut, sum(requests) AS requests, sum(connection_ms) AS connectionMs,
           sum(object_requests) AS objectRequests, sum(rows_read) AS rowsRead, sum(rows_written) AS rowsWritten,
           sum(class_a) AS classA, sum(class_b) AS classB,
           sum(local_byte_hours) AS localByteHours, sum(remote_byte_hours) AS remoteByteHours
         FROM usage_day WHERE day BETWEEN ? AND ? AND (? IS NULL OR cluster_id = ?) GROUP BY group_name`,
        by,
        fromDay,
        toDay,
        clusterId,
        clusterId,
      )
      .map(({ group_name, ...totals }) => ({ group: group_name, totals }));
  }
}

function partitionOf(row: PartitionRow): MeteredPartition {
  return {
    clusterId: row.cluster_id,
    topicId: row.topic_id,
    partition: row.partition,
    topic: row.topic,
    standing: { lastPeriod: row.last_period, entered: JSON.parse(row.entered) as UsageEntry[] },
    localBytes: row.local_bytes,
    remoteBytes: row.remote_bytes,
    reportedAtMs: row.reported_at_ms,
  };
}

/** What nobody used. */
export const noTotals: UsageTotals = Object.fromEntries(totalNames.map((name) => [name, 0])) as UsageTotals;

export function plusTotals(one: UsageTotals, other: Partial<UsageTotals>): UsageTotals {
  return Object.fromEntries(totalNames.map((name) => [name, one[name] + (other[name] ?? 0)])) as UsageTotals;
}
