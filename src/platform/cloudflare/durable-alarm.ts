import type { AlarmClock } from '../alarm.ts';
import type { Clock } from '../clock.ts';

/**
 * An alarm this long overdue may never fire: the platform has been seen to lose one, and an object whose storage was
 * restored has the alarm of that time. A busy platform is late too; what is armed once more then comes twice, as any
 * alarm may.
 */
const overdueAfterMs = 1_000;

/** What the alarm needs of `ctx.storage`. */
export type DurableAlarmStorage = Pick<DurableObjectStorage, 'getAlarm' | 'setAlarm'>;

/** {@link AlarmClock} over the one alarm of a Durable Object. */
export class DurableAlarm implements AlarmClock {
  readonly #storage: DurableAlarmStorage;
  readonly #clock: Clock;

  constructor(storage: DurableAlarmStorage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  async armBy(atMs: number): Promise<void> {
    const armedAtMs = await this.#storage.getAlarm();
    const nowMs = this.#clock.nowMs();
    if (armedAtMs === null || armedAtMs > atMs) await this.#storage.setAlarm(atMs);
    else if (armedAtMs < nowMs - overdueAfterMs) await this.#storage.setAlarm(nowMs);
  }
}
