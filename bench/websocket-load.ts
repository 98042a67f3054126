import { ackEntryBytes, ackLastFlag, fastDoorProtocol, serverFrame } from '../src/log/fast-door-frames.ts';
import { LoadMeter, type LoadResult, type LoadWindow } from './load-result.ts';
import { type ReceivedFrame, webSocketFrame, webSocketOpcodes } from './websocket-frames.ts';
import { BenchWebSocket } from './websocket-socket.ts';

/** How long acks that are still out at the end of the window are waited for. */
const drainMs = 10_000;
const readBytes = 262_144;
/** Where the u32 correlation id of a produce frame stands in its payload. */
const correlationIdAt = 1;

/** Pipelined produce over one fast-door socket: `inFlight` frames are out at any time. */
export type WebSocketLoad = LoadWindow & {
  readonly port: number;
  readonly path: string;
  /** A produce frame's payload; its correlation id is filled in. */
  readonly frame: Uint8Array;
  readonly inFlight: number;
  /** Stops after this many frames instead of at the end of the window: for filling a log. */
  readonly maxFrames?: number;
};

/** Runs the load and resolves when the window is over and every frame is acked. */
export async function runWebSocketLoad(load: WebSocketLoad): Promise<LoadResult> {
  const socket = new BenchWebSocket({
    port: load.port,
    path: load.path,
    protocol: fastDoorProtocol,
    keptBytes: Number.POSITIVE_INFINITY,
    readBytes,
  });
  await socket.opened;
  try {
    const meter = new LoadMeter(load);
    await new Pipeline(load, socket, meter).run();
    return meter.result();
  } finally {
    socket.close();
  }
}

class Pipeline {
  readonly #load: WebSocketLoad;
  readonly #socket: BenchWebSocket;
  readonly #meter: LoadMeter;
  readonly #wireFrame: Buffer;
  readonly #correlationIdAt: number;
  readonly #sentAtMs: Float64Array;
  readonly #done = Promise.withResolvers<void>();
  #sent = 0;
  #acked = 0;

  constructor(load: WebSocketLoad, socket: BenchWebSocket, meter: LoadMeter) {
    this.#load = load;
    this.#socket = socket;
    this.#meter = meter;
    this.#wireFrame = webSocketFrame(webSocketOpcodes.binary, load.frame);
    this.#correlationIdAt = this.#wireFrame.length - load.frame.length + correlationIdAt;
    // Acks may overtake each other across flushes by less than a window, so a ring of windows names each send.
    this.#sentAtMs = new Float64Array(load.inFlight * 4);
  }

  async run(): Promise<void> {
    this.#socket.onFrame = (frame) => this.#receive(frame);
    this.#socket.onLost = (why) => this.#fail(why);
    const timer = setTimeout(
      () => this.#fail(`${this.#sent - this.#acked} frames were never acked`),
      this.#load.warmUpMs + this.#load.windowMs + drainMs,
    );
    this.#send(this.#load.inFlight, performance.now());
    await this.#done.promise;
    clearTimeout(timer);
  }

  #fail(what: string): void {
    this.#meter.fail(what);
    this.#done.resolve();
  }

  #isOver(nowMs: number): boolean {
    return nowMs >= this.#meter.endsAtMs || this.#sent >= (this.#load.maxFrames ?? Number.POSITIVE_INFINITY);
  }

  /** Sends `count` frames in one write: a socket write a frame would cost more than the frames. */
  #send(count: number, nowMs: number): void {
    const frames = Buffer.allocUnsafe(count * this.#wireFrame.length);
    for (let index = 0; index < count; index++) {
      const at = index * this.#wireFrame.length;
      this.#wireFrame.copy(frames, at);
      frames.writeUInt32BE(this.#sent % 0xffffffff, at + this.#correlationIdAt);
      this.#sentAtMs[this.#sent % this.#sentAtMs.length] = nowMs;
      this.#sent += 1;
    }
    this.#socket.write(frames);
  }

  #receive(frame: ReceivedFrame): void {
    const nowMs = performance.now();
    if (frame.head[0] !== serverFrame.acks) {
      this.#fail(`frame type ${frame.head[0]}: ${frame.head.toString('utf8', 5)}`);
      return;
    }
    this.#meter.receive(frame.length, nowMs);
    let finished = 0;
    for (let at = 1; at + ackEntryBytes <= frame.length; at += ackEntryBytes) {
      if ((frame.head[at + 4]! & ackLastFlag) === 0) continue;
      finished += 1;
      this.#meter.complete(this.#sentAtMs[frame.head.readUInt32BE(at) % this.#sentAtMs.length]!, nowMs);
    }
    this.#acked += finished;
    if (!this.#isOver(nowMs)) this.#send(finished, nowMs);
    else if (this.#acked === this.#sent) this.#done.resolve();
  }
}
