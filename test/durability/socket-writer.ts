import { setTimeout as pause } from 'node:timers/promises';
import { decodeAcksFrame, encodeProduceFrame, fastDoorProtocol, serverFrame } from '../../src/log/fast-door-frames.ts';
import { isRetriable, type World } from './asking.ts';
import { newIds, newProducer, sequencedBatch } from './http-writers.ts';

/** Batches of a producer under way: more could not be told apart when they are repeated (Kafka). */
const inFlightMax = 5;

/** Producers that share a socket, so that one connection has many batches under way. */
const producersPerSocket = 16;

/** A socket that neither opens nor ends is given up after this. */
const openTimeoutMs = 10_000;

type SocketProducer = {
  /** Order is promised to a producer, so each counts as a writer of its own. */
  readonly writer: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  sequence: number;
  unacked: number;
};

/** Above the numbers of all other writers. */
const firstSocketProducer = 1_000;

type Sent = {
  readonly producer: SocketProducer;
  readonly ids: readonly number[];
  readonly frame: Uint8Array<ArrayBuffer>;
  readonly sentAtMs: number;
};

/**
 * A few producers of one partition, several batches at a time each, over the binary WebSocket. Each new socket sends
 * what was not acknowledged again, in order, before anything new.
 */
export async function runSocketWriter(world: World, writer: number): Promise<void> {
  const producers: SocketProducer[] = [];
  for (let index = 0; index < producersPerSocket; index += 1) {
    const own = firstSocketProducer + writer * producersPerSocket + index;
    producers.push({ writer: own, ...(await newProducer(world)), sequence: 0, unacked: 0 });
  }
  const session = new SocketSession(world, writer, producers);
  while (!session.isDone) {
    await world.platform.whenUp();
    await session.connection();
    world.log.counts.connections += 1;
    await pause(5 * Math.random());
  }
}

class SocketSession {
  isDone = false;
  readonly #world: World;
  readonly #writer: number;
  readonly #partition: number;
  readonly #producers: readonly SocketProducer[];
  /** By correlation id, in the order in which they were first sent. */
  readonly #unacked = new Map<number, Sent>();
  #correlationId = 0;

  constructor(world: World, writer: number, producers: readonly SocketProducer[]) {
    this.#world = world;
    this.#writer = writer;
    this.#partition = writer % world.partitionCount;
    this.#producers = producers;
  }

  /** One socket's life; resolves when it is closed. */
  connection(): Promise<void> {
    const { platform, topic } = this.#world;
    const url = `${platform.url.replace('http', 'ws')}/v1/topics/${topic}/partitions/${this.#partition}/ws`;
    const socket = new WebSocket(url, [fastDoorProtocol]);
    socket.binaryType = 'arraybuffer';
    return new Promise((resolve) => {
      const tooLate = setTimeout(() => socket.close(), openTimeoutMs);
      socket.addEventListener('open', () => {
        clearTimeout(tooLate);
        this.#world.log.counts.unanswered += this.#unacked.size;
        for (const { frame } of this.#unacked.values()) socket.send(frame);
        this.#fill(socket);
      });
      socket.addEventListener('message', ({ data }) => this.#receive(socket, new Uint8Array(data as ArrayBuffer)));
      socket.addEventListener('error', () => undefined);
      socket.addEventListener('close', () => {
        clearTimeout(tooLate);
        resolve();
      });
    });
  }

  #fill(socket: WebSocket): void {
    for (const producer of this.#producers) {
      while (producer.unacked < inFlightMax && !this.#world.isEnding()) socket.send(this.#next(producer));
    }
    if (this.#unacked.size > 0) return;
    this.isDone = true;
    socket.close();
  }

  #next(producer: SocketProducer): Uint8Array<ArrayBuffer> {
    const ids = newIds(this.#world, producer.writer, 2);
    const batch = sequencedBatch(ids, producer, producer.sequence);
    producer.sequence += ids.length;
    producer.unacked += 1;
    this.#correlationId += 1;
    const frame = encodeProduceFrame('produceBatches', this.#correlationId, batch);
    this.#unacked.set(this.#correlationId, { producer, ids, frame, sentAtMs: this.#world.log.now() });
    return frame;
  }

  #receive(socket: WebSocket, frame: Uint8Array): void {
    if (frame[0] === serverFrame.error) {
      const { code, message } = JSON.parse(new TextDecoder().decode(frame.subarray(5)));
      // Whatever came after the refused batch is out of order now: a new socket sends all of it again.
      if (!isRetriable(code)) this.#giveUp(`${code} ${message}`);
      socket.close();
    } else if (frame[0] === serverFrame.acks) {
      for (const { correlationId, baseOffset, duplicate } of decodeAcksFrame(frame)) {
        this.#acknowledge(correlationId, baseOffset, duplicate);
      }
      this.#fill(socket);
    }
  }

  #acknowledge(correlationId: number, baseOffset: number, duplicate: boolean): void {
    const { log } = this.#world;
    const sent = this.#unacked.get(correlationId);
    if (sent === undefined) {
      this.#giveUp(`an ack of ${correlationId}, which was not waited for`);
      return;
    }
    this.#unacked.delete(correlationId);
    sent.producer.unacked -= 1;
    log.counts.requests += 1;
    if (duplicate) log.counts.recognised += 1;
    for (const [index, id] of sent.ids.entries()) log.ack(id, this.#partition, baseOffset + index, sent.sentAtMs);
  }

  #giveUp(why: string): void {
    this.#world.log.report('refused', `writer ${this.#writer} over its socket: ${why}`);
    this.isDone = true;
  }
}
