import type { Principal } from '../../authorization/principal.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SignatureVerifier } from '../../platform/signature-verifier.ts';
import { unknownCredential } from '../../tenancy/authentication-failure.ts';
import type { Issuer } from '../../tenancy/issuer.ts';
import type { VerifiedIdentity } from '../../tenancy/member.ts';
import { algorithmOf, identityOf, type UnverifiedIdentity } from './identity-token.ts';
import type { IssuerKeys } from './issuer-keys.ts';

/** Whose the tokens of an issuer are, and how they are checked. */
export type ClaimedIssuer = { readonly orgId: string; readonly issuer: Issuer };

/** How long it is believed whose an issuer is, or that it is nobody's. The organization looks again at each sign-in. */
export const issuerFreshMs = 60_000;

/** Issuers that an isolate remembers; the one that was asked about longest ago is forgotten first. */
const rememberedIssuers = 1_000;

/** Anyone can invent issuers: of those that are not remembered so many are asked about in a window, and no more. */
export const asksPerWindow = 20;
export const askWindowMs = 10_000;

export type IdentitySignInPorts = {
  readonly clock: Clock;
  readonly verifier: SignatureVerifier;
  readonly keys: IssuerKeys;
  readonly findIssuer: (issuer: string, audiences: readonly string[]) => Promise<Result<ClaimedIssuer | null>>;
  readonly resolveMember: (
    orgId: string,
    identity: VerifiedIdentity,
    clusterId: string | null,
  ) => Promise<Result<Principal>>;
};

type Remembered = { readonly asking: Promise<Result<ClaimedIssuer | null>>; readonly askedAtMs: number };

/** Lets people in by the token of an issuer that their organization trusts. One an isolate: it remembers issuers. */
export class IdentitySignIn {
  readonly #ports: IdentitySignInPorts;
  readonly #issuers = new Map<string, Remembered>();
  #window = { beganAtMs: 0, asks: 0 };

  constructor(ports: IdentitySignInPorts) {
    this.#ports = ports;
  }

  /**
   * On whose behalf a token speaks, in the cluster that the request names. SASL_AUTHENTICATION_FAILED when nothing
   * vouches for it; another code when somebody who has to be asked cannot be, or the cluster is none.
   */
  async resolve(token: UnverifiedIdentity, clusterId: string | null): Promise<Result<Principal>> {
    const { clock, verifier, keys, resolveMember } = this.#ports;
    const claimed = await this.#findIssuer(token);
    if (!claimed.ok) return claimed;
    if (claimed.value === null) return unknownCredential();
    const { orgId, issuer } = claimed.value;
    const algorithm = algorithmOf(token, issuer);
    // Claims are looked at first: a token that is over anyway makes nobody ask for keys.
    const identity = algorithm === null ? null : identityOf(token, issuer, clock.nowMs());
    if (algorithm === null || identity === null) return unknownCredential();
    const key = await keys.find(issuer.keysUrl, token.keyId, algorithm);
    if (!key.ok) return key;
    const isSigned =
      key.value !== null && (await verifier.verify(algorithm, key.value, token.signedText, token.signature));
    if (!isSigned) return unknownCredential();
    const { subject, email, expiresAtMs } = identity;
    const { audience } = issuer;
    const member = await resolveMember(orgId, { issuer: issuer.issuer, audience, subject, email }, clusterId);
    return member.ok ? ok({ ...member.value, expiresAtMs }) : member;
  }

  /** Asks once for all tokens of an issuer and audience; a failure is not remembered. */
  async #findIssuer({ issuer, audiences }: UnverifiedIdentity): Promise<Result<ClaimedIssuer | null>> {
    const nowMs = this.#ports.clock.nowMs();
    const name = JSON.stringify([issuer, audiences]);
    const remembered = this.#issuers.get(name);
    if (remembered !== undefined && nowMs - remembered.askedAtMs < issuerFreshMs) return remembered.asking;
    if (!this.#mayAsk(nowMs)) {
      return failed('OVERLOADED', 'Too many unknown issuers are asked about. Try again in some seconds.');
    }
    const asking = this.#ports.findIssuer(issuer, audiences);
    this.#issuers.delete(name);
    this.#issuers.set(name, { asking, askedAtMs: nowMs });
    const [oldest] = this.#issuers.keys();
    if (this.#issuers.size > rememberedIssuers && oldest !== undefined) this.#issuers.delete(oldest);
    const forget = () => {
      if (this.#issuers.get(name)?.asking === asking) this.#issuers.delete(name);
    };
    try {
      const found = await asking;
      if (!found.ok) forget();
      return found;
    } catch (thrown) {
      forget();
      throw thrown;
    }
  }

  #mayAsk(nowMs: number): boolean {
    if (nowMs - this.#window.beganAtMs >= askWindowMs) this.#window = { beganAtMs: nowMs, asks: 0 };
    this.#window.asks += 1;
    return this.#window.asks <= asksPerWindow;
  }
}
