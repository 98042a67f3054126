import type { Signer } from '../../platform/signer.ts';
import { type ApiKeyText, parseKeyPair, parseKeyText } from '../../tenancy/api-key-text.ts';

/** What of a request says who sends it. */
export type CredentialHeaders = { get(name: string): string | null };

/** A credential that has the form of one; whether it opens anything is another question. */
export type PresentedCredential =
  | { readonly kind: 'key'; readonly key: ApiKeyText }
  | { readonly kind: 'bearer'; readonly token: string };

/** Longer than any credential: nothing longer is looked at. */
export const maxAuthorizationLength = 8 * 1024;

/** A subprotocol that begins so carries a credential: browsers let a page give a WebSocket no header. */
const bearerProtocol = 'millrace.bearer.';

/**
 * The Authorization header of a request; of a WebSocket without one, what its subprotocol says as if it were one. Null
 * when the request says nothing about who sends it. A credential in a URL would stand in logs and is never looked at.
 */
export function authorizationOf(headers: CredentialHeaders): string | null {
  const header = headers.get('authorization');
  if (header !== null) return header;
  const protocols = headers.get('sec-websocket-protocol');
  if (protocols === null || protocols.length > maxAuthorizationLength) return null;
  const carrying = protocols.split(',').find((protocol) => protocol.trim().startsWith(bearerProtocol));
  return carrying === undefined ? null : `Bearer ${carrying.trim().slice(bearerProtocol.length)}`;
}

const schemeAndRest = /^(\w+) +([^\s]+) *$/;

/**
 * Reads an Authorization header: Bearer with an API key or a token, or Basic with a key's id and password. Null when it
 * is neither, or a key that this platform cannot have issued; nothing is asked of anybody for that.
 */
export function readAuthorization(header: string, signer: Signer): PresentedCredential | null {
  if (header.length > maxAuthorizationLength) return null;
  const [, scheme = '', rest = ''] = schemeAndRest.exec(header) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return readBearer(rest, signer);
    case 'basic':
      return readBasic(rest, signer);
    default:
      return null;
  }
}

function readBearer(token: string, signer: Signer): PresentedCredential | null {
  if (!token.startsWith('mr_')) return { kind: 'bearer', token };
  const key = parseKeyText(token, signer);
  return key === null ? null : { kind: 'key', key };
}

function readBasic(encoded: string, signer: Signer): PresentedCredential | null {
  const pair = decodeBase64Text(encoded);
  const colon = pair?.indexOf(':') ?? -1;
  if (pair === null || colon === -1) return null;
  const key = parseKeyPair(pair.slice(0, colon), pair.slice(colon + 1), signer);
  return key === null ? null : { kind: 'key', key };
}

function decodeBase64Text(encoded: string): string | null {
  try {
    return atob(encoded);
  } catch {
    return null;
  }
}
