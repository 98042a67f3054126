import type { TraceHash } from './trace-hash.ts';

type SimulatedEvent = {
  readonly atMs: number;
  readonly order: number;
  readonly label: string;
  readonly run: () => void;
};

/** More than this in one run is a loop that never rests: the heaviest seeds need a few hundred thousand. */
const maxEvents = 2_000_000;

/** Somebody does the same again and again: a client that is refused for ever, or an object that goes round in a circle. */
export class RestlessRun extends Error {}

/**
 * Virtual time: a heap of events by (time, order). One event runs at a time, and everything it made ready runs before
 * the next; so a run is a function of its seed.
 */
export class EventQueue {
  /** Virtual milliseconds since the run began, with fractions. */
  nowMs = 0;
  eventCount = 0;
  readonly trace: TraceHash;
  /** Called after each event, once nothing is ready any more. */
  onSettled: () => void = () => {};
  readonly #heap: SimulatedEvent[] = [];
  #order = 0;

  constructor(trace: TraceHash) {
    this.trace = trace;
  }

  get isEmpty(): boolean {
    return this.#heap.length === 0;
  }

  /** Runs `run` after `delayMs`, never in the same event. */
  after(delayMs: number, label: string, run: () => void): void {
    this.at(this.nowMs + Math.max(0, delayMs), label, run);
  }

  /** Runs `run` at a time that is not past; events of the same time run in the order in which they were added. */
  at(atMs: number, label: string, run: () => void): void {
    const heap = this.#heap;
    const event = { atMs, order: this.#order++, label, run };
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  /** Runs events until virtual time reaches `untilMs`, which it is then, or until none is left. */
  async runUntil(untilMs: number): Promise<void> {
    while (this.#heap.length > 0 && this.#heap[0]!.atMs <= untilMs) {
      const event = this.#pop();
      this.nowMs = event.atMs;
      this.eventCount += 1;
      if (this.eventCount > maxEvents) throw new RestlessRun(`the run does not come to rest: ${event.label}`);
      this.trace.add(event.atMs, event.label);
      event.run();
      await settled();
      this.onSettled();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  #pop(): SimulatedEvent {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

const isBefore = (left: SimulatedEvent, right: SimulatedEvent): boolean =>
  left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);

/** Taken before the simulated world seals the globals. */
const { setImmediate: nextTurn } = globalThis;

/** Lets every promise that is ready run: they all do before the loop's next turn. */
const settled = (): Promise<void> => new Promise((resolve) => nextTurn(resolve));
