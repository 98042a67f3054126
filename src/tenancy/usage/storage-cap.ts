import type { StorageStanding } from '../../authorization/storage-standing.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SqlStore } from '../../platform/sql-store.ts';
import type { AuditSink } from '../audit-sink.ts';

/** What a cap on storage does to its organization. */
export type StorageSurroundings = {
  /** How many bytes may be kept; null when that is not bounded. */
  readonly maxBytes: () => number | null;
  readonly isFull: () => boolean;
  /** Part of a transaction. */
  readonly setFull: (isFull: boolean) => void;
  /** Part of a transaction: whoever holds sockets looks again at once. */
  readonly takeRights: () => void;
};

export type StorageCapPorts = { readonly sql: SqlStore; readonly clock: Clock; readonly audit: AuditSink };

/**
 * Writing goes on when so much of the cap is free again: at its edge, where retention makes room for the next batch, it
 * would go on and stop with every report.
 */
const roomShare = 0.05;

/** Stops an organization from writing while it keeps as much as it may, by what its partitions report. */
export class StorageCap {
  readonly #ports: StorageCapPorts;
  readonly #around: StorageSurroundings;

  constructor(ports: StorageCapPorts, around: StorageSurroundings) {
    this.#ports = ports;
    this.#around = around;
  }

  get isSet(): boolean {
    return this.#around.maxBytes() !== null;
  }

  /** What goes with every principal; undefined while there is room. */
  standing(storedBytes: () => number): StorageStanding | undefined {
    const maxBytes = this.#around.maxBytes();
    if (maxBytes === null || !this.#around.isFull()) return undefined;
    return { usedBytes: storedBytes(), maxBytes };
  }

  /** Compares what is kept with the cap; one that was just set holds to the byte. */
  review(storedBytes: () => number, isCapNew: boolean): void {
    const maxBytes = this.#around.maxBytes();
    const wasFull = this.#around.isFull();
    if (maxBytes === null && !wasFull) return;
    const usedBytes = storedBytes();
    const isFull = maxBytes !== null && usedBytes >= maxBytes * (wasFull && !isCapNew ? 1 - roomShare : 1);
    if (isFull === wasFull) return;
    const { sql, clock, audit } = this.#ports;
    sql.transaction(() => {
      this.#around.setFull(isFull);
      this.#around.takeRights();
      const resource = JSON.stringify({ usedBytes, maxBytes });
      const action = isFull ? 'storage.full' : 'storage.within';
      audit.record({ atMs: clock.nowMs(), principal: null, host: null, action, resource, outcome: 'done' });
    });
  }
}
