import { ok, type Result } from '../../errors/result.ts';
import type { SaslCredentials } from '../../gateway/credentials/sasl-credentials.ts';
import { malformed, provenBy, refusedAs, type SaslExchange, type SaslStep, textOf } from './sasl-exchange.ts';

const advice =
  "the token is malformed, unknown, expired or revoked. Send a token of one of the organization's issuers, a browser token, or an API key (mr_...).";

/** The extension (KIP-342) by which a client says which cluster of its organization it means. */
const clusterExtension = 'logicalCluster';

/** The pairs of a message end with it, and so does the message. */
const separator = '\u0001';

/** What stands before the pairs (RFC 5801): no channel binding, and perhaps on whose behalf. */
const header = /^[ny],(?:a=[^,]*)?,$/;

const bearer = /^bearer +([^\s]+) *$/i;

/**
 * OAUTHBEARER (RFC 7628): a token in one message. A refusal is an error at once, and not a message that the client has
 * to answer first: that is what all clients understand.
 */
export class OAuthBearerExchange implements SaslExchange {
  readonly #credentials: SaslCredentials;

  constructor(credentials: SaslCredentials) {
    this.#credentials = credentials;
  }

  async next(message: Uint8Array): Promise<Result<SaslStep>> {
    const read = readMessage(textOf(message));
    if (read === null) {
      return malformed('A message of OAUTHBEARER has the pair auth with the value "Bearer" and a token (RFC 7628).');
    }
    const principal = await this.#credentials.token(read.token, read.clusterId);
    return principal.ok ? ok(provenBy(principal.value)) : refusedAs(principal, advice);
  }
}

function readMessage(text: string): { readonly token: string; readonly clusterId: string | null } | null {
  const parts = text.split(separator);
  const isWhole = parts.length > 3 && parts.at(-1) === '' && parts.at(-2) === '' && header.test(parts[0]!);
  if (!isWhole) return null;
  const pairs = new Map(parts.slice(1, -2).map((pair) => [pair.split('=', 1)[0]!, pair.slice(pair.indexOf('=') + 1)]));
  const [, token] = bearer.exec(pairs.get('auth') ?? '') ?? [];
  return token === undefined ? null : { token, clusterId: pairs.get(clusterExtension) ?? null };
}
