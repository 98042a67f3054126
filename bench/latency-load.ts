import { encodeSubscribeFrame, fastDoorProtocol, serverFrame, subscribeLatest } from '../src/log/fast-door-frames.ts';
import { LoadMeter, type LoadResult, type LoadWindow } from './load-result.ts';
import { BenchWebSocket } from './websocket-socket.ts';

/** The pause after each delivery: long enough that nothing is in flight, which is what idle means. */
const pauseMs = 2;
const answerTimeoutMs = 10_000;
const readBytes = 65_536;
/** More than one run uses, so that no credit frames disturb the figures. */
const creditBytes = 16_777_216;
const textProtocol = 'millrace.v1';

/** One record at a time from a producing socket to a subscribing one, on an otherwise idle platform. */
export type LatencyLoad = LoadWindow & {
  readonly port: number;
  readonly path: string;
  readonly topic: string;
  readonly door: 'binary' | 'json';
  /** Binary door: the payload of a produce frame. JSON door: the text of a produce frame. */
  readonly frame: Uint8Array | string;
};

/** Resolves with the latency from the send of a record to its arrival at the subscriber. */
export async function runLatencyLoad(load: LatencyLoad): Promise<LoadResult> {
  const protocol = load.door === 'binary' ? fastDoorProtocol : textProtocol;
  const target = { port: load.port, path: load.path, protocol, keptBytes: Number.POSITIVE_INFINITY, readBytes };
  const [producer, subscriber] = [new BenchWebSocket(target), new BenchWebSocket(target)];
  try {
    await Promise.all([producer.opened, subscriber.opened]);
    const subscribed = nextFrame(subscriber, load.door === 'binary' ? serverFrame.subscribed : 'subscribed');
    if (load.door === 'binary') subscriber.sendBinary(encodeSubscribeFrame(creditBytes, subscribeLatest));
    else subscriber.sendText(JSON.stringify({ type: 'subscribe', id: 's', topic: load.topic, from: 'latest' }));
    await subscribed;
    const meter = new LoadMeter(load);
    while (performance.now() < meter.endsAtMs) await measureOne(load, producer, subscriber, meter);
    return meter.result();
  } finally {
    producer.close();
    subscriber.close();
  }
}

async function measureOne(
  load: LatencyLoad,
  producer: BenchWebSocket,
  subscriber: BenchWebSocket,
  meter: LoadMeter,
): Promise<void> {
  const isBinary = load.door === 'binary';
  const acked = nextFrame(producer, isBinary ? serverFrame.acks : 'ack');
  const delivered = nextFrame(subscriber, isBinary ? serverFrame.records : 'records');
  const sentAtMs = performance.now();
  if (typeof load.frame === 'string') producer.sendText(load.frame);
  else producer.sendBinary(load.frame);
  const [deliveredAtMs] = await Promise.all([delivered, acked]);
  meter.complete(sentAtMs, deliveredAtMs);
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}

/** The time at which the next frame came; rejects when it is of another type, or does not come. */
function nextFrame(socket: BenchWebSocket, type: number | string): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${type} frame came`)), answerTimeoutMs);
    const settle = (outcome: () => void) => {
      clearTimeout(timer);
      outcome();
    };
    socket.onLost = (why) => settle(() => reject(new Error(why)));
    socket.onFrame = ({ head }) => {
      const nowMs = performance.now();
      const isWanted = typeof type === 'number' ? head[0] === type : JSON.parse(head.toString('utf8')).type === type;
      if (isWanted) settle(() => resolve(nowMs));
      else settle(() => reject(new Error(`instead of ${type}: ${head.toString('utf8')}`)));
    };
  });
}
