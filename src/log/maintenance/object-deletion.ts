import { ok, type Result } from '../../errors/result.ts';
import { storeFailure } from '../object-store-failure.ts';
import type { MaintenanceJob, MaintenancePorts } from './maintenance-job.ts';
import { ObjectTombstones } from './object-tombstones.ts';

/** Objects deleted in one step: one call to the store, and as many rows. */
const objectsPerStep = 100;

/** Deletes the objects whose grace is over. Deleting again what is gone already does no harm, so a crash needs no care. */
export class ObjectDeletion implements MaintenanceJob {
  readonly kind = 'object-deletion';
  readonly #ports: MaintenancePorts;
  readonly #tombstones: ObjectTombstones;
  #deletedObjects = 0;

  constructor(ports: MaintenancePorts) {
    this.#ports = ports;
    this.#tombstones = new ObjectTombstones(ports.sql);
  }

  get progress(): Readonly<Record<string, number>> {
    return { deleted_objects: this.#deletedObjects };
  }

  async run(nowMs: number): Promise<Result<number | null>> {
    const keys = this.#tombstones.due(nowMs, objectsPerStep);
    if (keys.length > 0) {
      try {
        await this.#ports.blobs.delete(keys);
      } catch (cause) {
        return storeFailure('delete objects', cause);
      }
      this.#ports.sql.transaction(() => this.#tombstones.remove(keys));
      this.#deletedObjects += keys.length;
    }
    return ok(this.#tombstones.nextMs());
  }
}
