import { EventQueue } from './event-queue.ts';
import { drawFaultPlan, type FaultPlan, noFaults } from './fault-plan.ts';
import { HistoryRecorder } from './history-recorder.ts';
import { SeededRandom } from './seeded-random.ts';
import type { SimulatedObject } from './simulated-object.ts';
import { TraceHash } from './trace-hash.ts';
import { type Accents, accentsOf, type Emphasis, emphasisOf } from './workload/emphasis.ts';

/** Where virtual time begins: a Unix time in ms, so that records carry plausible timestamps. */
export const epochMs = 1_790_000_000_000;

export type WorldOptions = {
  readonly seed: number;
  /** Fault classes that are left out, for finding out which ones a failure needs. */
  readonly disabledFaults?: ReadonlySet<string>;
  readonly print?: (line: string) => void;
};

/** What every part of a simulation shares: time, chance, faults, and what is written down. */
export class SimulatedWorld {
  readonly seed: number;
  /** What the run dwells on; null for a bit of everything. */
  readonly emphasis: Emphasis | null;
  readonly accents: Accents;
  readonly queue: EventQueue;
  readonly random: SeededRandom;
  readonly history: HistoryRecorder;
  /** How often each rare thing happened. */
  readonly counts = new Map<string, number>();
  /** What must never be, found while running. */
  readonly violations: string[] = [];
  readonly objects = new Map<string, SimulatedObject<unknown>>();
  faults: FaultPlan;
  isHealed = false;
  /** Objects that did something in the event under way. */
  readonly #touched = new Set<SimulatedObject<unknown>>();

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.emphasis = emphasisOf(options.seed);
    this.accents = accentsOf(this.emphasis);
    this.random = new SeededRandom(options.seed);
    this.faults = drawFaultPlan(this.random.fork(), options.disabledFaults ?? new Set(), this.accents);
    this.mayHaveZombies = this.faults.zombie > 0;
    this.queue = new EventQueue(new TraceHash(options.print ?? null));
    this.history = new HistoryRecorder(this.queue);
    this.queue.onSettled = () => this.#endTurns();
  }

  /** Whether an answer may come from an instance that was replaced. */
  readonly mayHaveZombies: boolean;

  get nowMs(): number {
    return this.queue.nowMs;
  }

  /** Ends all faults: what was delayed happens, and nothing goes wrong any more. */
  heal(): void {
    this.faults = noFaults();
    this.isHealed = true;
    for (const object of this.objects.values()) object.heal();
  }

  touch(object: SimulatedObject<unknown>): void {
    this.#touched.add(object);
  }

  /** Notes that something rare was reached (`sometimes` of property-based testing): a run prints how often. */
  sometimes(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  violate(what: string): void {
    this.note(`VIOLATION ${what}`);
    if (this.violations.length < 100) this.violations.push(what);
  }

  /** A line of the trace. */
  note(text: string): void {
    this.queue.trace.add(this.nowMs, text);
  }

  #endTurns(): void {
    for (const object of this.#touched) {
      this.#touched.delete(object);
      object.endTurn();
    }
    for (const object of this.objects.values()) {
      if (object.store.isTurnOpen) throw new Error(`the simulation lost a turn of ${object.name}`);
    }
  }
}
