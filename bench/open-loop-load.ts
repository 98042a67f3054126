import { connect, type Socket } from 'node:net';
import { HttpResponseReader, type ReadResponse } from './http-response-reader.ts';
import { LoadMeter, type LoadResult, type LoadWindow } from './load-result.ts';

/** Requests that come at a rate of their own, whether or not earlier ones were answered. */
export type OpenLoopStream = {
  /** A complete request, head and body. */
  readonly request: Uint8Array;
  readonly perSecond: number;
  /** Statuses that are no failure: whoever is beyond a quota is refused. */
  readonly expectedStatuses: readonly number[];
};

/** Streams at the same time against one server; the first is the one that is measured. */
export type OpenLoopLoad = LoadWindow & { readonly port: number; readonly streams: readonly OpenLoopStream[] };

/** A request that finds none of these free waits, and its waiting counts. */
const connectionsPerStream = 32;
const tickMs = 1;
const drainMs = 10_000;

/**
 * Runs the streams and measures the first, each request from when it was due: a server that falls behind is not spared
 * the requests that come meanwhile.
 */
export async function runOpenLoop(load: OpenLoopLoad): Promise<LoadResult> {
  const meter = new LoadMeter(load);
  const unmeasured = new LoadMeter(load);
  const streams = load.streams.map((stream, index) => new Stream(load.port, stream, index === 0 ? meter : unmeasured));
  try {
    await Promise.all(streams.map((stream) => stream.opened));
    await new Promise<void>((resolve) => {
      const startedAtMs = performance.now();
      const timer = setInterval(() => {
        const nowMs = performance.now();
        if (nowMs < meter.endsAtMs) for (const stream of streams) stream.sendDue(startedAtMs, nowMs);
        const isDone = streams.every(({ isIdle }) => isIdle);
        if (nowMs < meter.endsAtMs || (!isDone && nowMs < meter.endsAtMs + drainMs)) return;
        clearInterval(timer);
        if (!isDone) meter.fail(`answers were still out ${drainMs} ms after the end`);
        resolve();
      }, tickMs);
    });
  } finally {
    for (const stream of streams) stream.close();
  }
  const { failures, firstFailure } = unmeasured.result();
  for (let count = 0; count < failures; count += 1) meter.fail(firstFailure ?? 'unknown');
  return meter.result();
}

class Stream {
  readonly opened: Promise<unknown>;
  readonly #stream: OpenLoopStream;
  readonly #meter: LoadMeter;
  readonly #connections: Connection[];
  readonly #free: Connection[];
  /** When each request was due that waits for a connection. */
  readonly #waiting: number[] = [];
  #sent = 0;

  constructor(port: number, stream: OpenLoopStream, meter: LoadMeter) {
    this.#stream = stream;
    this.#meter = meter;
    this.#connections = Array.from({ length: connectionsPerStream }, () => new Connection(port));
    this.#free = [...this.#connections];
    this.opened = Promise.all(this.#connections.map(({ opened }) => opened));
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#free.length === this.#connections.length;
  }

  sendDue(startedAtMs: number, nowMs: number): void {
    const gapMs = 1_000 / this.#stream.perSecond;
    for (; startedAtMs + this.#sent * gapMs <= nowMs; this.#sent += 1) {
      const dueMs = startedAtMs + this.#sent * gapMs;
      const connection = this.#free.pop();
      if (connection === undefined) this.#waiting.push(dueMs);
      else this.#send(connection, dueMs);
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #send(connection: Connection, dueMs: number): void {
    connection.ask(
      this.#stream.request,
      ({ status, bodyBytes, bodyStart }) => {
        const nowMs = performance.now();
        this.#meter.receive(bodyBytes, nowMs);
        if (this.#stream.expectedStatuses.includes(status)) this.#meter.complete(dueMs, nowMs);
        else this.#meter.fail(`${status} ${bodyStart}`);
        const next = this.#waiting.shift();
        if (next === undefined) this.#free.push(connection);
        else this.#send(connection, next);
      },
      (why) => this.#meter.fail(why),
    );
  }
}

class Connection {
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  #onResponse: (response: ReadResponse) => void = () => {};
  #onLost: (why: string) => void = () => {};

  constructor(port: number) {
    const reader = new HttpResponseReader((response) => this.#onResponse(response));
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('data', (bytes) => reader.push(bytes));
    this.#socket.on('error', ({ message }) => this.#onLost(message));
    this.#socket.on('close', () => this.#onLost('the server closed the connection'));
    this.opened = new Promise((resolve, reject) => {
      this.#socket.once('connect', () => resolve());
      this.#socket.once('error', reject);
    });
  }

  ask(request: Uint8Array, onResponse: (response: ReadResponse) => void, onLost: (why: string) => void): void {
    this.#onResponse = onResponse;
    this.#onLost = onLost;
    this.#socket.write(request);
  }

  close(): void {
    this.#onLost = () => {};
    this.#socket.destroy();
  }
}
