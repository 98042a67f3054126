import type { AlarmClock } from '../platform/alarm.ts';
import { deletedKeysMax } from '../platform/blob-store.ts';
import { isInitialized } from '../platform/migrations.ts';
import { JobStore } from './maintenance/job-store.ts';
import type { MaintenancePorts } from './maintenance/maintenance-job.ts';
import { storeFailure } from './object-store-failure.ts';
import { grantLifetimeMs } from './partition-grant.ts';
import type { PartitionIdentity } from './partition-identity.ts';
import { segmentObjectPrefix } from './segment-object-key.ts';
import { SegmentStore } from './segment-store.ts';

/** Segments dropped in one turn of the alarm, so that no turn is long. */
const segmentsDroppedPerTurn = 8;

/** Between two turns of a purge. */
const purgePauseMs = 100;

/** Between two turns when the object store does not answer. */
const retryPauseMs = 30_000;

/** For this long no object may have appeared: one that was on its way when the topic was deleted has landed by then. */
const quietMs = 2 * 60 * 1000;

/** Since when the object store has been seen to hold nothing of the partition; null after something was found. */
type PurgeState = { readonly emptySinceMs: number | null };

/**
 * Frees a deleted partition. Its rows and objects go at once, a few a turn; the row that says "closed" stays until every
 * grant issued before the deletion has expired, so that no late call can bring the object back, and until the object
 * store was found empty a second time; then everything goes. A turn that dies is repeated: all it does is delete.
 */
export class PartitionPurge {
  readonly #ports: MaintenancePorts & { readonly alarm: AlarmClock };
  readonly #job: JobStore<PurgeState>;

  constructor(ports: MaintenancePorts & { readonly alarm: AlarmClock }) {
    this.#ports = ports;
    this.#job = new JobStore(ports.sql, 'purge');
  }

  /** One bounded step; answers whether the object is empty now. */
  async run(identity: PartitionIdentity, closedAtMs: number, nowMs: number): Promise<boolean> {
    const { sql, alarm } = this.#ports;
    // The last step took effect, although it failed: nothing is left to do, or to look at.
    if (!isInitialized(sql)) return true;
    const segments = new SegmentStore(sql);
    const dropped = sql.transaction(() => segments.dropOldest(segmentsDroppedPerTurn));
    if (dropped > 0) {
      await alarm.armBy(nowMs + purgePauseMs);
      return false;
    }
    const found = await this.#deleteObjects(segmentObjectPrefix(identity.ref));
    if (found !== 'none') {
      if (found === 'some') this.#store({ emptySinceMs: null });
      await alarm.armBy(nowMs + (found === 'some' ? purgePauseMs : retryPauseMs));
      return false;
    }
    const emptySinceMs = this.#job.load()?.emptySinceMs ?? nowMs;
    this.#store({ emptySinceMs });
    const endMs = Math.max(closedAtMs + 2 * grantLifetimeMs, emptySinceMs + quietMs);
    if (nowMs < endMs) {
      await alarm.armBy(endMs);
      return false;
    }
    await sql.deleteAll();
    return true;
  }

  /** Deletes a page of the partition's objects; says whether there were any. */
  async #deleteObjects(prefix: string): Promise<'none' | 'some' | 'unknown'> {
    try {
      const { keys } = await this.#ports.blobs.list(prefix, null);
      if (keys.length === 0) return 'none';
      await this.#ports.blobs.delete(keys.slice(0, deletedKeysMax));
      return 'some';
    } catch (cause) {
      const { error } = storeFailure('delete the objects of a deleted partition', cause);
      this.#ports.reportIncident({ event: 'partition-purge-failed', failure: error });
      return 'unknown';
    }
  }

  #store(state: PurgeState): void {
    this.#ports.sql.transaction(() => this.#job.store(state));
  }
}
