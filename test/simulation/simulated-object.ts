import type { DurableAlarmStorage } from '../../src/platform/cloudflare/durable-alarm.ts';
import type { SqlStore } from '../../src/platform/sql-store.ts';
import { JournaledSqlStore } from './journaled-sql-store.ts';
import type { SimulatedSocket } from './simulated-socket.ts';
import { epochMs, type SimulatedWorld } from './simulated-world.ts';
import { StorageLost } from './transport-errors.ts';

/** A commit is durable after so long. */
const flushMs = { min: 1, max: 7 };

/** A handler that died is run again after so long, as the platform retries alarms. */
const alarmRetryMs = 2_000;

/** Clocks of two objects differ by less than the margin that grants allow for. */
const clockSkewMaxMs = 4_000;

/** Whoever judges what an object writes, turn by turn. */
export type TurnObserver = {
  /** A turn is about to write: what is stored now is what it found. */
  readonly opened: () => void;
  /** A turn has written; `whenDurable` is called once that cannot be lost any more. */
  readonly written: (whenDurable: (call: () => void) => void) => void;
};

type PendingCommit = { readonly alarmBeforeMs: number | null; readonly outputs: (() => void)[] };

/** One instance of an object in memory, from its constructor to its end. */
export class Life<Instance> {
  readonly object: SimulatedObject<Instance>;
  readonly number: number;
  /**
   * `zombie`: replaced by a newer instance, it answers from memory, but storage fails. `broken`: storage failed in the
   * middle of a turn, so nothing may leave any more until it is reset.
   */
  state: 'alive' | 'zombie' | 'broken' | 'ended' = 'alive';
  instance!: Instance;
  /** Calls admitted before it wait. */
  ready: Promise<unknown> = Promise.resolve();
  /** Callers that wait for an answer: each is told when the instance ends. */
  readonly inFlight = new Set<() => void>();
  /** Own work that keeps the object in memory. */
  busyCount = 0;

  constructor(object: SimulatedObject<Instance>, number: number) {
    this.object = object;
    this.number = number;
  }

  get isRunning(): boolean {
    return this.state !== 'ended';
  }

  get name(): string {
    return `${this.object.name}#${this.number}`;
  }

  /** The output gate: what leaves the object waits until everything written so far is durable. */
  output(send: () => void): void {
    if (this.state === 'zombie') send();
    else if (this.state === 'alive') this.object.output(send);
  }

