import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServerFrame } from '../../src/contracts/websocket.ts';
import type { Isolation } from '../../src/log/partition-rpc.ts';
import type { MemorySocket } from './memory-socket.ts';
import { SubscriptionFollower } from './memory-socket.ts';
import { RelayHarness } from './relay-harness.ts';

/** One step of a history; numbers choose among what there is at that moment. */
type Step =
  | { readonly kind: 'append'; readonly partition: number; readonly count: number; readonly isTooLargeToPush: boolean }
  | { readonly kind: 'deliver'; readonly pick: number; readonly fate: 'once' | 'twice' | 'late' | 'lost' }
  | { readonly kind: 'transact'; readonly partition: number; readonly producerId: number; readonly count: number }
  | { readonly kind: 'end'; readonly partition: number; readonly producerId: number; readonly committed: boolean }
  | { readonly kind: 'announce'; readonly partition: number }
  | { readonly kind: 'retain'; readonly partition: number; readonly offset: number }
  | { readonly kind: 'connect' }
  | {
      readonly kind: 'subscribe';
      readonly socket: number;
      readonly from: number;
      readonly creditBytes: number;
      readonly partitions: readonly number[] | null;
      readonly isolation: Isolation;
    }
  | { readonly kind: 'resubscribe'; readonly subscription: number }
  | { readonly kind: 'credit'; readonly subscription: number; readonly bytes: number }
  | { readonly kind: 'unsubscribe'; readonly subscription: number }
  | { readonly kind: 'work'; readonly count: number }
  | { readonly kind: 'evict' };

