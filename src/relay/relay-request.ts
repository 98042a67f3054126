import type { Principal } from '../authorization/principal.ts';
import { decodePrincipal, encodePrincipal } from '../authorization/principal-text.ts';
import { ok, type Result } from '../errors/result.ts';

/**
 * A socket's way to a relay's object, spoken only inside the platform: the client's handshake goes along, while the
 * address is made here, so that nothing in it comes from a client.
 */
const relayUrl = 'http://relay/';

/** On whose behalf the socket is. It is set here, over whatever a client sent under the name. */
const principalHeader = 'millrace-principal';

/** `topic` is the one that the client's path named, or null. LIMIT_REACHED for a principal of too many rules. */
export function encodeRelayRequest(handshake: Request, topic: string | null, principal: Principal): Result<Request> {
  const text = encodePrincipal(principal);
  if (!text.ok) return text;
  const query = topic === null ? '' : `?${new URLSearchParams({ topic })}`;
  const headers = new Headers(handshake.headers);
  headers.set(principalHeader, encodeURIComponent(text.value));
  return ok(new Request(`${relayUrl}${query}`, { headers }));
}

/** Null for a request that no edge made. */
export function decodeRelayPrincipal(request: Request): Principal | null {
  const text = request.headers.get(principalHeader);
  return text === null ? null : decodePrincipal(decodeURIComponent(text));
}

export function decodeRelayTopic(request: Request): string | null {
  return new URL(request.url).searchParams.get('topic');
}
