import { encodeSubscribeFrame, fastDoorProtocol, serverFrame, subscribeLatest } from '../src/log/fast-door-frames.ts';
import { LoadMeter, type LoadResult, type LoadWindow } from './load-result.ts';
import { type ReceivedFrame, webSocketFrame, webSocketOpcodes } from './websocket-frames.ts';
import { BenchWebSocket } from './websocket-socket.ts';

/** Sockets opened at once: a thousand simultaneous handshakes would overflow the listen queue. */
const openingAtOnce = 32;
const subscribeTimeoutMs = 20_000;
const drainMs = 20_000;
/** Of each frame: its head with the offsets, or the text of an error. */
const keptBytes = 512;
/** More than one run uses, so that no credit frames disturb the figures. */
const creditBytes = 16_777_216;
const subscriberReadBytes = 32_768;
const producerReadBytes = 65_536;

/** One producer, many subscribers of one partition, all on the fast door. */
export type FanOutLoad = LoadWindow & {
  readonly port: number;
  readonly path: string;
  readonly subscribers: number;
  readonly frame: Uint8Array;
  readonly recordsPerFrame: number;
  /** Frames that are not yet delivered to every subscriber: what keeps the server's buffers bounded. */
  readonly inFlight: number;
};

/** Completions are delivered records, over all subscribers; latency is from the send to each frame's arrival. */
export async function runFanOut(load: FanOutLoad): Promise<LoadResult> {
  const subscribers: BenchWebSocket[] = [];
  const producer = openSocket(load, producerReadBytes);
  try {
    await producer.opened;
    for (let index = 0; index < load.subscribers; index += openingAtOnce) {
      const count = Math.min(openingAtOnce, load.subscribers - index);
      const wave = Array.from({ length: count }, () => openSocket(load, subscriberReadBytes));
      subscribers.push(...wave);
      await Promise.all(wave.map(subscribe));
    }
    const meter = new LoadMeter(load);
    await new Broadcast(load, producer, meter).run(subscribers);
    return meter.result();
  } finally {
    producer.close();
    for (const subscriber of subscribers) subscriber.close();
  }
}

function openSocket(load: FanOutLoad, readBytes: number): BenchWebSocket {
  return new BenchWebSocket({ port: load.port, path: load.path, protocol: fastDoorProtocol, keptBytes, readBytes });
}

async function subscribe(socket: BenchWebSocket): Promise<void> {
  await socket.opened;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a subscription was not answered')), subscribeTimeoutMs);
    socket.onLost = (why) => reject(new Error(why));
    socket.onFrame = ({ head }) => {
      clearTimeout(timer);
      if (head[0] === serverFrame.subscribed) resolve();
      else reject(new Error(`instead of subscribed: ${head.toString('utf8', 5)}`));
    };
    socket.sendBinary(encodeSubscribeFrame(creditBytes, subscribeLatest));
  });
}

class Broadcast {
  readonly #load: FanOutLoad;
  readonly #producer: BenchWebSocket;
  readonly #meter: LoadMeter;
  readonly #wireFrame: Buffer;
  readonly #done = Promise.withResolvers<void>();
  readonly #sentAtMs: number[] = [];
  #deliveredRecords = 0;

  constructor(load: FanOutLoad, producer: BenchWebSocket, meter: LoadMeter) {
    this.#load = load;
    this.#producer = producer;
    this.#meter = meter;
    this.#wireFrame = webSocketFrame(webSocketOpcodes.binary, load.frame);
  }

  async run(subscribers: readonly BenchWebSocket[]): Promise<void> {
    const fail = (what: string) => {
      this.#meter.fail(what);
      this.#done.resolve();
    };
    for (const subscriber of subscribers) {
      subscriber.onLost = fail;
      subscriber.onFrame = (frame) => this.#deliver(frame, fail);
    }
    this.#producer.onLost = fail;
    this.#producer.onFrame = ({ head }) => {
      if (head[0] !== serverFrame.acks) fail(`produce answered ${head[0]}: ${head.toString('utf8', 5)}`);
    };
    const patience = this.#load.warmUpMs + this.#load.windowMs + drainMs;
    const timer = setTimeout(() => fail('frames were not delivered to all'), patience);
    for (let sent = 0; sent < this.#load.inFlight; sent++) this.#send();
    await this.#done.promise;
    clearTimeout(timer);
  }

  #send(): void {
    this.#sentAtMs.push(performance.now());
    this.#producer.write(this.#wireFrame);
  }

  #deliver({ head, length }: ReceivedFrame, fail: (what: string) => void): void {
    const nowMs = performance.now();
    if (head[0] !== serverFrame.records) {
      fail(`a subscriber got ${head[0]}: ${head.toString('utf8', 5)}`);
      return;
    }
    const records = Number(head.readBigInt64BE(9) - head.readBigInt64BE(1));
    const recordsOfFrame = this.#load.subscribers * this.#load.recordsPerFrame;
    const frame = Math.floor(this.#deliveredRecords / recordsOfFrame);
    this.#meter.receive(length, nowMs);
    this.#meter.complete(this.#sentAtMs[frame]!, nowMs, records);
    this.#deliveredRecords += records;
    const everywhere = Math.floor(this.#deliveredRecords / recordsOfFrame);
    const isOver = nowMs >= this.#meter.endsAtMs;
    while (!isOver && this.#sentAtMs.length - everywhere < this.#load.inFlight) this.#send();
    if (isOver && everywhere === this.#sentAtMs.length) this.#done.resolve();
  }
}