  /**
   * A promise of the platform: `start` is given a way to settle it, which does nothing once the instance has ended; the
   * code that awaits it then never runs on. Around every such await the instance may die.
   */
  awaited<T>(
    label: string,
    start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    this.busyCount += 1;
    this.object.maybeCrashAround(this, label);
    return new Promise<T>((resolve, reject) => {
      const settle = (settleWith: () => void) => {
        this.busyCount -= 1;
        if (this.isRunning) settleWith();
      };
      start(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
    });
  }

  /** A timer of the instance. */
  sleep(ms: number, label: string): Promise<void> {
    const { queue } = this.object.world;
    return this.awaited(label, (resolve) => queue.after(ms, `${this.name} ${label}`, () => resolve()));
  }
}

/**
 * A Durable Object of the simulated platform: storage that outlives instances, one alarm, sockets, and an instance
 * that is made when something reaches the object and may be lost at any moment.
 */
export class SimulatedObject<Instance> {
  readonly world: SimulatedWorld;
  readonly name: string;
  readonly store = new JournaledSqlStore();
  readonly sockets = new Set<SimulatedSocket>();
  /**
   * Whether a crashed instance may go on answering. Not so for an object without storage: what it would be cut off from
   * does not exist, and the runtime routes every new call to the new instance.
   */
  canBeZombie = true;
  readonly clock = { nowMs: () => Math.floor(epochMs + this.world.nowMs + this.#skewMs) };
  observer: TurnObserver | null = null;
  life: Life<Instance> | null = null;
  zombie: Life<Instance> | null = null;
  alarmAtMs: number | null = null;
  #alarmBeforeTurnMs: number | null = null;
  #alarmGeneration = 0;
  #isAlarmLost = false;
  #skewMs: number;
  #lifeCount = 0;
  #isDoomed = false;
  #isAlarmRunning = false;
  #pending: PendingCommit[] = [];
  #turnOutputs: (() => void)[] = [];
  #lastFlushAtMs = 0;
  #storageFailsUntilMs = -1;
  readonly #construct: (life: Life<Instance>) => Instance;
  readonly #runAlarm: (instance: Instance) => Promise<void>;

  constructor(
    world: SimulatedWorld,
    name: string,
    construct: (life: Life<Instance>) => Instance,
    runAlarm: (instance: Instance) => Promise<void>,
  ) {
    this.world = world;
    this.name = name;
    this.#construct = construct;
    this.#runAlarm = runAlarm;
    this.#skewMs = world.random.between(-clockSkewMaxMs, clockSkewMaxMs);
    this.store.onTurnOpened = () => {
      this.#alarmBeforeTurnMs = this.alarmAtMs;
      this.observer?.opened();
      world.touch(this as SimulatedObject<unknown>);
    };
    this.store.onStatement = (isWrite) => this.#failStatement(isWrite);
    world.objects.set(name, this as SimulatedObject<unknown>);
  }

  /** Whether anything written is not durable yet. */
  get hasUnflushed(): boolean {
    return this.#pending.length > 0;
  }

  /** The instance, made now if there is none. Null when it died in its constructor. */
  start(): Life<Instance> | null {
    if (this.life !== null) return this.life;
    const life = new Life<Instance>(this, ++this.#lifeCount);
    this.life = life;
    this.world.note(`${life.name} starts`);
    for (const socket of this.sockets) socket.owner ??= life as Life<unknown>;
    try {
      life.instance = this.#construct(life);
    } catch (thrown) {
      if (!(thrown instanceof StorageLost)) {
        this.world.violate(`the constructor of ${life.name} threw ${thrown instanceof Error ? thrown.stack : thrown}`);
      }
      life.state = 'broken';
      this.crash('in its constructor');
      return null;
    }
    if (this.world.random.chance(this.world.faults.crashAtStart)) this.crash('at its start');
    return this.life;
  }

  output(send: () => void): void {
    this.#turnOutputs.push(send);
    this.world.touch(this as SimulatedObject<unknown>);
  }

  /** Resolves when everything written so far is durable (`storage.sync()`). */
  synced(life: Life<Instance>): Promise<void> {
    return life.awaited('sync', (resolve, reject) => {
      const last = this.#pending.at(-1);
      if (life.state !== 'alive') reject(new StorageLost('Network connection lost.'));
      else if (this.store.isTurnOpen) this.#turnOutputs.push(() => resolve());
      else if (last === undefined) resolve();
      else last.outputs.push(() => resolve());
    });
  }

  /** Storage as one instance sees it: gone once the instance was replaced or reset. */
  storeOf(life: Life<Instance>): SqlStore {
    const store = this.store;
    const own = () => {
      if (life.state !== 'alive') throw new StorageLost('Network connection lost.');
      return store;
    };
    return {
      query: (statement, ...bindings) => own().query(statement, ...bindings),
      run: (statement, ...bindings) => own().run(statement, ...bindings),
      transaction: (body) => own().transaction(body),
      sizeBytes: () => own().sizeBytes(),
      billedRows: () => own().billedRows(),
      deleteAll: async () => {
        await own().deleteAll();
        this.alarmAtMs = null;
        await this.synced(life);
      },
    };
  }

  /** Ends the instance now: what was not durable is gone, and what waited for it never runs on. */
  crash(why: string): void {
    const { life, world } = this;
    if (life === null) return;
    const isClean = this.#pending.length === 0 && !this.store.isTurnOpen && life.state === 'alive';
    world.note(`${life.name} crashes ${why}, losing ${this.#pending.length} commits`);
    world.sometimes('crash');
    if (this.#pending.length > 0) world.sometimes('crash that lost commits');
    this.life = null;
    if (this.canBeZombie && isClean && this.zombie === null && world.random.chance(world.faults.zombie))
      this.#makeZombie(life);
    else this.#end(life);
    this.#rollBack();
    if (this.#isAlarmRunning) this.#retryAlarm();
  }

  /** Leaves memory while idle; storage and sockets stay. */
  evict(): void {
    const { life } = this;
    // An instance that lost its storage is reset, and its sockets end with it: they must not outlive what it had taken in.
    if (
      life === null ||
      life.state !== 'alive' ||
      life.busyCount > 0 ||
      life.inFlight.size > 0 ||
      this.#pending.length > 0
    )
      return;
    this.world.note(`${life.name} is evicted`);
    this.world.sometimes('eviction');
    if (this.sockets.size > 0) this.world.sometimes('eviction with sockets');
    life.state = 'ended';
    this.life = null;
    for (const socket of this.sockets) if (socket.owner === life) socket.owner = null;
  }

  maybeCrashAround(life: Life<Instance>, label: string): void {
    const { random, faults, queue } = this.world;
    if (!random.chance(faults.crashAtAwait)) return;
    // At once (before what it awaits was sent), or somewhen while it waits or runs on.
    const delayMs = random.chance(0.3) ? 0 : random.between(0, 12);
    queue.after(delayMs, `${life.name} is to crash around ${label}`, () => {
      if (this.life === life) this.crash(`around ${label}`);
    });
  }

  jumpClock(): void {
    this.#skewMs = this.world.random.between(-clockSkewMaxMs, clockSkewMaxMs);
    this.world.sometimes('clock jump');
  }

  heal(): void {
    this.#storageFailsUntilMs = -1;
    if (this.zombie !== null) this.#end(this.zombie);
    this.zombie = null;
  }

  /** Called after every event in which the object wrote or sent something. */
  endTurn(): void {
    if (this.store.isTurnOpen && !this.#isDoomed) this.observer?.written((call) => this.#turnOutputs.push(call));
    const outputs = this.#turnOutputs;
    this.#turnOutputs = [];
    if (this.#isDoomed) {
      this.#rollBack();
      return;
    }
    if (this.store.endTurn()) {
      this.#pending.push({ alarmBeforeMs: this.#alarmBeforeTurnMs, outputs });
      this.#scheduleFlush();
    } else if (this.#pending.length > 0) {
      this.#pending.at(-1)!.outputs.push(...outputs);
    } else {
      for (const send of outputs) send();
    }
  }

  /** The alarm's part of storage, as one instance sees it: written with the turn's commit, and lost with it. */
  alarmStorageOf(life: Life<Instance>): DurableAlarmStorage {
    const check = () => {
      if (life.state !== 'alive') throw new StorageLost('Network connection lost.');
    };
    return {
      getAlarm: async () => {
        check();
        return this.alarmAtMs;
      },
      setAlarm: async (at) => {
        check();
        this.store.openTurn();
        this.alarmAtMs = Number(at);
        this.#isAlarmLost = false;
        this.#armTimer();
        this.maybeCrashAround(life, 'setAlarm');
      },
    };
  }

  #rollBack(): void {
    this.#isDoomed = false;
    this.#turnOutputs = [];
    const { isTurnOpen } = this.store;
    this.store.rollBackToDurable();
    const first = this.#pending[0];
    if (first !== undefined) this.alarmAtMs = first.alarmBeforeMs;
    else if (isTurnOpen) this.alarmAtMs = this.#alarmBeforeTurnMs;
    this.#pending = [];
    this.#armTimer();
  }

  #scheduleFlush(): void {
    const { queue, random } = this.world;
    const atMs = Math.max(this.#lastFlushAtMs, queue.nowMs + random.between(flushMs.min, flushMs.max));
    this.#lastFlushAtMs = atMs;
    const commit = this.#pending.at(-1);
    queue.at(atMs, `${this.name} flushes`, () => {
      // A crash in between took the commit away.
      if (commit === undefined || this.#pending[0] !== commit) return;
      this.#pending.shift();
      this.store.flushOldest();
      for (const send of commit.outputs) send();
    });
  }

  #makeZombie(life: Life<Instance>): void {
    const { queue, random } = this.world;
    this.world.sometimes('zombie');
    life.state = 'zombie';
    this.zombie = life;
    queue.after(random.between(20, 2_000), `${life.name} gives up`, () => {
      if (this.zombie !== life) return;
      this.zombie = null;
      this.#end(life);
    });
  }

  #end(life: Life<Instance>): void {
    life.state = 'ended';
    for (const fail of [...life.inFlight]) fail();
    life.inFlight.clear();
    for (const socket of [...this.sockets]) if (socket.owner === life) socket.breakOff();
  }

  #failStatement(isWrite: boolean): void {
    const { world, life } = this;
    if (life === null) return;
    const { faults, random, nowMs } = world;
    if (nowMs < this.#storageFailsUntilMs) throw new StorageLost('Network connection lost.');
    const isFull = isWrite && random.chance(faults.storageFull);
    if (isFull) faults.storageFull = 0;
    if (!isFull && !random.chance(faults.storageThrows)) return;
    world.sometimes(isFull ? 'storage full' : 'storage throws');
    world.note(`${life.name} loses its storage`);
    this.#storageFailsUntilMs = nowMs + 20;
    world.queue.after(random.between(0, 20), `${life.name} is reset`, () => {
      this.#storageFailsUntilMs = -1;
      if (this.life === life) this.crash('since its storage failed');
    });
    // What the turn wrote is rolled back as a whole, and nothing of it may leave the object.
    life.state = 'broken';
    this.#isDoomed = true;
    world.touch(this as SimulatedObject<unknown>);
    throw new StorageLost(isFull ? 'database or disk is full: SQLITE_FULL' : 'Network connection lost.');
  }

  #armTimer(): void {
    const generation = ++this.#alarmGeneration;
    const { queue, random, faults } = this.world;
    if (this.alarmAtMs === null || this.#isAlarmLost) return;
    let delayMs = Math.max(0, this.alarmAtMs - this.clock.nowMs()) + random.between(0, 5);
    if (random.chance(faults.alarmEarly)) delayMs *= random.next();
    if (random.chance(faults.alarmLate)) delayMs += random.between(100, 20_000);
    if (random.chance(faults.alarmLost)) {
      this.#isAlarmLost = true;
      this.world.sometimes('alarm lost');
      return;
    }
    queue.after(delayMs, `${this.name} alarm`, () => {
      if (this.#alarmGeneration === generation) this.#fireAlarm(true);
    });
  }

  #fireAlarm(isFirst: boolean): void {
    const { world } = this;
    const { random, faults, queue } = world;
    const life = this.start();
    if (life === null || this.life !== life) {
      this.#retryAlarm();
      return;
    }
    if (isFirst && this.alarmAtMs !== null) {
      this.store.openTurn();
      this.alarmAtMs = null;
      this.#alarmGeneration += 1;
    }
    if (random.chance(faults.alarmTwice)) {
      world.sometimes('alarm twice');
      queue.after(random.between(0, 3_000), `${this.name} alarm again`, () => this.#fireAlarm(false));
    }
    this.#isAlarmRunning = true;
    life.busyCount += 1;
    const done = () => {
      life.busyCount -= 1;
      if (this.life === life) this.#isAlarmRunning = false;
    };
    void life.ready
      .then(() => this.#runAlarm(life.instance))
      .then(done, (thrown: unknown) => {
        done();
        // The platform runs a handler again that failed.
        if (this.life === life) this.#retryAlarm();
        if (!(thrown instanceof StorageLost)) world.violate(`the alarm of ${life.name} threw ${String(thrown)}`);
      });
  }

  #retryAlarm(): void {
    this.#isAlarmRunning = false;
    this.world.sometimes('alarm retried');
    this.world.queue.after(alarmRetryMs, `${this.name} alarm retry`, () => this.#fireAlarm(false));
  }
}
