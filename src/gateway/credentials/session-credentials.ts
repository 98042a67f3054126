import type { Principal } from '../../authorization/principal.ts';
import { ok, type Result } from '../../errors/result.ts';
import type { Credentials } from '../ports.ts';
import type { BrowserSessions, Presented } from './browser-sessions.ts';
import { clusterHeader } from './presented-credential.ts';

/**
 * Finds out who sends a request of a browser that is signed in: its session's, or ticket's, credential is asked as if the
 * request had carried it, so that the same may be done with either.
 */
export class SessionCredentials implements Credentials {
  readonly #sessions: BrowserSessions;
  readonly #inner: Credentials;

  constructor(sessions: BrowserSessions, inner: Credentials) {
    this.#sessions = sessions;
    this.#inner = inner;
  }

  async resolve(request: Request, host?: string): Promise<Result<Principal>> {
    const presented = await this.#sessions.presented(request);
    if (!presented.ok) return presented;
    if (presented.value === null) return this.#inner.resolve(request, host);
    const { expiresAtMs } = presented.value;
    const resolved = await this.#inner.resolve(carrying(request.url, presented.value), host);
    if (!resolved.ok || expiresAtMs === null) return resolved;
    const endsAtMs = Math.min(expiresAtMs, resolved.value.expiresAtMs ?? expiresAtMs);
    return ok({ ...resolved.value, expiresAtMs: endsAtMs });
  }
}

function carrying(url: string, { authorization, clusterId }: Presented): Request {
  const headers = new Headers({ authorization });
  if (clusterId !== null) headers.set(clusterHeader, clusterId);
  return new Request(url, { headers });
}
