import type { Life, SimulatedObject } from './simulated-object.ts';
import type { SimulatedWorld } from './simulated-world.ts';
import { connectionLost, objectOverloaded, objectReset, StorageLost, TransportError } from './transport-errors.ts';

/** A way over the network when nothing is wrong. */
const latencyMs = { min: 0.1, max: 1.5 };

/** How long it takes until a caller learns that a call was lost. */
const lossNoticedMs = { min: 5, max: 1_500 };

/** Whoever makes a call: an instance of an object, an isolate of an edge, or a client. */
export type Caller = {
  readonly name: string;
  readonly isRunning: boolean;
  /** Holds back what leaves until it may. */
  output(send: () => void): void;
  /** See {@link Life.awaited}. */
  awaited<T>(label: string, start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T>;
};

/** What becomes of one delivery of a call. */
type Answer<T> = {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  /** The object did what it was asked. */
  readonly onHandled: () => void;
};

/** Nobody waits for it any more. */
const unheard: Answer<unknown> = { resolve: () => {}, reject: () => {}, onHandled: () => {} };

const isFailure = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'ok' in value && value.ok === false;

/** Calls between the parts of the simulated platform, with everything that can happen to a call. */
export class Network {
  readonly #world: SimulatedWorld;

  constructor(world: SimulatedWorld) {
    this.#world = world;
  }

  /** Calls an object: starts it if it is not in memory, and answers once the answer may leave it. */
  call<Instance, T>(
    caller: Caller,
    target: SimulatedObject<Instance>,
    verb: string,
    run: (instance: Instance) => Promise<T>,
  ): Promise<T> {
    const { random, faults, queue } = this.#world;
    const label = `${caller.name} -> ${target.name}.${verb}`;
    return caller.awaited(verb, (resolve, reject) => {
      caller.output(() => {
        if (random.chance(faults.requestLost)) {
          this.#world.sometimes('request lost');
          const lossMs = this.#lossMs();
          queue.after(lossMs, `${label} is lost`, () => reject(connectionLost()));
          if (!random.chance(0.5)) return;
          this.#world.sometimes('lost request landed late');
          queue.after(lossMs + this.#lateMs(), `${label} late`, () => this.#deliver(label, target, run, unheard));
          return;
        }
        if (random.chance(faults.overload)) {
          this.#world.sometimes('overload');
          queue.after(this.latencyMs(), `${label} is refused`, () => reject(objectOverloaded()));
          return;
        }
        const isTwice = random.chance(faults.duplicateCall);
        const onHandled = () => {
          this.#world.sometimes('call delivered twice');
          queue.after(this.#lateMs(), `${label} again`, () => this.#deliver(label, target, run, unheard));
        };
        const answer = { resolve, reject, onHandled: isTwice ? onHandled : () => {} };
        queue.after(this.latencyMs(), label, () => this.#deliver(label, target, run, answer));
      });
    });
  }

  latencyMs(): number {
    const { random, faults } = this.#world;
    if (random.chance(faults.slowCall)) {
      this.#world.sometimes('slow call');
      return random.logarithmic(10, 4_000);
    }
    return random.between(latencyMs.min, latencyMs.max);
  }

  /** Mostly soon; once in a while so late that grants expired and objects were purged meanwhile. */
  #lateMs(): number {
    const { random, accents } = this.#world;
    return random.chance(accents.veryLateShare) ? random.between(3_000, 240_000) : random.between(0, 3_000);
  }

  #lossMs(): number {
    return this.#world.random.between(lossNoticedMs.min, lossNoticedMs.max);
  }

  #deliver<Instance, T>(
    label: string,
    target: SimulatedObject<Instance>,
    run: (instance: Instance) => Promise<T>,
    { resolve, reject, onHandled }: Answer<T>,
  ): void {
    const { random, faults, queue } = this.#world;
    const fail = (error: () => Error) => queue.after(this.latencyMs(), `${label} fails`, () => reject(error()));
    if (random.chance(faults.crashBeforeCall)) target.crash('before a call');
    const life = target.zombie !== null && random.chance(0.5) ? target.zombie : target.start();
    if (life === null || !life.isRunning) {
      fail(objectReset);
      return;
    }
    if (life.state === 'zombie') this.#world.sometimes('call to a zombie');
    const onEnd = () => fail(objectReset);
    life.inFlight.add(onEnd);
    const leave = (settle: () => void, isLost: boolean) => {
      life.output(() => {
        if (!life.inFlight.delete(onEnd)) return;
        if (isLost) this.#world.sometimes('reply lost');
        const delayMs = isLost ? this.#lossMs() : this.latencyMs();
        queue.after(delayMs, `${label} ${isLost ? 'reply is lost' : 'answers'}`, settle);
      });
      if (random.chance(faults.crashAfterCall)) this.#crashAfter(life);
    };
    void life.ready
      .then(() => run(life.instance))
      .then(
        (value) => {
          // A call that was refused is not repeated by anyone on the way.
          if (!isFailure(value)) onHandled();
          const isLost = random.chance(faults.replyLost);
          leave(isLost ? () => reject(connectionLost()) : () => resolve(value), isLost);
        },
        (thrown: unknown) => {
          if (!(thrown instanceof TransportError)) {
            this.#world.violate(`${label} threw ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
          }
          leave(() => reject(thrown instanceof StorageLost ? objectReset() : thrown), false);
        },
      );
  }

  /** Before the answer's writes are durable, or after, or while the answer is on its way. */
  #crashAfter<Instance>(life: Life<Instance>): void {
    const { random, queue } = this.#world;
    const delayMs = random.chance(0.3) ? 0 : random.between(0, 10);
    queue.after(delayMs, `${life.name} is to crash after a call`, () => {
      if (life.object.life === life) life.object.crash('after a call');
    });
  }
}
