import { createSchema } from '../platform/migrations.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { TransactionRef } from './transaction-ref.ts';
import { transactionMigrations } from './transaction-schema.ts';
import type { TransactionPhase, TransactionState } from './transaction-state.ts';

/** The coordinator's row: SQL only, no decisions. Writes are called inside a transaction of the service. */
export class TransactionStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /** Creates the tables and the identity of a coordinator that has none. */
  create(ref: TransactionRef, state: TransactionState): void {
    createSchema(this.#sql, transactionMigrations);
    this.#sql.run(
      'INSERT INTO transaction_coordinator VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ref.orgId,
      ref.clusterId,
      ref.transactionalId,
      ...columnsOf(state),
    );
  }

  save(state: TransactionState): void {
    this.#sql.run(
      `UPDATE transaction_coordinator SET phase = ?, producer_id = ?, producer_epoch = ?, timeout_ms = ?,
       transaction_number = ?, partitions = ?, group_ids = ?, started_at_ms = ?, updated_at_ms = ?, prepared = ?,
       last_end = ?, bumped_from = ?`,
      ...columnsOf(state),
    );
  }

  load(): { readonly ref: TransactionRef; readonly state: TransactionState } | null {
    const [row] = this.#sql.query<Row>('SELECT * FROM transaction_coordinator');
    if (row === undefined) return null;
    return {
      ref: { orgId: row.org_id, clusterId: row.cluster_id, transactionalId: row.transactional_id },
      state: {
        phase: row.phase as TransactionPhase,
        producer: { producerId: row.producer_id, producerEpoch: row.producer_epoch },
        timeoutMs: row.timeout_ms,
        transactionNumber: row.transaction_number,
        partitions: JSON.parse(row.partitions) as TransactionState['partitions'],
        groupIds: JSON.parse(row.group_ids) as string[],
        startedAtMs: row.started_at_ms,
        updatedAtMs: row.updated_at_ms,
        prepared: parsed<TransactionState['prepared']>(row.prepared),
        lastEnd: parsed<TransactionState['lastEnd']>(row.last_end),
        bumpedFrom: parsed<TransactionState['bumpedFrom']>(row.bumped_from),
      },
    };
  }
}

type Row = {
  org_id: string;
  cluster_id: string;
  transactional_id: string;
  phase: string;
  producer_id: number;
  producer_epoch: number;
  timeout_ms: number;
  transaction_number: number;
  partitions: string;
  group_ids: string;
  started_at_ms: number | null;
  updated_at_ms: number;
  prepared: string | null;
  last_end: string | null;
  bumped_from: string | null;
};

function columnsOf(state: TransactionState) {
  return [
    state.phase,
    state.producer.producerId,
    state.producer.producerEpoch,
    state.timeoutMs,
    state.transactionNumber,
    JSON.stringify(state.partitions),
    JSON.stringify(state.groupIds),
    state.startedAtMs,
    state.updatedAtMs,
    text(state.prepared),
    text(state.lastEnd),
    text(state.bumpedFrom),
  ] as const;
}

const text = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));

function parsed<Value>(stored: string | null): Value | null {
  return stored === null ? null : (JSON.parse(stored) as Value);
}
