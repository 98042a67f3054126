import type { FailureDetail } from '../errors/result.ts';
import { MillraceError, networkError } from './millrace-error.ts';

/** The part of `fetch` that this client uses, so that any implementation fits. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

type FetchInit = {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly signal: AbortSignal;
};

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Absolute path, already escaped: see {@link topicPath}. */
  readonly path: string;
  /** Undefined values are left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: { readonly contentType: string; readonly content: string | Uint8Array };
  /** Under which a repetition of this very request is recognised. */
  readonly idempotencyKey?: string;
  /** JSON unless given. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** After this long without an answer the request is given up as REQUEST_TIMED_OUT. */
  readonly timeoutMs?: number;
};

/** Long enough for a long-poll's `wait_ms` and a slow disk, short enough to notice a host that went away. */
const requestTimeoutMsDefault = 60_000;

/** Speaks HTTP to one platform. Every answer but 2xx is thrown as a {@link MillraceError}. */
export class HttpDoor {
  readonly #baseUrl: string;
  readonly #fetch: Fetch;

  /** `baseUrl` is `http(s)://host[:port][/prefix]`. */
  constructor(baseUrl: string, fetchImplementation: Fetch) {
    this.#baseUrl = baseUrl;
    this.#fetch = fetchImplementation;
  }

  /** Sends the request and reads the answer as JSON; for answers that carry no record values, which could lose digits. */
  json<T>(request: HttpRequest): Promise<T> {
    return this.#exchange(request, async (response) => (await response.json()) as T);
  }

  /** Sends the request again and again with the cursor that the page before named, until a page names none. */
  async *pages<Page extends { readonly next_cursor: string | null }>(
    request: HttpRequest,
  ): AsyncGenerator<Page, void, undefined> {
    let cursor: string | undefined;
    do {
      const page: Page = await this.json({ ...request, query: { ...request.query, cursor } });
      yield page;
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** Sends the request and reads the answer's bytes, whatever they are. */
  bytes(request: HttpRequest): Promise<{ readonly bytes: Uint8Array; readonly headers: Headers }> {
    return this.#exchange(request, async (response) => ({
      bytes: new Uint8Array(await response.arrayBuffer()),
      headers: response.headers as Headers,
    }));
  }

  /** Sends a request whose answer has nothing to read. */
  empty(request: HttpRequest): Promise<void> {
    return this.#exchange(request, async (response) => {
      await response.arrayBuffer();
    });
  }

  /** An abort rejects with the signal's reason, at any point of the exchange. */
  async #exchange<T>(request: HttpRequest, read: (response: Response) => Promise<T>): Promise<T> {
    const { signal, timeoutMs = requestTimeoutMsDefault } = request;
    const what = `${request.method} ${this.#baseUrl}${request.path}${queryOf(request.query)}`;
    signal?.throwIfAborted();
    // Not AbortSignal.any and AbortSignal.timeout: what they hold on to outlives the request by minutes.
    const exchange = new AbortController();
    const timer = setTimeout(() => exchange.abort(timedOut(what, timeoutMs)), timeoutMs);
    const abort = () => exchange.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const response = await this.#send(request, exchange.signal);
      if (!response.ok) throw await problemOf(response, what);
      return await read(response);
    } catch (thrown) {
      if (exchange.signal.aborted) throw exchange.signal.reason;
      throw thrown instanceof MillraceError ? thrown : networkError(`${what} failed`, thrown);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  #send(request: HttpRequest, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { accept: request.accept ?? 'application/json' };
    if (request.body !== undefined) headers['content-type'] = request.body.contentType;
    if (request.idempotencyKey !== undefined) headers['idempotency-key'] = request.idempotencyKey;
    return this.#fetch(this.#baseUrl + request.path + queryOf(request.query), {
      method: request.method,
      headers,
      body: request.body?.content,
      signal,
    });
  }
}

/** `/v1/topics/{topic}` with the name escaped, and what follows it. */
export function topicPath(topic: string, rest = ''): string {
  return `/v1/topics/${encodeURIComponent(topic)}${rest}`;
}

export function jsonBody(value: unknown): { readonly contentType: string; readonly content: string } {
  return { contentType: 'application/json', content: JSON.stringify(value) };
}

function queryOf(query: HttpRequest['query']): string {
  if (query === undefined) return '';
  const parts = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

function timedOut(what: string, timeoutMs: number): MillraceError {
  return new MillraceError({
    code: 'REQUEST_TIMED_OUT',
    message: `${what} had no whole answer after ${timeoutMs} ms`,
    status: null,
  });
}

/**
 * Reads RFC 9457; an answer of something else (a proxy's page) keeps its status and says so. Rejects when the connection
 * ends before the answer does: which refusal it was is not known then.
 */
async function problemOf(response: Response, what: string): Promise<MillraceError> {
  const text = await response.text();
  const problem = parseProblem(text);
  if (problem === null) {
    return new MillraceError({
      code: response.status >= 500 ? 'UNKNOWN_SERVER_ERROR' : 'INVALID_REQUEST',
      message: `${what} was answered with status ${response.status} and no problem document; is this a Millrace platform?`,
      status: response.status,
    });
  }
  const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new MillraceError({
    code: problem.code,
    message: problem.detail ?? problem.title ?? `status ${response.status}`,
    status: response.status,
    retriable: problem.retriable,
    detail: problem.context,
    retryAfterMs: Number.isFinite(retryAfterS) ? retryAfterS * 1000 : null,
  });
}

type ProblemDocument = {
  readonly code: string;
  readonly title?: string;
  readonly detail?: string;
  readonly retriable?: boolean;
  readonly context?: FailureDetail;
};

function parseProblem(text: string): ProblemDocument | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return null;
    return typeof (parsed as { code?: unknown }).code === 'string' ? (parsed as ProblemDocument) : null;
  } catch {
    return null;
  }
}