const partitionCount = 2;
const partition = fc.nat({ max: partitionCount - 1 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      partition,
      count: fc.integer({ min: 1, max: 4 }),
      isTooLargeToPush: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      pick: fc.nat(),
      fate: fc.constantFrom('once' as const, 'once' as const, 'twice' as const, 'late' as const, 'lost' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('transact' as const),
      partition,
      producerId: fc.integer({ min: 1, max: 3 }),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      partition,
      producerId: fc.integer({ min: 1, max: 3 }),
      committed: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('work' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('announce' as const), partition }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retain' as const), partition, offset: fc.nat({ max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('connect' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('subscribe' as const),
      socket: fc.nat(),
      from: fc.nat({ max: 40 }),
      creditBytes: fc.constantFrom(0, 200, 1_000, 1_000_000),
      partitions: fc.constantFrom(null, [0], [1], [1, 0]),
      isolation: fc.constantFrom('read_uncommitted' as const, 'read_committed' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resubscribe' as const), subscription: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('credit' as const),
      subscription: fc.nat(),
      bytes: fc.integer({ min: 1, max: 2_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unsubscribe' as const), subscription: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('evict' as const) }) },
);

type Followed = {
  readonly socket: MemorySocket;
  readonly id: string;
  readonly isolation: Isolation;
  readonly follower: SubscriptionFollower;
  isOver: boolean;
};

/** Plays a history against a relay and follows every subscription from the client's side. */
class Play {
  readonly harness = new RelayHarness(partitionCount);
  readonly followed: Followed[] = [];
  readonly #scheduler: fc.Scheduler;
  hasLost = false;
  #ids = 0;
  #values = 0;
  #starting = 0;

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler;
    this.harness.topic.schedule = (answer) => scheduler.schedule(answer);
    this.harness.pause = () => scheduler.schedule(Promise.resolve());
    for (const each of this.harness.topic.partitions) each.maxReadBytes = 300;
    this.#follow(this.harness.connect());
  }

  async take(next: Step): Promise<void> {
    const { topic } = this.harness;
    switch (next.kind) {
      case 'append': {
        const values = Array.from({ length: next.count }, () => `{"n":${this.#values++}}`);
        topic.partitions[next.partition]?.append(values, next);
        return;
      }
      case 'transact': {
        const values = Array.from({ length: next.count }, () => `{"n":${this.#values++}}`);
        topic.partitions[next.partition]?.appendInTransaction(next.producerId, values);
        return;
      }
      case 'end':
        topic.partitions[next.partition]?.endTransaction(next.producerId, next.committed);
        return;
      case 'deliver':
        return this.#deliver(next.pick, next.fate);
      case 'announce':
        topic.partitions[next.partition]?.announce();
        return;
      case 'retain':
        topic.partitions[next.partition]?.retain(next.offset);
        return;
      case 'connect':
        this.#follow(this.harness.connect());
        return;
      case 'subscribe':
        return this.#subscribe(next);
      case 'resubscribe':
        return this.#resubscribe(next.subscription);
      case 'credit':
        return this.#credit(next.subscription, next.bytes);
      case 'unsubscribe':
        return this.#unsubscribe(next.subscription);
      case 'work':
        return this.#work(next.count);
      case 'evict':
        // A subscribe that was under way is lost with the relay's memory, as the client then sees by its socket.
        if (this.#starting === 0) this.harness.evict();
    }
  }

  /**
   * Ends a history: all credit granted and everything delivered. Only after a lost delivery does the relay need to
   * hear from its partitions once more.
   */
  async finish(): Promise<void> {
    await this.#rest();
    for (const each of this.#live())
      this.#send(each.socket, { type: 'credit', id: each.id, bytes: 10_000_000 }, each, 10_000_000);
    this.harness.deliverAll();
    await this.#rest();
    if (!this.hasLost) return;
    for (const each of this.harness.topic.partitions) each.announce();
    this.harness.deliverAll();
    await this.#rest();
  }

  async #rest(): Promise<void> {
    for (let round = 0; round < 10_000; round++) {
      await this.harness.settle();
      if (this.#scheduler.count() === 0) return;
      await this.#scheduler.waitOne();
    }
    throw new Error('the relay does not come to rest');
  }

  async #work(count: number): Promise<void> {
    for (let index = 0; index < count && this.#scheduler.count() > 0; index++) await this.#scheduler.waitOne();
    await this.harness.settle();
  }

  #deliver(pick: number, fate: 'once' | 'twice' | 'late' | 'lost'): void {
    const { pending } = this.harness.topic;
    if (pending.length === 0) return;
    const [chosen] = pending.splice(fate === 'late' ? pick % pending.length : 0, 1);
    this.hasLost ||= fate === 'lost';
    if (chosen === undefined || fate === 'lost') return;
    this.harness.deliver(chosen);
    if (fate === 'twice') this.harness.deliver(chosen);
  }

  #live(): Followed[] {
    return this.followed.filter(({ isOver }) => !isOver);
  }

  #pick(number: number): Followed | undefined {
    const live = this.#live().filter(({ follower }) => follower.isLive);
    return live[number % Math.max(1, live.length)];
  }

  #follow(socket: MemorySocket): void {
    socket.onFrame = (frame, bytes) => {
      // Kept for the end of the turn: thrown here, the relay would take it for a bug of its own.
      try {
        this.#see(socket, frame, bytes);
      } catch (complaint) {
        this.harness.bugs.push(complaint);
      }
    };
  }

  #see(socket: MemorySocket, frame: ServerFrame, bytes: number): void {
    if (frame.type === 'error') throw new Error(`${frame.code}: ${frame.message}`);
    if (frame.type === 'pong' || frame.type === 'ack') return;
    const id = 'id' in frame ? frame.id : null;
    const each = this.followed.find((candidate) => candidate.socket === socket && candidate.id === id);
    if (frame.type === 'unsubscribed') return;
    if (each === undefined || each.isOver) throw new Error(`a ${frame.type} frame for a subscription that ended`);
    each.follower.see(frame, bytes);
  }

  #subscribe(next: Extract<Step, { kind: 'subscribe' }>): void {
    const socket = this.harness.sockets[next.socket % this.harness.sockets.length] as MemorySocket;
    if (this.#live().filter((each) => each.socket === socket).length >= 8) return;
    // An offset within the log, its start, or its end.
    const offsets = this.harness.topic.partitions.map(({ highWatermark }, index) => [
      index,
      Math.min(next.from, highWatermark),
    ]);
    const from = next.from > 35 ? 'latest' : next.from > 30 ? 'earliest' : Object.fromEntries(offsets);
    const { isolation, creditBytes } = next;
    this.#begin(
      socket,
      { from, partitions: next.partitions ?? undefined, credit: creditBytes },
      creditBytes,
      isolation,
    );
  }

  /** Leaves and comes back with the position of the last frame: exactly what follows must come. */
  #resubscribe(number: number): void {
    const each = this.#pick(number);
    if (each === undefined) return;
    this.#unsubscribe(number);
    const known = new Map(each.follower.next);
    const { follower } = this.#begin(
      each.socket,
      { from: each.follower.position, credit: 500, partitions: [...known.keys()] },
      500,
      each.isolation,
    );
    const see = follower.see.bind(follower);
    follower.see = (frame, bytes) => {
      // A gap is not in the position yet: it is announced again.
      if (frame.type === 'subscribed') {
        for (const [index, { from }] of Object.entries(frame.partitions))
          expect(from).toBeLessThanOrEqual(known.get(Number(index)) ?? 0);
      }
      see(frame, bytes);
    };
  }

  #begin(socket: MemorySocket, fields: object, creditBytes: number, isolation: Isolation): Followed {
    const id = `s${this.#ids++}`;
    const follower = new SubscriptionFollower(creditBytes, (index, offset) => this.#isShown(index, offset, isolation));
    const each = { socket, id, isolation, follower, isOver: false };
    this.followed.push(each);
    this.#starting++;
    void this.harness.send(socket, { type: 'subscribe', id, isolation, ...fields }).finally(() => {
      this.#starting--;
    });
    return each;
  }

  #isShown(index: number, offset: number, isolation: Isolation): boolean {
    const kind = this.harness.topic.partitions[index]?.kindOf(offset);
    if (isolation === 'read_uncommitted') return kind !== 'marker';
    if (kind === 'undecided') throw new Error(`offset ${offset} of ${index} was covered before it was decided`);
    return kind === 'record';
  }

  #credit(number: number, bytes: number): void {
    const each = this.#pick(number);
    if (each !== undefined) this.#send(each.socket, { type: 'credit', id: each.id, bytes }, each, bytes);
  }

  #unsubscribe(number: number): void {
    const each = this.#pick(number);
    if (each === undefined) return;
    this.#send(each.socket, { type: 'unsubscribe', id: each.id }, each, 0);
    each.isOver = true;
  }

  #send(socket: MemorySocket, frame: object, each: Followed, creditBytes: number): void {
    each.follower.creditBytes += creditBytes;
    void this.harness.send(socket, frame);
  }
}

describe('relay', () => {
  it('[I-13a] sends every offset to every subscriber once and in order, whatever happens in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(step, { maxLength: 80, size: 'max' }), async (scheduler, steps) => {
        const play = new Play(scheduler);
        for (const next of steps) {
          await play.take(next);
          await play.harness.settle();
        }
        await play.finish();
        const { partitions } = play.harness.topic;
        for (const { follower, isOver, isolation } of play.followed) {
          if (isOver) continue;
          expect(follower.isLive).toBe(true);
          for (const [index, next] of follower.next) {
            const partition = partitions[index];
            const start = follower.started.get(index) ?? 0;
            // Who began behind an open transaction stays there until it is decided.
            const end = isolation === 'read_committed' ? partition?.lastStableOffset : partition?.highWatermark;
            expect(next).toBe(Math.max(end ?? 0, start));
          }
        }
      }),
      { numRuns: Number(process.env.RELAY_RUNS ?? 300) },
    );
  });
});
