/**
 * A socket's way to a relay's object, spoken only inside the platform: the client's handshake goes along, while the
 * address is made here, so that nothing in it comes from a client.
 */
const relayUrl = 'http://relay/';

/** `topic` is the one that the client's path named, or null. */
export function encodeRelayRequest(handshake: Request, topic: string | null): Request {
  const query = topic === null ? '' : `?${new URLSearchParams({ topic })}`;
  return new Request(`${relayUrl}${query}`, { headers: handshake.headers });
}

export function decodeRelayTopic(request: Request): string | null {
  return new URL(request.url).searchParams.get('topic');
}
