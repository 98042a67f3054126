import type { AlarmClock } from '../platform/alarm.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { grantLifetimeMs } from './partition-grant.ts';
import { SegmentStore } from './segment-store.ts';

/** Segments dropped in one turn of the alarm, so that no turn is long. */
const segmentsDroppedPerTurn = 8;

/** Between two turns of a purge. */
const purgePauseMs = 100;

/**
 * Frees a deleted partition. Its segments go at once, a few a turn; the row that says "closed" stays until every grant
 * issued before the deletion has expired, so that no late call can bring the object back; then everything goes.
 */
export class PartitionPurge {
  readonly #sql: SqlStore;
  readonly #alarm: AlarmClock;

  constructor(ports: { readonly sql: SqlStore; readonly alarm: AlarmClock }) {
    this.#sql = ports.sql;
    this.#alarm = ports.alarm;
  }

  /** One bounded step; answers whether the object is empty now. */
  async run(closedAtMs: number, nowMs: number): Promise<boolean> {
    const segments = new SegmentStore(this.#sql);
    const dropped = this.#sql.transaction(() => segments.dropOldest(segmentsDroppedPerTurn));
    if (dropped > 0) {
      await this.#alarm.armBy(nowMs + purgePauseMs);
      return false;
    }
    const emptyAtMs = closedAtMs + 2 * grantLifetimeMs;
    if (nowMs < emptyAtMs) {
      await this.#alarm.armBy(emptyAtMs);
      return false;
    }
    await this.#sql.deleteAll();
    return true;
  }
}
