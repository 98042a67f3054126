import type { AlarmClock } from '../alarm.ts';

/** {@link AlarmClock} in memory: tests read when it is due and fire it themselves. */
export class MemoryAlarm implements AlarmClock {
  /** When the alarm is due, or null while none is armed. */
  atMs: number | null = null;

  armBy(atMs: number): Promise<void> {
    if (this.atMs === null || this.atMs > atMs) this.atMs = atMs;
    return Promise.resolve();
  }

  /** Disarms the alarm and answers when it was due, as the platform does before it runs the handler. */
  take(): number | null {
    const dueMs = this.atMs;
    this.atMs = null;
    return dueMs;
  }
}
