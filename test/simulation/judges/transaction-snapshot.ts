import type { JournaledSqlStore } from '../journaled-sql-store.ts';

/** A coordinator as its row says it, read by other code than its own. */
export type CoordinatorSnapshot = {
  readonly phase: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly transactionNumber: number;
  /** `topicId/partition`. */
  readonly partitions: readonly string[];
  readonly groupIds: readonly string[];
  /** What was decided and is not known to everybody. */
  readonly prepared: { readonly producer: { readonly producerId: number }; readonly committed: boolean } | null;
};

/** Null while there is no coordinator. */
export function readCoordinator(store: JournaledSqlStore): CoordinatorSnapshot | null {
  if (!hasTable(store, 'transaction_coordinator')) return null;
  const [row] = store.peek<CoordinatorRow>('SELECT * FROM transaction_coordinator');
  if (row === undefined) return null;
  const partitions = JSON.parse(row.partitions) as { topicId: string; partition: number }[];
  return {
    phase: row.phase,
    producerId: row.producer_id,
    producerEpoch: row.producer_epoch,
    transactionNumber: row.transaction_number,
    partitions: partitions.map(({ topicId, partition }) => `${topicId}/${partition}`),
    groupIds: JSON.parse(row.group_ids) as string[],
    prepared: row.prepared === null ? null : (JSON.parse(row.prepared) as CoordinatorSnapshot['prepared']),
  };
}

type CoordinatorRow = {
  phase: string;
  producer_id: number;
  producer_epoch: number;
  transaction_number: number;
  partitions: string;
  group_ids: string;
  prepared: string | null;
};

export type OpenSnapshot = { readonly transactionNumber: number; readonly firstOffset: number };

/** The transactions of a partition as its rows say them. */
export type PartitionSnapshot = {
  /** By producer. */
  readonly open: ReadonlyMap<number, OpenSnapshot>;
  /** Of those that were aborted: `producer/first offset`. */
  readonly aborted: ReadonlySet<string>;
};

/** Null for a partition that is not there, or was closed. */
export function readPartitionTransactions(store: JournaledSqlStore): PartitionSnapshot | null {
  if (!hasTable(store, 'open_transactions') || !hasTable(store, 'partition')) return null;
  const [partition] = store.peek<{ closed: number | null }>('SELECT closed_at_ms AS closed FROM partition');
  if (partition === undefined || partition.closed !== null) return null;
  const open = store.peek<{ producer_id: number; transaction_number: number; first_offset: number }>(
    'SELECT * FROM open_transactions',
  );
  const aborted = store.peek<{ producer_id: number; first_offset: number }>(
    'SELECT producer_id, first_offset FROM aborted_transactions',
  );
  return {
    open: new Map(
      open.map(({ producer_id, transaction_number, first_offset }) => [
        producer_id,
        { transactionNumber: transaction_number, firstOffset: first_offset },
      ]),
    ),
    aborted: new Set(aborted.map(({ producer_id, first_offset }) => `${producer_id}/${first_offset}`)),
  };
}

export type PendingSnapshot = {
  readonly transactionNumber: number;
  /** By partition key. */
  readonly offsets: ReadonlyMap<string, number>;
};

/** The offsets of a group that wait for the end of a transaction, by producer. */
export function readPendingOffsets(store: JournaledSqlStore): Map<number, PendingSnapshot> {
  const byProducer = new Map<number, { transactionNumber: number; offsets: Map<string, number> }>();
  if (!hasTable(store, 'pending_offset')) return byProducer;
  const rows = store.peek<{
    producer_id: number;
    topic_id: string;
    partition: number;
    transaction_number: number;
    offset: number;
  }>('SELECT * FROM pending_offset');
  for (const row of rows) {
    const known = byProducer.get(row.producer_id);
    const pending = known ?? { transactionNumber: row.transaction_number, offsets: new Map<string, number>() };
    pending.offsets.set(`${row.topic_id}/${row.partition}`, row.offset);
    byProducer.set(row.producer_id, pending);
  }
  return byProducer;
}

function hasTable(store: JournaledSqlStore, name: string): boolean {
  return store.peek(`SELECT 1 AS found FROM sqlite_master WHERE name = '${name}'`).length > 0;
}
