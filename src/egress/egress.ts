import { failed, ok, type Result } from '../errors/result.ts';
import { isLoopbackUrl, readOutboundUrl } from './outbound-url.ts';
import { isPublicAddress } from './public-address.ts';

/** A document that somebody points the platform to is small; a larger one is an attack or a mistake. */
export const maxAnswerBytes = 1024 * 1024;

/** Resolving, redirects and the answer together take no longer: somebody waits for it. */
const timeoutMs = 10_000;

/** Sites move, but not more often than this. */
const maxRedirects = 3;

export type EgressPorts = {
  /** Calls an address; it must not follow redirects by itself. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** All addresses that a name has now; it may throw. */
  readonly resolve: (host: string, signal: AbortSignal) => Promise<readonly string[]>;
  /** A signal that is given after so long. */
  readonly abortAfter: (ms: number) => AbortSignal;
  /** Names of the platform itself: it never calls itself on behalf of somebody. */
  readonly ownHosts: readonly string[];
  /** Whether messages may be sent to this very machine: an open platform serves nobody who is not on it. */
  readonly allowsLoopback?: boolean;
};

/** The only way out of the platform to an address that somebody configured. */
export class Egress {
  readonly #ports: EgressPorts;

  constructor(ports: EgressPorts) {
    this.#ports = ports;
  }

  /**
   * Fetches a document. INVALID_REQUEST when the address, or one that it redirects to, may not be called;
   * OUTBOUND_CALL_FAILED when it cannot be reached, or answers with something else than 200, or with too much.
   */
  async fetchDocument(address: string, accept: string): Promise<Result<Uint8Array>> {
    const { fetch, abortAfter, ownHosts } = this.#ports;
    const signal = abortAfter(timeoutMs);
    let next = address;
    try {
      for (let hop = 0; hop <= maxRedirects; hop += 1) {
        const url = readOutboundUrl(next, ownHosts);
        if (!url.ok) return url;
        const reachable = await this.#checkAddresses(url.value.hostname, signal);
        if (!reachable.ok) return reachable;
        const answer = await fetch(url.value.href, { redirect: 'manual', headers: { accept }, signal });
        const location = answer.status >= 300 && answer.status < 400 ? answer.headers.get('location') : null;
        if (location === null) return await readAnswer(answer, url.value.hostname);
        await answer.body?.cancel();
        if (!URL.canParse(location, url.value.href)) return broken(url.value.hostname, 'redirects to no address');
        next = new URL(location, url.value.href).href;
      }
      return broken(hostOf(address), `redirects more than ${maxRedirects} times`);
    } catch {
      // What exactly went wrong would say something of the network behind the platform.
      return broken(hostOf(next), signal.aborted ? `takes longer than ${timeoutMs} ms` : 'cannot be reached');
    }
  }

  /**
   * Sends a message; answers the status, whatever it is, and nothing of the body. A redirect is an answer as any other:
   * a message goes where it was meant to go, or nowhere. Failures are those of {@link Egress.fetchDocument}.
   */
  async postMessage(
    address: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<Result<{ readonly status: number }>> {
    const { fetch, abortAfter } = this.#ports;
    const url = this.checkMessageUrl(address);
    if (!url.ok) return url;
    const { hostname, href } = url.value;
    const signal = abortAfter(timeoutMs);
    try {
      const reachable = isLoopbackUrl(href) ? ok(null) : await this.#checkAddresses(hostname, signal);
      if (!reachable.ok) return reachable;
      const answer = await fetch(href, { method: 'POST', redirect: 'manual', headers, body, signal });
      await answer.body?.cancel();
      return ok({ status: answer.status });
    } catch {
      return broken(hostname, signal.aborted ? `takes longer than ${timeoutMs} ms` : 'cannot be reached');
    }
  }

  /** Whether messages may be sent to an address, as far as that can be told without resolving its name. */
  checkMessageUrl(address: string): Result<URL> {
    const { ownHosts, allowsLoopback = false } = this.#ports;
    if (allowsLoopback && isLoopbackUrl(address)) return ok(new URL(address));
    return readOutboundUrl(address, ownHosts);
  }

  /** One address that is not public is enough: which of them a call would take is not ours to say. */
  async #checkAddresses(host: string, signal: AbortSignal): Promise<Result<null>> {
    const addresses = await this.#ports.resolve(host, signal);
    if (addresses.length === 0) return broken(host, 'has no address');
    if (addresses.every(isPublicAddress)) return ok(null);
    return failed('INVALID_REQUEST', `${host} has an address that is not public, so the platform does not call it.`);
  }
}

async function readAnswer(answer: Response, host: string): Promise<Result<Uint8Array>> {
  if (answer.status !== 200) {
    await answer.body?.cancel();
    return broken(host, `answers ${answer.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  // What a header declares is the other side's word; what arrives is counted.
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > maxAnswerBytes) return broken(host, `answers more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return ok(concatenated(chunks, size));
}

function concatenated(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const hostOf = (address: string): string => (URL.canParse(address) ? new URL(address).hostname : 'The address');

function broken(host: string, what: string): Result<never> {
  return failed('OUTBOUND_CALL_FAILED', `${host} ${what}. Try again later, or correct the address.`);
}
