import { ok, type Result } from '../../errors/result.ts';
import type { SaslCredentials } from '../../gateway/credentials/sasl-credentials.ts';
import { malformed, provenBy, refusedAs, type SaslExchange, type SaslStep, textOf } from './sasl-exchange.ts';

const advice =
  'the key is unknown, expired or revoked, or its secret is another one. The user name is the id of an API key (mrk_...), the password its secret or the whole key (mr_...).';

/** PLAIN (RFC 4616): the user name and the password in one message. */
export class PlainExchange implements SaslExchange {
  readonly #credentials: SaslCredentials;

  constructor(credentials: SaslCredentials) {
    this.#credentials = credentials;
  }

  async next(message: Uint8Array): Promise<Result<SaslStep>> {
    const [actAs = '', user, password, ...others] = textOf(message).split('\0');
    if (!user || !password || others.length > 0) {
      return malformed('A message of PLAIN is a user name and a password, each after a NUL, and neither is empty.');
    }
    if (actAs !== '' && actAs !== user) {
      return malformed('Nobody acts on behalf of another here: leave the authorization id of PLAIN empty.');
    }
    const principal = await this.#credentials.password(user, password);
    return principal.ok ? ok(provenBy(principal.value)) : refusedAs(principal, advice);
  }
}
