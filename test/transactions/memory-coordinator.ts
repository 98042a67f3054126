import type { Result } from '../../src/errors/result.ts';
import { failed, ok } from '../../src/errors/result.ts';
import type { TransactionMarker } from '../../src/log/transactions/transaction-marker.ts';
import { MemoryAlarm } from '../../src/platform/memory/memory-alarm.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import type { TransactionPorts } from '../../src/transactions/transaction-service.ts';
import { TransactionService } from '../../src/transactions/transaction-service.ts';
import type { TransactionPartition } from '../../src/transactions/transaction-state.ts';

export const testTransaction = { orgId: 'org', clusterId: 'cluster', transactionalId: 'payments-1' };

export function partitionOf(partition: number): TransactionPartition {
  return { topic: 'orders', topicId: 'orders-id', partition };
}

/** One coordinator over a real SQLite, with its clock, alarm and listeners in the test's hands. */
export class MemoryCoordinator {
  readonly store = new NodeSqlStore();
  readonly alarm = new MemoryAlarm();
  readonly errors: unknown[] = [];
  readonly markers: { readonly to: string; readonly marker: TransactionMarker }[] = [];
  readonly listed = new Set<string>();
  nowMs = 1_790_000_000_000;
  /** What those who take part answer. */
  answer: (to: string, marker: TransactionMarker) => Promise<Result<null>> = async () => ok(null);
  /** What the next instance gets instead of the plain ports. */
  wrapPorts: (ports: TransactionPorts) => TransactionPorts = (ports) => ports;
  #nextProducerId = 100;
  service = this.#start();

  #start(): TransactionService {
    const tell = (to: string, marker: TransactionMarker) => {
      this.markers.push({ to, marker });
      return this.answer(to, marker);
    };
    return new TransactionService(
      this.wrapPorts({
        sql: this.store,
        alarm: this.alarm,
        clock: { nowMs: () => this.nowMs },
        catalog: () => ({
          allocateProducerId: async () => ok({ producerId: this.#nextProducerId++, producerEpoch: 0 }),
          registerTransactionalId: async (_cluster, id) => {
            this.listed.add(id);
            return ok(null);
          },
          unregisterTransactionalId: async (_cluster, id) => {
            this.listed.delete(id);
            return ok(null);
          },
        }),
        receivers: () => ({
          tellPartition: ({ partition }, marker) => tell(`partition ${partition}`, marker),
          tellGroup: (groupId, marker) => tell(`group ${groupId}`, marker),
        }),
        isOwn: ({ transactionalId }) => transactionalId === testTransaction.transactionalId,
        pause: () => new Promise((resolve) => setImmediate(() => setImmediate(resolve))),
        reportError: (error) => this.errors.push(error),
      }),
    );
  }

  /** A new instance over the same data, as after an eviction or a crash. */
  restart(): void {
    this.service = this.#start();
  }

  async runAlarm(): Promise<void> {
    for (let runs = 0; runs < 10 && this.alarm.atMs !== null && this.alarm.atMs <= this.nowMs; runs += 1) {
      this.alarm.take();
      await this.service.runAlarm();
    }
  }
}

/** An answer of someone who cannot be reached. */
export const unreachable = failed('UNKNOWN_OUTCOME', 'Nobody is there.');
