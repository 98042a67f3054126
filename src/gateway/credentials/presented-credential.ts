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

/** Subprotocols that begin so carry what a header would say: browsers let a page give a WebSocket none. */
const bearerProtocol = 'millrace.bearer.';
const clusterProtocol = 'millrace.cluster.';

/** Which cluster of the organization a person works in; a key is of one cluster, and is not asked. */
export const clusterHeader = 'millrace-cluster';

/** What Cloudflare Access puts before requests of whom it has let in. */
const accessHeader = 'cf-access-jwt-assertion';

/**
 * The Authorization header of a request; of one without it, what the subprotocol of a WebSocket or Cloudflare Access says,
 * as if it were one. Null when the request says nothing about who sends it. A credential in a URL would stand in logs and
 * is never looked at.
 */
export function authorizationOf(headers: CredentialHeaders): string | null {
  const header = headers.get('authorization');
  if (header !== null) return header;
  const token = ofProtocol(headers, bearerProtocol) ?? (isOfOwnPage(headers) ? headers.get(accessHeader) : null);
  return token === null ? null : `Bearer ${token}`;
}

/** The cluster that a request names; null when it names none. */
export function clusterOf(headers: CredentialHeaders): string | null {
  return headers.get(clusterHeader) ?? ofProtocol(headers, clusterProtocol);
}

function ofProtocol(headers: CredentialHeaders, prefix: string): string | null {
  const protocols = headers.get('sec-websocket-protocol');
  if (protocols === null || protocols.length > maxAuthorizationLength) return null;
  const carrying = protocols.split(',').find((protocol) => protocol.trim().startsWith(prefix));
  return carrying === undefined ? null : carrying.trim().slice(prefix.length);
}

/**
 * A cookie speaks for whoever has it, and a browser sends it along with requests of any page: those that a page of
 * another site caused are on nobody's behalf. Programs send neither header.
 */
export function isOfOwnPage(headers: CredentialHeaders): boolean {
  const site = headers.get('sec-fetch-site');
  const origin = headers.get('origin');
  if (site !== null && site !== 'same-origin' && site !== 'none') return false;
  return origin === null || URL.parse(origin)?.host === headers.get('host');
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
