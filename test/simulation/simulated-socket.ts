import type { Network } from './network.ts';
import type { Life, SimulatedObject } from './simulated-object.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** What the object does with its side of a socket. */
export type SocketHandlers<Instance> = {
  readonly onMessage: (instance: Instance, socket: SimulatedSocket, message: string | Uint8Array<ArrayBuffer>) => void;
  readonly onClose: (instance: Instance, socket: SimulatedSocket) => void;
};

/**
 * What the client does with its side. It is told which socket: an edge may have opened one for it before, whose answer
 * was lost, and of such a one a client knows nothing.
 */
export type SocketClient = {
  readonly onMessage: (message: string | Uint8Array<ArrayBuffer>, socket: SimulatedSocket) => void;
  readonly onClose: (code: number, socket: SimulatedSocket) => void;
};

/**
 * A WebSocket between a client and an object: messages of one direction keep their order, nothing is lost but by the
 * end of the whole socket. The object's side outlives its instance while the object is only evicted.
 */
export class SimulatedSocket {
  /** The instance that holds it, or null while the object is not in memory. */
  owner: Life<unknown> | null;
  isOpen = true;
  attachment: unknown = null;
  readonly #world: SimulatedWorld;
  readonly #network: Network;
  readonly #object: SimulatedObject<unknown>;
  readonly #handlers: SocketHandlers<unknown>;
  readonly #client: SocketClient;
  readonly #name: string;
  #clientArrivalMs = 0;
  #objectArrivalMs = 0;

  constructor(
    world: SimulatedWorld,
    network: Network,
    name: string,
    owner: Life<unknown>,
    handlers: SocketHandlers<unknown>,
    client: SocketClient,
  ) {
    this.#world = world;
    this.#network = network;
    this.#name = name;
    this.owner = owner;
    this.#object = owner.object;
    this.#handlers = handlers;
    this.#client = client;
    this.#object.sockets.add(this);
  }

  get name(): string {
    return this.#name;
  }

  /** From the object to the client; leaves through the object's output gate. */
  sendToClient(life: Life<unknown>, message: string | Uint8Array<ArrayBuffer>): boolean {
    if (!this.isOpen || this.owner !== life) return false;
    const copy = typeof message === 'string' ? message : message.slice();
    life.output(() => this.#toClient(() => this.#client.onMessage(copy, this)));
    return true;
  }

  /** The object ends the socket, after everything it sent before. */
  closeFromObject(life: Life<unknown>, code: number): void {
    if (this.owner !== life) return;
    life.output(() => {
      this.#object.sockets.delete(this);
      this.#toClient(() => {
        this.isOpen = false;
        this.#client.onClose(code, this);
      });
    });
  }

  sendToObject(message: string | Uint8Array<ArrayBuffer>): void {
    if (!this.isOpen) return;
    this.#toObject((life) => this.#handlers.onMessage(life.instance, this, message));
  }

  closeFromClient(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#toObject((life) => this.#handlers.onClose(life.instance, this), true);
  }

  /** The connection is gone: either side learns of it in its own time. */
  breakOff(): void {
    this.#object.sockets.delete(this);
    if (!this.isOpen) return;
    const { queue, random } = this.#world;
    this.isOpen = false;
    queue.after(random.between(0, 500), `${this.#name} breaks`, () => this.#client.onClose(1006, this));
    const { owner } = this;
    if (owner === null || owner.state !== 'alive') return;
    queue.after(random.between(0, 500), `${this.#name} is gone`, () => {
      if (owner.isRunning) this.#handlers.onClose(owner.instance, this);
    });
  }

  #toClient(arrive: () => void): void {
    const { queue } = this.#world;
    this.#clientArrivalMs = Math.max(this.#clientArrivalMs, queue.nowMs + this.#network.latencyMs());
    queue.at(this.#clientArrivalMs, `${this.#name} to client`, () => {
      if (this.isOpen) arrive();
    });
  }

  #toObject(arrive: (life: Life<unknown>) => void, isLast = false): void {
    const { queue } = this.#world;
    this.#objectArrivalMs = Math.max(this.#objectArrivalMs, queue.nowMs + this.#network.latencyMs());
    queue.at(this.#objectArrivalMs, `${this.#name} to object`, () => {
      if (!this.#object.sockets.has(this)) return;
      // A socket of an evicted object wakes it.
      const life = this.owner ?? this.#object.start();
      if (life === null || !life.isRunning) return;
      if (isLast) this.#object.sockets.delete(this);
      void life.ready.then(() => arrive(life));
    });
  }
}
