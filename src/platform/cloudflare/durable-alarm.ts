import type { AlarmClock } from '../alarm.ts';
import type { Clock } from '../clock.ts';

/** An alarm this far in the past did not fire and will not (seen on the platform): it is armed anew. */
const lostAlarmAfterMs = 60_000;

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
    const isLost = armedAtMs !== null && armedAtMs < this.#clock.nowMs() - lostAlarmAfterMs;
    if (armedAtMs === null || isLost || armedAtMs > atMs) await this.#storage.setAlarm(atMs);
  }
}
