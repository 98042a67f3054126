/** The part of the standard WebSocket that this client uses, so that any implementation fits. */
export interface WebSocketLike {
  binaryType: string;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: WebSocketEvent) => void): void;
}

type WebSocketEvent = { readonly data?: unknown; readonly code?: number; readonly reason?: string };

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** How a socket ended: the close code (1006 when it just broke) and whether it had ever been open. */
export type SocketEnd = { readonly code: number; readonly reason: string; readonly opened: boolean };

export type SocketEvents = {
  opened(): void;
  text(message: string): void;
  binary(message: Uint8Array): void;
  /** Called exactly once, whatever happens; nothing is called after it. */
  ended(end: SocketEnd): void;
};

/** Silence after which the socket is asked for a sign of life, and how long that may take. */
export type Heartbeat = { readonly intervalMs: number };

export const defaultHeartbeat: Heartbeat = { intervalMs: 20_000 };

/** The platform answers this exact text without waking a hibernated object. */
const pingText = '{"type":"ping"}';
const pongText = '{"type":"pong"}';

/** The protocol's own code for a frame that cannot be read. */
const unreadableCode = 4400;

/** Not in the protocol: what this side calls a socket that stopped answering. */
const brokenCode = 1006;

/**
 * One WebSocket with the three things every user of it needs: exactly one end, whichever way it comes; a heartbeat,
 * since a host that vanished sends nothing; and a close that takes effect at once.
 */
export class LiveSocket {
  readonly #socket: WebSocketLike;
  readonly #events: SocketEvents;
  readonly #timer: ReturnType<typeof setInterval>;
  #opened = false;
  #ended = false;
  #heardSinceTick = true;

  constructor(
    Constructor: WebSocketConstructor,
    url: string,
    protocol: string,
    heartbeat: Heartbeat,
    events: SocketEvents,
  ) {
    this.#events = events;
    this.#socket = new Constructor(url, [protocol]);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.addEventListener('open', () => this.#open());
    this.#socket.addEventListener('message', (event) => this.#receive(event.data));
    this.#socket.addEventListener('close', (event) => this.#end(event.code ?? brokenCode, event.reason ?? ''));
    this.#socket.addEventListener('error', () => this.#end(brokenCode, 'the connection failed'));
    this.#timer = setInterval(() => this.#tick(), heartbeat.intervalMs);
  }

  /** Sends a frame; on a socket that is not open any more it does nothing, for its end has been or will be told. */
  send(data: string | Uint8Array): void {
    if (this.#ended || !this.#opened) return;
    try {
      this.#socket.send(data);
    } catch {
      this.#end(brokenCode, 'the connection failed while sending');
    }
  }

  /** Ends the socket now; the closing handshake goes on behind it. */
  close(): void {
    this.#end(1000, '');
  }

  #open(): void {
    if (this.#ended) return;
    this.#opened = true;
    this.#events.opened();
  }

  #receive(data: unknown): void {
    if (this.#ended) return;
    this.#heardSinceTick = true;
    try {
      if (typeof data !== 'string') this.#events.binary(bytesOf(data));
      else if (data !== pongText) this.#events.text(data);
    } catch (thrown) {
      // Thrown out of here it would end the process; connecting again would only bring the same frame.
      this.#end(unreadableCode, `a frame cannot be read: ${thrown}`);
    }
  }

  #tick(): void {
    if (!this.#heardSinceTick) {
      this.#end(brokenCode, 'the platform stopped answering');
      return;
    }
    this.#heardSinceTick = false;
    this.send(pingText);
  }

  #end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    try {
      this.#socket.close(1000);
    } catch {
      // A socket that is still connecting in some runtimes cannot be closed; it ends by itself.
    }
    this.#events.ended({ code, reason, opened: this.#opened });
  }
}

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError('the WebSocket gave a message that is no ArrayBuffer');
}

/** `http://host` as `ws://host`. */
export function webSocketUrl(baseUrl: string): string {
  return baseUrl.replace(/^http/, 'ws');
}
