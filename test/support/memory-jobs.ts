import { type JobPorts, JobService } from '../../src/jobs/job-service.ts';
import { MemoryAlarm } from '../../src/platform/memory/memory-alarm.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';

/** The job runner of one cluster without a runtime: its real service over a SQLite of its own. */
export class MemoryJobs {
  readonly sql = new NodeSqlStore();
  readonly alarm = new MemoryAlarm();
  readonly #ports: Pick<JobPorts, 'clock' | 'door'>;
  #service: JobService;

  constructor(ports: Pick<JobPorts, 'clock' | 'door'>) {
    this.#ports = ports;
    this.#service = this.#serve();
  }

  get service(): JobService {
    return this.#service;
  }

  /** Loses the object's memory, as an eviction or a crash does; what is stored stays. */
  restart(): void {
    this.#service = this.#serve();
  }

  /** Runs the alarm as often as it is due. */
  async runAlarms(): Promise<void> {
    for (let run = 0; run < maxAlarmRuns; run += 1) {
      if (this.alarm.atMs === null || this.alarm.atMs > this.#ports.clock.nowMs()) return;
      this.alarm.take();
      await this.#service.runAlarm();
    }
  }

  #serve(): JobService {
    return new JobService({
      ...this.#ports,
      sql: this.sql,
      alarm: this.alarm,
      isOwn: () => true,
      reportError: (error) => {
        throw error;
      },
    });
  }
}

/** Runs of one alarm at one moment: more would be one that never comes to an end. */
const maxAlarmRuns = 1_000;
