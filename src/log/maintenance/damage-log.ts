import type { Failure } from '../../errors/result.ts';
import type { DamagedRange } from '../partition-rpc.ts';
import { JobStore } from './job-store.ts';
import type { MaintainedPartition, MaintenancePorts } from './maintenance-job.ts';

/** Ranges remembered; a partition with more damage than this is not helped by a longer list. */
const damagedRangesMax = 100;

/**
 * Stretches of the log that were found damaged, by a reader or by the scrubber: reported once, and shown until they are
 * found whole again (restored) or are gone (deleted).
 */
export class DamageLog {
  readonly #ports: MaintenancePorts;
  readonly #identity: MaintainedPartition['identity'];
  readonly #stored: JobStore<readonly DamagedRange[]>;
  #known: readonly DamagedRange[];

  constructor(ports: MaintenancePorts, partition: Pick<MaintainedPartition, 'identity'>) {
    this.#ports = ports;
    this.#identity = partition.identity;
    this.#stored = new JobStore(ports.sql, 'damage');
    this.#known = this.#stored.load() ?? [];
  }

  /** What is damaged of the log as it is now. */
  get ranges(): readonly DamagedRange[] {
    const { logStartOffset } = this.#identity();
    return this.#known.filter(({ lastOffset }) => lastOffset >= logStartOffset);
  }

  /** Takes down what a failure says is damaged; one that names no offset is about something else. */
  note(failure: Failure): void {
    const { code, detail } = failure;
    const offset = detail?.offset;
    if (code !== 'KAFKA_STORAGE_ERROR' || typeof offset !== 'number') return;
    const { ranges } = this;
    if (ranges.length >= damagedRangesMax || ranges.some((range) => range.offset === offset)) return;
    const last = detail?.last_offset;
    this.#store([...ranges, { offset, lastOffset: typeof last === 'number' ? last : offset }]);
    this.#ports.reportIncident({ event: 'partition-damaged', failure });
  }

  /** Everything between these offsets, both inclusive, was found sound. */
  clear(from: number, to: number): void {
    const left = this.#known.filter(({ offset }) => offset < from || offset > to);
    if (left.length < this.#known.length) this.#store(left);
  }

  #store(ranges: readonly DamagedRange[]): void {
    this.#ports.sql.transaction(() => this.#stored.store(ranges));
    this.#known = ranges;
  }
}
