import type { SimulatedWorld } from '../simulated-world.ts';

/** A record that was handed to a worker. */
export type Handed = {
  readonly worker: string;
  readonly lockId: string;
  readonly offset: number;
  readonly deliveryCount: number;
  /** When the worker asked for it. */
  readonly sentAtMs: number;
  readonly lockDurationMs: number;
};

type Known = {
  /** By lock: which delivery it was said to be. */
  readonly deliveries: Map<string, number>;
  lease: { readonly lockId: string; readonly worker: string; readonly untilMs: number } | null;
  /** When somebody was told that it is accepted or rejected for good, and under which lock. */
  ended: { readonly lockId: string; readonly type: string; readonly atMs: number } | null;
};

/** A share group as its workers see it. */
export class ShareViews {
  /** Whether offsets of a topic may hold no record. */
  mayHaveGaps: (topic: string) => boolean = () => true;
  readonly #world: SimulatedWorld;
  readonly #toleranceMs: number;
  readonly #keys = new Map<string, string>();
  readonly #records = new Map<string, Known>();

  constructor(world: SimulatedWorld) {
    this.#world = world;
    this.#toleranceMs = 100 + (world.faults.clockJump > 0 ? 8_500 : 0);
  }

  /** A lock belongs to this partition. */
  lockOf(lockId: string, key: string): void {
    this.#keys.set(lockId, key);
  }

  /** I-4a, I-4b and I-4d as workers see them. */
  handed({ worker, lockId, offset, deliveryCount, sentAtMs, lockDurationMs }: Handed): void {
    const { nowMs } = this.#world;
    const name = this.#nameOf(lockId, offset);
    const known = this.#known(name);
    const { lease, ended, deliveries } = known;
    const untilMs = sentAtMs + lockDurationMs - this.#toleranceMs;
    // What comes so late that the lock has run out on the way is nobody's yet, or another one's.
    if (lease !== null && lease.lockId !== lockId && lease.untilMs > nowMs && untilMs > nowMs) {
      this.#world.violate(`I-4a: ${worker} is handed ${name}, which ${lease.worker} has`);
    }
    if (ended !== null && ended.atMs < sentAtMs) {
      this.#world.violate(`I-4b: ${worker} is handed ${name}, for which ${ended.type} was confirmed`);
    }
    for (const [other, count] of deliveries) {
      if (other === lockId || count !== deliveryCount) continue;
      this.#world.violate(`I-4d: ${name} is handed out twice as delivery ${count}`);
    }
    if (deliveries.size > 0 && !deliveries.has(lockId)) this.#world.sometimes('record delivered again');
    deliveries.set(lockId, deliveryCount);
    if (untilMs > nowMs) known.lease = { lockId, worker, untilMs };
  }

  /** A worker is about to give a record up, one way or another. */
  decides(lockId: string, offset: number): void {
    const known = this.#known(this.#nameOf(lockId, offset));
    if (known.lease?.lockId === lockId) known.lease = null;
  }

  /** A worker was told that its decision stands. */
  confirmed(lockId: string, offset: number, type: string): void {
    const name = this.#nameOf(lockId, offset);
    const known = this.#known(name);
    this.#world.sometimes(`record confirmed: ${type}`);
    // A release that was answered late may stand although somebody else has decided on the record since.
    if (type !== 'accept' && type !== 'reject') return;
    if (known.ended !== null && (known.ended.lockId !== lockId || known.ended.type !== type)) {
      this.#world.violate(`I-4b: ${type} of ${name} was confirmed after ${known.ended.type}`);
    }
    known.ended ??= { lockId, type, atMs: this.#world.nowMs };
  }

  #nameOf(lockId: string, offset: number): string {
    return `${this.#keys.get(lockId)}@${offset}`;
  }

  #known(name: string): Known {
    let known = this.#records.get(name);
    if (known === undefined) {
      known = { deliveries: new Map(), lease: null, ended: null };
      this.#records.set(name, known);
    }
    return known;
  }
}
