import { ok, type Result } from '../errors/result.ts';
import type { PartitionRef } from '../log/partition-ref.ts';
import type { PartitionGrant, PartitionRpc } from '../log/partition-rpc.ts';
import type { AlarmClock } from '../platform/alarm.ts';
import type { Clock } from '../platform/clock.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { type DeliveryOutcome, decideDeliveryOutcome } from './catalog-decisions.ts';
import type { CatalogStore } from './catalog-store.ts';
import { type OutboxDelivery, OutboxStore } from './outbox-store.ts';

/** Deliveries under way at once: a request has six connections, and one is left for other work. */
const waveSize = 5;

/** Waves in one run of the alarm, so that it stays within the calls one run may make; the next run goes on. */
const maxWavesPerRun = 100;

/** What a partition's object is told: its config, or its end. */
export type PartitionControl = Pick<PartitionRpc, 'initialize' | 'close'>;

export type OutboxPorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly alarm: AlarmClock;
  /** Fetches a fresh stub: one that broke keeps failing. */
  readonly partition: (ref: PartitionRef) => PartitionControl;
};

/** What the outbox needs to know of the catalog. */
export type OutboxSource = {
  readonly refOf: (topicId: string, partition: number) => PartitionRef;
  /** A fresh grant of the partition with the topic's config as it is now; null when the topic is gone. */
  readonly grantOf: (topicId: string, partition: number) => PartitionGrant | null;
};

/**
 * Tells granted partitions about config changes and deletion: rows written with the change itself, delivered after it
 * by the object's alarm, at least once. Partitions take repeats and late ones as they come: a config only moves to a
 * higher version, and closed stays closed.
 */
export class PartitionOutbox {
  readonly #ports: OutboxPorts;
  readonly #catalog: CatalogStore;
  readonly #source: OutboxSource;
  readonly #rows: OutboxStore;

  constructor(ports: OutboxPorts, catalog: CatalogStore, source: OutboxSource) {
    this.#ports = ports;
    this.#catalog = catalog;
    this.#source = source;
    this.#rows = new OutboxStore(ports.sql);
  }

  /** Part of the transaction that changes the topic. */
  queue(topicId: string, verb: OutboxDelivery['verb'], configVersion: number): void {
    this.#rows.queue(topicId, verb, configVersion, this.#ports.clock.nowMs());
  }

  /** Arms the alarm for the next delivery, if there is any. */
  async arm(): Promise<void> {
    const dueAtMs = this.#rows.nextDueMs();
    if (dueAtMs !== null) await this.#ports.alarm.armBy(dueAtMs);
  }

  /** Delivers what is due, a few at a time, and arms the alarm for the rest. */
  async drain(): Promise<void> {
    for (let wave = 0; wave < maxWavesPerRun; wave += 1) {
      const deliveries = this.#rows.due(this.#ports.clock.nowMs(), waveSize);
      if (deliveries.length === 0) break;
      const attempts = this.#ports.sql.transaction(() => deliveries.map((delivery) => this.#prepare(delivery)));
      const outcomes = await Promise.all(attempts.map((attempt) => outcomeOf(attempt.send)));
      this.#ports.sql.transaction(() => {
        for (const [index, { delivery }] of attempts.entries()) this.#settle(delivery, outcomes[index] ?? 'failed');
      });
    }
    await this.arm();
  }

  /** Grants are remembered before they leave: a late one must not bring a deleted partition back unnoticed. */
  #prepare(delivery: OutboxDelivery): { delivery: OutboxDelivery; send: () => Promise<Result<unknown>> } {
    const { topicId, partition } = delivery;
    const ref = this.#source.refOf(topicId, partition);
    if (delivery.verb === 'close') return { delivery, send: () => this.#ports.partition(ref).close(ref) };
    const grant = this.#source.grantOf(topicId, partition);
    return {
      delivery,
      send: async () => (grant === null ? ok(null) : this.#ports.partition(ref).initialize(grant)),
    };
  }

  #settle(delivery: OutboxDelivery, outcome: DeliveryOutcome): void {
    const again = decideDeliveryOutcome(delivery, outcome, this.#ports.clock.nowMs());
    if (again !== null) {
      this.#rows.postpone(delivery, again.attempts, again.dueAtMs);
    } else if (this.#rows.remove(delivery) && delivery.verb === 'close') {
      this.#catalog.forgetPartition(delivery.topicId, delivery.partition);
      this.#catalog.removeIfClosed(delivery.topicId);
    }
  }
}

/** An object that cannot be reached throws; for the outbox that is one more reason to try again. */
async function outcomeOf(send: () => Promise<Result<unknown>>): Promise<DeliveryOutcome> {
  try {
    const result = await send();
    if (!result.ok) return 'failed';
    return isPurging(result.value) ? 'under-way' : 'done';
  } catch {
    return 'failed';
  }
}

const isPurging = (answer: unknown): boolean =>
  typeof answer === 'object' && answer !== null && 'isPurged' in answer && answer.isPurged === false;
