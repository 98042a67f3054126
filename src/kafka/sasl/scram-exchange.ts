import type { Principal } from '../../authorization/principal.ts';
import { type Failed, ok, type Result } from '../../errors/result.ts';
import type { SaslCredentials } from '../../gateway/credentials/sasl-credentials.ts';
import type { HashName, KeyedHash } from '../../platform/keyed-hash.ts';
import type { ScramProof, ScramSignIn } from '../../tenancy/scram-sign-in.ts';
import { malformed, refusedAs, type SaslExchange, type SaslStep, textOf } from './sasl-exchange.ts';

const advice =
  'the key is unknown, expired or revoked, or its secret is another one. The user name is the id of an API key (mrk_...), the password its secret: the last 49 letters of the key.';

/** What a client begins with (RFC 5802 section 7): no channel binding, on whose behalf, its name, its nonce, extensions. */
const clientFirst = /^([ny],(?:a=([^,]*))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]{1,256})((?:,[a-z]+=[^,]*)*))$/i;

/** What it ends with: the header again, both nonces, extensions, the proof. */
const clientFinal = /^(c=([0-9A-Za-z+/=]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[a-z]+=[^,]*)*),p=([0-9A-Za-z+/]+=*)$/i;

export type ScramPorts = {
  readonly hash: KeyedHash;
  /** Printable ASCII without a comma, that nobody can guess. */
  readonly newNonce: () => string;
};

/** What the second message is compared with. */
type Challenge = {
  readonly header: string;
  /** The client's and ours; and what librdkafka before 2.6.1 takes for it: the client's once more in front of both. */
  readonly nonces: readonly [whole: string, doubled: string];
  /** Both first messages, as they are signed. */
  readonly signedText: string;
  readonly signIn: ScramSignIn;
};

/** SCRAM (RFC 5802, RFC 7677): the client proves that it has the secret, and the platform that it knows it too. */
export class ScramExchange implements SaslExchange {
  readonly #hashName: HashName;
  readonly #credentials: SaslCredentials;
  readonly #ports: ScramPorts;
  #challenge: Challenge | null = null;

  constructor(hashName: HashName, credentials: SaslCredentials, ports: ScramPorts) {
    this.#hashName = hashName;
    this.#credentials = credentials;
    this.#ports = ports;
  }

  async next(message: Uint8Array): Promise<Result<SaslStep>> {
    const text = textOf(message);
    return this.#challenge === null ? this.#begin(text) : this.#finish(text, this.#challenge);
  }

  async #begin(text: string): Promise<Result<SaslStep>> {
    const [, header, actAs, bare, encodedName = '', clientNonce, extensions = ''] = clientFirst.exec(text) ?? [];
    if (header === undefined) return malformed('The first message of SCRAM has the form n,,n=user,r=nonce (RFC 5802).');
    const user = decodeName(encodedName);
    if (user === null || (actAs !== undefined && actAs !== '' && actAs !== encodedName)) {
      return malformed('Nobody acts on behalf of another here: leave the authorization id of SCRAM empty.');
    }
    if (/,tokenauth=true/i.test(extensions))
      return malformed('There are no delegation tokens; sign in with an API key.');
    const signIn = await this.#credentials.scram(user, this.#hashName);
    if (!signIn.ok) return refusedAs(signIn, advice);
    const { salt, iterations } = signIn.value;
    const nonce = `${clientNonce}${this.#ports.newNonce()}`;
    const reply = `r=${nonce},s=${salt},i=${iterations}`;
    this.#challenge = {
      header,
      nonces: [nonce, clientNonce + nonce],
      signedText: `${bare},${reply}`,
      signIn: signIn.value,
    };
    return ok({ reply: bytesOf(reply), principal: null });
  }

  async #finish(text: string, { header, nonces, signedText, signIn }: Challenge): Promise<Result<SaslStep>> {
    const [, unproven, binding, nonce = '', proof = ''] = clientFinal.exec(text) ?? [];
    if (unproven === undefined || binding !== btoa(header) || !nonces.includes(nonce)) {
      return malformed('The last message of SCRAM does not go with the first: its header or its nonce is another one.');
    }
    const authMessage = bytesOf(`${signedText},${unproven}`);
    const clientProof = decodeBase64(proof);
    const proved = signIn.proofs.filter((one) => this.#isProved(one, clientProof, authMessage));
    const [secret] = proved;
    if (secret === undefined) {
      this.#credentials.unproved(signIn.principal);
      return refusedAs(unproved(), advice);
    }
    const verifier = this.#ports.hash.sign(this.#hashName, decodeBase64(secret.serverKey), authMessage);
    return ok({ reply: bytesOf(`v=${encodeBase64(verifier)}`), principal: endingWith(signIn.principal, secret) });
  }

  /** Every secret is looked at in whole, whatever the first says. */
  #isProved({ storedKey }: ScramProof, proof: Uint8Array, authMessage: Uint8Array): boolean {
    const { hash } = this.#ports;
    const stored = decodeBase64(storedKey);
    const signature = hash.sign(this.#hashName, stored, authMessage);
    if (proof.length !== signature.length) return false;
    const clientKey = proof.map((byte, at) => byte ^ signature[at]!);
    const digest = hash.digest(this.#hashName, clientKey);
    return digest.reduce((difference, byte, at) => difference | (byte ^ stored[at]!), 0) === 0;
  }
}

/** Commas and equals signs of a name are written as =2C and =3D; any other equals sign is none of a name. */
function decodeName(encoded: string): string | null {
  if (/=(?!2C|3D)/.test(encoded)) return null;
  return encoded.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

/** Whoever has proved a secret ends with it. */
function endingWith(principal: Principal, { number: secretNumber, expiresAtMs }: ScramProof): Principal {
  const isLater = expiresAtMs === null || (principal.expiresAtMs !== null && principal.expiresAtMs <= expiresAtMs);
  return { ...principal, secretNumber, expiresAtMs: isLater ? principal.expiresAtMs : expiresAtMs };
}

const unproved = (): Failed => malformed('The proof is not of the secret.');

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const encodeBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** No bytes for what is no base64. */
function decodeBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}
