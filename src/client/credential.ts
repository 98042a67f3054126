import type { Fetch } from './http-door.ts';
import type { WebSocketConstructor, WebSocketLike } from './web-socket.ts';

/** Subprotocols that begin so carry what a header would say: browsers let a page give a WebSocket none. */
const bearerProtocol = 'millrace.bearer.';
const clusterProtocol = 'millrace.cluster.';

/**
 * What a client shows of itself: an API key, or a token that is asked for whenever one is needed. Whoever gives a
 * function keeps the token until shortly before it ends: it is asked before every request and every new socket.
 */
export type Credential = string | (() => string | Promise<string>);

/**
 * Who asks, and in which cluster where the credential is good for several. Or `session`: the cluster that this browser is
 * signed in to, by a cookie that goes along by itself; for pages that the platform serves.
 */
export type Caller = {
  readonly credential?: Credential | undefined;
  readonly cluster?: string | undefined;
  readonly session?: string | undefined;
};

/** The `fetch` that says who asks. */
export function authorizedFetch(fetch: Fetch, { credential, cluster, session }: Caller): Fetch {
  if (credential === undefined && cluster === undefined && session === undefined) return fetch;
  const named: Record<string, string> = {
    ...(cluster === undefined ? {} : { 'millrace-cluster': cluster }),
    ...(session === undefined ? {} : { 'millrace-session': session }),
  };
  return async (url, init) => {
    const bearer = typeof credential === 'function' ? await credential() : credential;
    const shown: Record<string, string> = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    return fetch(url, { ...init, headers: { ...init.headers, ...shown, ...named } });
  };
}

/** The subprotocols that say who connects; none when nobody has to. */
export function callerSubprotocols(credential: string | undefined, cluster: string | undefined): string[] {
  const named = cluster === undefined ? [] : [clusterProtocol + cluster];
  return credential === undefined ? named : [bearerProtocol + credential, ...named];
}

/** The WebSocket that says who connects. */
export function authorizedWebSocket(
  WebSocket: WebSocketConstructor,
  { credential, cluster }: Caller,
): WebSocketConstructor {
  if (typeof credential === 'function') {
    const ask = credential;
    return class extends AwaitedWebSocket {
      constructor(url: string, protocols: string[]) {
        super(async () => new WebSocket(url, [...protocols, ...callerSubprotocols(await ask(), cluster)]));
      }
    };
  }
  const shown = callerSubprotocols(credential, cluster);
  if (shown.length === 0) return WebSocket;
  return class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, [...protocols, ...shown]);
    }
  };
}

type Listener = Parameters<WebSocketLike['addEventListener']>[1];
type EventType = Parameters<WebSocketLike['addEventListener']>[0];

/** A WebSocket that is opened once its credential is there. A credential that cannot be had is a failed connection. */
class AwaitedWebSocket implements WebSocketLike {
  binaryType = 'arraybuffer';
  readonly #listeners: [EventType, Listener][] = [];
  #socket: WebSocketLike | null = null;
  #isClosed = false;

  constructor(open: () => Promise<WebSocketLike>) {
    open().then(
      (socket) => this.#adopt(socket),
      (thrown) => this.#fail(thrown),
    );
  }

  send(data: string | Uint8Array): void {
    this.#socket?.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#isClosed = true;
    this.#socket?.close(code, reason);
  }

  addEventListener(type: EventType, listener: Listener): void {
    if (this.#socket === null) this.#listeners.push([type, listener]);
    else this.#socket.addEventListener(type, listener);
  }

  #adopt(socket: WebSocketLike): void {
    this.#socket = socket;
    socket.binaryType = this.binaryType;
    for (const [type, listener] of this.#listeners) socket.addEventListener(type, listener);
    if (this.#isClosed) socket.close(1000);
  }

  #fail(thrown: unknown): void {
    const reason = `the credential could not be had: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    for (const [type, listener] of this.#listeners) if (type === 'close') listener({ code: 1006, reason });
  }
}
