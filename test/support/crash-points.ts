import type { PartitionPorts } from '../../src/log/partition-service.ts';
import type { SqlStore } from '../../src/platform/sql-store.ts';

/** What is thrown by everything an instance calls after it died. */
export class Crash extends Error {
  constructor() {
    super('the instance died');
    this.name = 'Crash';
  }
}

/**
 * When a call to the platform ends an instance: the `at`-th one, counted from 1, before its effect or after it.
 * `crash` ends the instance there; `error` fails that one call and lets the instance go on, as a call does that timed
 * out, whether or not it had taken effect.
 */
export type CrashPoint = {
  readonly at: number;
  readonly side: 'before' | 'after';
  readonly kind: 'crash' | 'error';
};

/** Every call of a scenario that made `callCount` of them, on both sides. */
export function crashPoints(callCount: number, kind: CrashPoint['kind']): CrashPoint[] {
  return Array.from({ length: callCount }, (_, index) => index + 1).flatMap((at) => [
    { at, side: 'before' as const, kind },
    { at, side: 'after' as const, kind },
  ]);
}

/** Counts the calls of one instance that change something outside it, and fails where a {@link CrashPoint} says. */
export class FailingCalls {
  /** The calls so far, by name. */
  readonly calls: string[] = [];
  isDead = false;
  readonly #point: CrashPoint | null;
  readonly #watch: () => Promise<void>;

  /** `watch` runs before and after every asynchronous call, while the instance waits for it. */
  constructor(point: CrashPoint | null, watch: () => Promise<void> = async () => {}) {
    this.#point = point;
    this.#watch = watch;
  }

  /** The store as the instance sees it: each outermost transaction is a call, and after its death there is nothing. */
  store(sql: SqlStore): SqlStore {
    const alive = <Args extends unknown[], T>(work: (...args: Args) => T) => {
      return (...args: Args): T => {
        if (this.isDead) throw new Crash();
        return work(...args);
      };
    };
    let depth = 0;
    return {
      query: alive((statement, ...bindings) => sql.query(statement, ...bindings)) as SqlStore['query'],
      run: alive((statement, ...bindings) => sql.run(statement, ...bindings)) as SqlStore['run'],
      sizeBytes: () => sql.sizeBytes(),
      billedRows: () => sql.billedRows(),
      deleteAll: () => this.async('deleteAll', () => sql.deleteAll()),
      transaction: (body) => {
        if (depth > 0) return sql.transaction(body);
        depth += 1;
        try {
          return this.#sync('transaction', () => sql.transaction(body));
        } finally {
          depth -= 1;
        }
      },
    };
  }

  async async<T>(name: string, effect: () => Promise<T>): Promise<T> {
    if (this.isDead) throw new Crash();
    this.calls.push(name);
    const at = this.calls.length;
    await this.#watch();
    this.#failAt(at, 'before');
    const result = await effect();
    this.#failAt(at, 'after');
    await this.#watch();
    if (this.isDead) throw new Crash();
    return result;
  }

  #sync<T>(name: string, effect: () => T): T {
    if (this.isDead) throw new Crash();
    this.calls.push(name);
    const at = this.calls.length;
    this.#failAt(at, 'before');
    const result = effect();
    this.#failAt(at, 'after');
    return result;
  }

  #failAt(at: number, side: CrashPoint['side']): void {
    if (this.#point === null || this.#point.at !== at || this.#point.side !== side) return;
    if (this.#point.kind === 'crash') this.isDead = true;
    throw new Crash();
  }
}

/** A partition's ports over {@link FailingCalls}. */
export class CrashingPorts extends FailingCalls {
  readonly ports: PartitionPorts;

  /** With `countsYields`, giving others a turn is a call too. */
  constructor(
    ports: PartitionPorts,
    point: CrashPoint | null,
    watch: () => Promise<void> = async () => {},
    countsYields = false,
  ) {
    super(point, watch);
    const { blobs, alarm } = ports;
    this.ports = {
      ...ports,
      sql: this.store(ports.sql),
      blobs: {
        put: (key, bytes, checks) => this.async('put', () => blobs.put(key, bytes, checks)),
        head: (key) => this.async('head', () => blobs.head(key)),
        read: (key, range) => this.async('read', () => blobs.read(key, range)),
        delete: (keys) => this.async('delete', () => blobs.delete(keys)),
        list: (prefix, cursor) => this.async('list', () => blobs.list(prefix, cursor)),
      },
      alarm: { armBy: (atMs) => this.async('alarm', () => alarm.armBy(atMs)) },
      yieldTurn: () => (countsYields ? this.async('yield', () => ports.yieldTurn()) : ports.yieldTurn()),
      report: (...args) => this.async('report', () => ports.report(...args)),
    };
  }
}
