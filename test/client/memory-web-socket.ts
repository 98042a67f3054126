import type { WebSocketConstructor, WebSocketLike } from '../../src/client/index.ts';

type Listener = (event: { data?: unknown; code?: number; reason?: string }) => void;

/** A WebSocket whose other end is in the test's hands. */
export class MemoryWebSocket implements WebSocketLike {
  binaryType = 'blob';
  readonly url: string;
  readonly protocols: string[];
  readonly sent: (string | Uint8Array)[] = [];
  isClosed = false;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(data: string | Uint8Array): void {
    this.sent.push(data);
  }

  close(): void {
    this.isClosed = true;
  }

  /** What the platform or the network does. */
  emit(type: 'open' | 'message' | 'close' | 'error', event: Parameters<Listener>[0] = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
}

/** A constructor that keeps what it made. */
export function memoryWebSockets(): { readonly WebSocket: WebSocketConstructor; readonly made: MemoryWebSocket[] } {
  const made: MemoryWebSocket[] = [];
  class Recorded extends MemoryWebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      made.push(this);
    }
  }
  return { WebSocket: Recorded, made };
}
