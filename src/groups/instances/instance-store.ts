import type { SqlStore } from '../../platform/sql-store.ts';
import { type PartitionKey, partitionKey, splitPartitionKey } from '../assignors/assignor.ts';
import type { GroupSubscription } from '../group-state.ts';
import type { ConsumerInstance, InstanceConfig, NamedPartition } from './consumer-instance.ts';

type InstanceRow = {
  name: string;
  config: string;
  subscription: string | null;
  assignment: string | null;
  positions: string;
  version: number;
  last_used_ms: number;
};

/** Offsets by topic id and partition: a topic's id is long, and stands there once. */
type PositionsJson = Record<string, Record<string, number>>;

/** The rows of consumer instances: SQL only, no decisions. */
export class InstanceStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  load(): Map<string, ConsumerInstance> {
    const rows = this.#sql.query<InstanceRow>('SELECT * FROM consumer_instance ORDER BY name');
    return new Map(rows.map((row) => [row.name, toInstance(row)]));
  }

  save(instance: ConsumerInstance): void {
    const { name, config, subscription, assignment, positions, version, lastUsedMs } = instance;
    this.#sql.run(
      `INSERT INTO consumer_instance VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET config = excluded.config, subscription = excluded.subscription,
       assignment = excluded.assignment, positions = excluded.positions, version = excluded.version,
       last_used_ms = excluded.last_used_ms`,
      name,
      JSON.stringify(config),
      subscription === null ? null : JSON.stringify(subscription),
      assignment === null ? null : JSON.stringify(assignment),
      JSON.stringify(positionsJson(positions)),
      version,
      lastUsedMs,
    );
  }

  delete(name: string): void {
    this.#sql.run('DELETE FROM consumer_instance WHERE name = ?', name);
  }
}

function toInstance(row: InstanceRow): ConsumerInstance {
  return {
    name: row.name,
    config: JSON.parse(row.config) as InstanceConfig,
    subscription: row.subscription === null ? null : (JSON.parse(row.subscription) as GroupSubscription),
    assignment: row.assignment === null ? null : (JSON.parse(row.assignment) as NamedPartition[]),
    positions: positionsOf(JSON.parse(row.positions) as PositionsJson),
    version: row.version,
    lastUsedMs: row.last_used_ms,
  };
}

function positionsJson(positions: ReadonlyMap<PartitionKey, number>): PositionsJson {
  const json: PositionsJson = {};
  for (const [key, offset] of positions) {
    const { topicId, partition } = splitPartitionKey(key);
    json[topicId] ??= {};
    json[topicId][partition] = offset;
  }
  return json;
}

function positionsOf(json: PositionsJson): Map<PartitionKey, number> {
  const positions = new Map<PartitionKey, number>();
  for (const [topicId, partitions] of Object.entries(json)) {
    for (const [partition, offset] of Object.entries(partitions)) {
      positions.set(partitionKey(topicId, Number(partition)), offset);
    }
  }
  return positions;
}
