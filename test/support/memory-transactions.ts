import type { MarkerSender } from '../../src/gateway/transactions/marker-sender.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { MemoryAlarm } from '../../src/platform/memory/memory-alarm.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import type { CatalogRpc } from '../../src/topics/catalog-rpc.ts';
import type { TransactionRef } from '../../src/transactions/transaction-ref.ts';
import { TransactionService } from '../../src/transactions/transaction-service.ts';

type MemoryTransaction = { readonly sql: NodeSqlStore; readonly alarm: MemoryAlarm; service: TransactionService };

export type MemoryTransactionPorts = {
  readonly clock: Clock;
  readonly catalog: () => CatalogRpc;
  readonly receivers: (ref: TransactionRef) => MarkerSender;
};

/** Transaction coordinators without a runtime: each object's real service over a SQLite of its own. */
export class MemoryTransactions {
  readonly errors: unknown[] = [];
  readonly #ports: MemoryTransactionPorts;
  readonly #coordinators = new Map<string, MemoryTransaction>();

  constructor(ports: MemoryTransactionPorts) {
    this.#ports = ports;
  }

  service(ref: TransactionRef): TransactionService {
    return this.#coordinator(ref).service;
  }

  get stores(): readonly NodeSqlStore[] {
    return [...this.#coordinators.values()].map(({ sql }) => sql);
  }

  /** Loses the object's memory, as an eviction or a crash does; what is stored stays. */
  restart(ref: TransactionRef): void {
    const coordinator = this.#coordinator(ref);
    coordinator.service = this.#serve(ref, coordinator.sql, coordinator.alarm);
  }

  /** Runs every alarm that is due, once. */
  async runAlarms(): Promise<void> {
    for (const { alarm, service } of this.#coordinators.values()) {
      if (alarm.atMs === null || alarm.atMs > this.#ports.clock.nowMs()) continue;
      alarm.take();
      await service.runAlarm();
    }
  }

  #coordinator(ref: TransactionRef): MemoryTransaction {
    const name = `${ref.clusterId.length}:${ref.clusterId}${ref.transactionalId}`;
    const known = this.#coordinators.get(name);
    if (known !== undefined) return known;
    const sql = new NodeSqlStore();
    const alarm = new MemoryAlarm();
    const made = { sql, alarm, service: this.#serve(ref, sql, alarm) };
    this.#coordinators.set(name, made);
    return made;
  }

  #serve(own: TransactionRef, sql: NodeSqlStore, alarm: MemoryAlarm): TransactionService {
    return new TransactionService({
      sql,
      alarm,
      clock: this.#ports.clock,
      catalog: this.#ports.catalog,
      receivers: this.#ports.receivers,
      isOwn: ({ transactionalId }) => transactionalId === own.transactionalId,
      // Longer than any marker takes here.
      pause: () => new Promise((resolve) => setTimeout(resolve, 1_000).unref()),
      reportError: (error) => this.errors.push(error),
    });
  }
}
