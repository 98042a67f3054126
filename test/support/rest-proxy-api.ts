import { buildRestProxyDocument } from '../../src/api/rest-proxy/openapi.ts';
import { fetchRestProxy } from '../../src/api/rest-proxy/rest-proxy-door.ts';
import type { Services } from '../../src/api/services.ts';
import { openPlatform } from './open-platform.ts';
import { OpenApiChecker } from './openapi-checker.ts';

/** The REST Proxy's own port as the tests call it. */
export const restProxyOrigin = 'http://127.0.0.1:8082';

export type RestProxyInit = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What is neither text nor bytes is sent as JSON. */
  readonly body?: unknown;
};

export type RestProxyAnswer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The answer's JSON; undefined when there is no body, or several values. */
  readonly json: unknown;
};

/** The REST Proxy at the root of its port, with every answer checked against its OpenAPI document. */
export class RestProxyApi {
  readonly #services: Services;
  readonly checker: OpenApiChecker;

  constructor(services: Services) {
    this.#services = services;
    this.checker = new OpenApiChecker(buildRestProxyDocument(services.version, restProxyOrigin), 'RestProxyError');
  }

  /** Sends JSON as `application/json` for v3, and as `application/vnd.kafka.v2+json` for v2, unless told otherwise. */
  async request(path: string, init: RestProxyInit = {}): Promise<RestProxyAnswer> {
    const { method = init.body === undefined ? 'GET' : 'POST' } = init;
    const body = encodeBody(init.body);
    const type = path.startsWith('/v3') ? 'application/json' : 'application/vnd.kafka.v2+json';
    const headers = new Headers({ ...(body === null ? {} : { 'content-type': type }), ...init.headers });
    // fetch would add it on the way; here the request does not travel.
    if (body !== null) headers.set('content-length', String(body.length));
    const url = restProxyOrigin + path;
    const answer = await fetchRestProxy(requestOf(url, method, headers, body), openPlatform(this.#services));
    const text = await answer.text();
    const json = parse(text);
    const isStream = /^\/v3\/.*\/records$/.test(path);
    // Of a stream, every line is an answer; its request is no JSON value, and records of it may be wrong.
    for (const line of isStream ? text.split('\n') : [text]) {
      this.checker.check(
        { method, url: withoutSlash(url), headers, body: isStream ? null : body },
        { status: answer.status, headers: answer.headers, body: line },
      );
    }
    return { status: answer.status, headers: answer.headers, text, json };
  }

  /** The error's code and HTTP status, as the tests compare them. */
  async refusal(path: string, init: RestProxyInit = {}): Promise<{ status: number; error_code: number }> {
    const { status, json } = await this.request(path, init);
    const { error_code, message } = json as { error_code: number; message: string };
    if (typeof message !== 'string' || message === '') throw new Error(`an error without a message: ${error_code}`);
    return { status, error_code };
  }
}

/** The document has no slashes at the ends of paths, but for the root. */
const withoutSlash = (url: string) => url.replace(/(?<=:8082.+)\/(?=\?|$)/, '');

/** A GET may have a body in v2, which the platform's Request allows and Node's does not. */
function requestOf(url: string, method: string, headers: Headers, body: Uint8Array<ArrayBuffer> | null): Request {
  if (method !== 'GET' || body === null) return new Request(url, { method, headers, body });
  return Object.defineProperty(new Request(url, { method: 'POST', headers, body }), 'method', { value: method });
}

function encodeBody(body: unknown): Uint8Array<ArrayBuffer> | null {
  if (body === undefined) return null;
  if (body instanceof Uint8Array) return new Uint8Array(body);
  return new Uint8Array(new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
