import { connect, type Socket } from 'node:net';
import { HttpResponseReader, type ReadResponse } from './http-response-reader.ts';
import { LoadMeter, type LoadResult, type LoadWindow } from './load-result.ts';

/** How long answers that are still out at the end of the window are waited for. */
const drainMs = 10_000;
/** Read buffers are one a connection and reused: large ones only where few connections read large answers. */
const manyConnections = 16;
const largeReadBytes = 1_048_576;
const smallReadBytes = 65_536;

/** A closed-loop HTTP/1.1 load: every connection sends its next request when the previous one was answered. */
export type HttpLoad = LoadWindow & {
  readonly port: number;
  readonly connections: number;
  /** Complete requests, head and body, sent in turn. */
  readonly requests: readonly Uint8Array[];
  readonly expectedStatus: number;
  /** Stops after this many requests instead of at the end of the window. */
  readonly maxRequests?: number;
};

/** Runs the load over raw sockets and resolves when the window is over and every answer has come. */
export async function runHttpLoad(load: HttpLoad): Promise<LoadResult> {
  const connections = Array.from({ length: load.connections }, () => new HttpConnection(load));
  try {
    await Promise.all(connections.map((connection) => connection.opened));
    const meter = new LoadMeter(load);
    const turns = { next: 0 };
    const drained = Promise.all(connections.map((connection) => connection.run(meter, turns)));
    await Promise.race([drained, rejectAfter(load.warmUpMs + load.windowMs + drainMs)]);
    return meter.result();
  } finally {
    for (const connection of connections) connection.close();
  }
}

class HttpConnection {
  readonly opened: Promise<void>;
  readonly #load: HttpLoad;
  readonly #socket: Socket;
  #onResponse: (response: ReadResponse) => void = () => {};
  #onLost: (error: Error) => void = () => {};

  constructor(load: HttpLoad) {
    this.#load = load;
    const reader = new HttpResponseReader((response) => this.#onResponse(response));
    const buffer = Buffer.allocUnsafe(load.connections > manyConnections ? smallReadBytes : largeReadBytes);
    this.#socket = connect({
      host: '127.0.0.1',
      port: load.port,
      noDelay: true,
      onread: {
        buffer,
        callback: (count) => {
          reader.push(buffer.subarray(0, count));
          return true;
        },
      },
    });
    this.opened = new Promise((resolve, reject) => {
      this.#socket.once('connect', () => resolve());
      this.#socket.once('error', reject);
    });
    this.#socket.on('error', (error) => this.#onLost(error));
    this.#socket.on('close', () => this.#onLost(new Error('the server closed the connection')));
  }

  /** Resolves after the answer to the last request that was sent inside the window. */
  run(meter: LoadMeter, turns: { next: number }): Promise<void> {
    return new Promise((resolve) => {
      let sentAtMs = 0;
      const send = () => {
        const request = this.#load.requests[turns.next % this.#load.requests.length]!;
        turns.next += 1;
        sentAtMs = performance.now();
        this.#socket.write(request);
      };
      this.#onLost = (error) => {
        meter.fail(error.message);
        resolve();
      };
      this.#onResponse = (response) => {
        const nowMs = performance.now();
        meter.receive(response.bodyBytes, nowMs);
        if (response.status === this.#load.expectedStatus) meter.complete(sentAtMs, nowMs);
        else meter.fail(`${response.status} ${response.bodyStart}`);
        const isOver = nowMs >= meter.endsAtMs || turns.next >= (this.#load.maxRequests ?? Number.POSITIVE_INFINITY);
        if (isOver) resolve();
        else send();
      };
      send();
    });
  }

  close(): void {
    this.#onLost = () => {};
    this.#socket.destroy();
  }
}

/** Bytes of one request; a body's `Content-Length` is always sent, so that the server need not guess. */
export function httpRequest(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body: Uint8Array | string = new Uint8Array(0),
): Uint8Array {
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  if (method !== 'GET') lines.push(`content-length: ${bytes.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bytes]);
}

function rejectAfter(ms: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`answers were still out after ${ms} ms`)), ms);
    timer.unref();
  });
}
