import { once } from 'node:events';
import { type ServerFrame, serverFrameSchema } from '../../src/contracts/websocket.ts';

/** A client of the millrace.v1 door over a real socket; every frame is checked against docs/websocket.md. */
export class JsonSocket {
  readonly #socket: WebSocket;
  readonly #frames: { readonly frame: ServerFrame; readonly text: string }[] = [];
  readonly #closed: Promise<{ code: number; reason: string }>;
  #wake: () => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => {
        resolve({ code, reason });
        this.#wake();
      });
    });
    socket.addEventListener('message', ({ data }) => {
      this.#frames.push({ frame: serverFrameSchema.parse(JSON.parse(data)), text: data });
      this.#wake();
    });
  }

  static async connect(platformUrl: string, path: string): Promise<JsonSocket> {
    const socket = new WebSocket(platformUrl.replace('http', 'ws') + path, 'millrace.v1');
    const opened = new JsonSocket(socket);
    await once(socket, 'open');
    return opened;
  }

  get closed(): Promise<{ code: number; reason: string }> {
    return this.#closed;
  }

  send(frame: object | string): void {
    this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The next frame with its text; null once the socket is closed and nothing is left. */
  async next(): Promise<{ readonly frame: ServerFrame; readonly text: string } | null> {
    while (this.#frames.length === 0) {
      if (this.#socket.readyState === WebSocket.CLOSED) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#frames.shift() ?? null;
  }

  async close(): Promise<void> {
    this.#socket.close(1000);
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
