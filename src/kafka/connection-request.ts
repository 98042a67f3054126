import type { Principal } from '../authorization/principal.ts';
import { decodePrincipal, encodePrincipal, unresolvedEpoch } from '../authorization/principal-text.ts';
import { assert } from '../errors/assert.ts';
import { ok, type Result } from '../errors/result.ts';
import { nominalBrokerId } from '../topics/nominal-broker.ts';
import type { Broker } from './kafka-services.ts';

/**
 * A connection's way to its object, spoken only inside the platform: what the client is to be told that it reached, and on
 * whose behalf it comes. Both are set over whatever a client sent under the names.
 */
const brokerHeader = 'millrace-broker';
const principalHeader = 'millrace-principal';

/** LIMIT_REACHED for a token of more capabilities than can travel. */
export function encodeConnectionRequest(
  handshake: Request,
  { host, port }: Pick<Broker, 'host' | 'port'>,
  principal: Principal,
): Result<Request> {
  // Rules may be many, and stay behind: the object asks the organization for them.
  const text = encodePrincipal({ ...principal, grants: [], epoch: unresolvedEpoch });
  if (!text.ok) return text;
  const headers = new Headers(handshake.headers);
  headers.set(brokerHeader, JSON.stringify({ host, port }));
  headers.set(principalHeader, encodeURIComponent(text.value));
  return ok(new Request('http://connection/', { headers }));
}

/** What {@link encodeConnectionRequest} said. What the principal may do is still to be asked. */
export function decodeConnectionRequest(request: Request): { readonly broker: Broker; readonly principal: Principal } {
  const place = request.headers.get(brokerHeader);
  const principal = request.headers.get(principalHeader);
  assert(place !== null && principal !== null, 'a connection is reached through its door');
  const { host, port } = JSON.parse(place) as Pick<Broker, 'host' | 'port'>;
  return {
    broker: { nodeId: nominalBrokerId, host, port },
    principal: decodePrincipal(decodeURIComponent(principal)),
  };
}
