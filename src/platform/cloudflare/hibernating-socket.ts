import type { RelaySocket } from '../../relay/ports.ts';

/** A socket that was accepted for hibernation, as the domains see it. */
export class HibernatingSocket implements RelaySocket {
  readonly #ctx: DurableObjectState;
  readonly #socket: WebSocket;

  constructor(ctx: DurableObjectState, socket: WebSocket) {
    this.#ctx = ctx;
    this.#socket = socket;
  }

  get lastPingMs(): number | null {
    return this.#ctx.getWebSocketAutoResponseTimestamp(this.#socket)?.getTime() ?? null;
  }

  send(text: string): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    try {
      this.#socket.send(text);
      return true;
    } catch {
      // The peer went away between the look and the send: the close event follows.
      return false;
    }
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  get attachment(): Uint8Array | null {
    return this.#socket.deserializeAttachment() as Uint8Array | null;
  }

  set attachment(bytes: Uint8Array | null) {
    this.#socket.serializeAttachment(bytes);
  }
}

/**
 * Answers a client's close frame: the runtime does not for sockets that hibernate, and the client would wait for it.
 * Codes that are reserved or only say how a socket ended (RFC 6455 7.4.1) may not be sent.
 */
export function answerClose(socket: WebSocket, code: number): void {
  socket.close(unsendableCodes.has(code) ? 1000 : code, '');
}

const unsendableCodes: ReadonlySet<number> = new Set([1004, 1005, 1006, 1015]);

/** The sockets of one object, each always as the same {@link HibernatingSocket}. */
export class HibernatingSockets {
  readonly #ctx: DurableObjectState;
  readonly #held = new WeakMap<WebSocket, HibernatingSocket>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  of(socket: WebSocket): HibernatingSocket {
    const known = this.#held.get(socket);
    if (known !== undefined) return known;
    const held = new HibernatingSocket(this.#ctx, socket);
    this.#held.set(socket, held);
    return held;
  }

  open(): HibernatingSocket[] {
    return this.#ctx.getWebSockets().map((socket) => this.of(socket));
  }
}
