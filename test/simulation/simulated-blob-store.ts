import type { BlobStore } from '../../src/platform/blob-store.ts';
import { MemoryBlobStore } from '../../src/platform/memory/memory-blob-store.ts';
import type { Caller, Network } from './network.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** What the store throws when a call fails: nothing is known of what it did. */
const timedOut = () => new Error('the object store did not answer in time (10001)');

/** The one object store of the simulated platform; what was stored outlives every object. */
export class SimulatedBlobStore {
  readonly stored = new MemoryBlobStore();
  readonly #world: SimulatedWorld;
  readonly #network: Network;

  constructor(world: SimulatedWorld, network: Network) {
    this.#world = world;
    this.#network = network;
  }

  /** The store as one caller reaches it. */
  as(caller: Caller): BlobStore {
    const { stored } = this;
    const call = <T>(verb: string, run: () => Promise<T>) => this.#call(caller, verb, run);
    return {
      put: (key, bytes, checks) => {
        const sent = bytes.slice();
        return call('put', () => stored.put(key, sent, checks));
      },
      head: (key) => call('head', () => stored.head(key)),
      read: (key, range) => call('read', () => stored.read(key, range)),
      delete: (keys) => call('delete', () => stored.delete(keys)),
      list: (prefix, cursor) => call('list', () => stored.list(prefix, cursor)),
    };
  }

  #call<T>(caller: Caller, verb: string, run: () => Promise<T>): Promise<T> {
    const { random, faults, queue } = this.#world;
    const label = `${caller.name} -> blobs.${verb}`;
    return caller.awaited(`blobs.${verb}`, (resolve, reject) => {
      caller.output(() => {
        if (random.chance(faults.blobError)) {
          this.#world.sometimes('object store refused a call');
          queue.after(this.#network.latencyMs(), `${label} fails`, () => reject(timedOut()));
          return;
        }
        const isTimeout = random.chance(faults.blobTimeout);
        const landsAfterMs =
          this.#network.latencyMs() + (isTimeout && random.chance(0.5) ? random.between(0, 5_000) : 0);
        queue.after(landsAfterMs, label, () => {
          void run().then(
            (value) => {
              if (isTimeout) return;
              queue.after(this.#network.latencyMs(), `${label} answers`, () => resolve(value));
            },
            (thrown) => reject(thrown),
          );
        });
        if (!isTimeout) return;
        // The call times out for its caller, and lands all the same: now or later.
        this.#world.sometimes('object store call timed out but landed');
        queue.after(random.between(10, 1_000), `${label} times out`, () => reject(timedOut()));
      });
    });
  }
}
