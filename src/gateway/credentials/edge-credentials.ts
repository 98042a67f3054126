import { type Principal, platformPrincipal } from '../../authorization/principal.ts';
import { type Failed, failed, ok, type Result } from '../../errors/result.ts';
import type { Clock } from '../../platform/clock.ts';
import type { HashName } from '../../platform/keyed-hash.ts';
import type { Sealer } from '../../platform/sealer.ts';
import type { Signer } from '../../platform/signer.ts';
import { maxKeyTextLength, organizationOfKeyId, passwordDigest } from '../../tenancy/api-key-text.ts';
import {
  faultOf,
  faultyCredential,
  type SignInFault,
  unknownCredential,
} from '../../tenancy/authentication-failure.ts';
import type { OrganizationRpc } from '../../tenancy/organization-rpc.ts';
import type { ScramSignIn } from '../../tenancy/scram-sign-in.ts';
import { platformTokenSecret, signingSecretContext } from '../../tenancy/signing-secret.ts';
import { failureOf } from '../broken-call.ts';
import type { Credentials } from '../ports.ts';
import { readBrowserToken, tokenPrincipal } from './browser-token.ts';
import type { IdentitySignIn } from './identity-sign-in.ts';
import { readIdentityToken } from './identity-token.ts';
import { authorizationOf, clusterOf, maxAuthorizationLength, readAuthorization } from './presented-credential.ts';
import { awaitedMs, freshMs, type OrganizationStanding, type PrincipalMemory, staleMs } from './principal-memory.ts';
import type { SaslCredentials } from './sasl-credentials.ts';

export type EdgeCredentialPorts = {
  readonly signer: Signer;
  readonly clock: Clock;
  readonly organization: (orgId: string) => OrganizationRpc;
  /** Opens what organizations keep sealed. */
  readonly sealer: Sealer;
  /** Signs with a secret of an organization's own. */
  readonly signerOf: (secret: string) => Signer;
  /** Lets people in by the tokens of issuers. */
  readonly identities: Pick<IdentitySignIn, 'resolve'>;
  /** What the isolate remembers between requests. */
  readonly memory: PrincipalMemory;
  /** The operator's key; absent on a platform that has no operator. */
  readonly operatorKey: string | null;
  /** Told of whoever came with a key, or what a key signed, and was not let in. */
  readonly failed: (attempt: FailedSignIn) => void;
  /** Lets work go on after the answer: without it the runtime drops what a request did not wait for. */
  readonly keepAlive: (work: Promise<unknown>) => void;
};

/** Somebody who came with the credential of a key, and was not let in; for the log of the key's organization. */
export type FailedSignIn = {
  readonly orgId: string;
  /** The key's, or that of the signing secret of a browser token. */
  readonly keyId: string;
  readonly fault: SignInFault;
  /** Where it came from, where the door knows that. */
  readonly host: string | undefined;
};

/** Who holds the operator's key: no organization's, so that no data is theirs to read. */
export const operatorPrincipal: Principal = {
  ...platformPrincipal({ orgId: '', clusterId: '' }),
  id: 'User:operator',
};

/**
 * Finds out who sends a request on a platform in closed mode. A credential that cannot be one is refused here; of the
 * others the organization's object is asked, and its answer is remembered: fresh for four seconds, used for a second more
 * while one request asks whether anything changed, and for thirty when the organization cannot be asked.
 */
export class EdgeCredentials implements Credentials, SaslCredentials {
  readonly mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;
  readonly #ports: EdgeCredentialPorts;

  constructor(ports: EdgeCredentialPorts) {
    this.#ports = ports;
  }

  async resolve(request: Pick<Request, 'headers'>, host?: string): Promise<Result<Principal>> {
    const header = authorizationOf(request.headers);
    return header === null ? missingCredential() : this.#resolve(header, () => clusterOf(request.headers), host);
  }

  async password(user: string, password: string): Promise<Result<Principal>> {
    if (user.length + password.length > 2 * maxKeyTextLength) return unknownCredential();
    return this.#resolve(`Basic ${btoa(`${user}:${password}`)}`, () => null);
  }

  async token(token: string, clusterId: string | null): Promise<Result<Principal>> {
    return this.#resolve(`Bearer ${token}`, () => clusterId);
  }

  /** What a key's secrets are proved by is remembered as its principal is. */
  async scram(keyId: string, hash: HashName): Promise<Result<ScramSignIn>> {
    const { memory, clock, signer, organization } = this.#ports;
    const orgId = organizationOfKeyId(keyId, signer);
    if (orgId === null) return unknownCredential();
    const name = `${hash} ${keyId}`;
    const refused = memory.refusal(name, clock.nowMs());
    if (refused !== null) return this.#turnAway(refused, orgId, keyId);
    const recalled = memory.scram(name) === null ? null : await this.#recall(name);
    const ask = async (): Promise<Result<Principal>> => {
      const signIn = await organization(orgId).resolveScram(orgId, keyId, hash === 'SHA-256' ? 'sha256' : 'sha512');
      if (signIn.ok) memory.keepScram(name, signIn.value);
      return signIn.ok ? ok(signIn.value.principal) : signIn;
    };
    const principal = recalled ?? (await this.#askOnce(name, ask));
    const signIn = memory.scram(name);
    if (!principal.ok) return this.#turnAway(principal, orgId, keyId);
    if (signIn === null) return unknownCredential();
    const proofs = signIn.proofs.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > clock.nowMs());
    return ok({ ...signIn, proofs, principal: principal.value });
  }

  unproved({ orgId, keyId }: Principal): void {
    if (keyId !== null) this.#ports.failed({ orgId, keyId, fault: 'wrong_secret', host: undefined });
  }

  /** Who sends an Authorization header; `clusterOf` is asked for people's tokens alone. */
  async #resolve(header: string, clusterOf: () => string | null, host?: string): Promise<Result<Principal>> {
    if (header.length > maxAuthorizationLength) return unknownCredential();
    // Tokens are long, and a person's principal is one of a cluster: neither stands in memory as it was sent.
    const credential = header.includes('.') ? this.#ports.signer.sign(`${clusterOf() ?? ''}\n${header}`) : header;
    const remembered = await this.#recall(credential);
    if (remembered?.ok === true) return remembered;
    const presented = readAuthorization(header, this.#ports.signer);
    if (presented === null) return unknownCredential();
    if (presented.kind === 'bearer') {
      return remembered ?? (await this.#resolveBearer(credential, presented.token, clusterOf(), host));
    }
    const { keyId, orgId, password } = presented.key;
    const resolved = remembered ?? (await this.#askKey(credential, orgId, keyId, password));
    return resolved.ok ? resolved : this.#turnAway(resolved, orgId, keyId, host);
  }

  /** What is remembered of a credential; null when its organization has to be asked. */
  async #recall(credential: string): Promise<Result<Principal> | null> {
    const { memory, clock } = this.#ports;
    const nowMs = clock.nowMs();
    const principal = memory.find(credential);
    if (principal === null) return memory.refusal(credential, nowMs);
    const standing = memory.standing(principal.orgId);
    const isOver = principal.expiresAtMs !== null && principal.expiresAtMs <= nowMs;
    if (standing === null || isOver) {
      memory.forget(credential);
      return null;
    }
    const ageMs = nowMs - standing.checkedAtMs;
    if (ageMs >= freshMs) {
      standing.refreshing ??= this.#refresh(principal.orgId, standing).finally(() => {
        standing.refreshing = null;
      });
      this.#ports.keepAlive(standing.refreshing);
      const checked = ageMs >= awaitedMs ? await standing.refreshing : null;
      const isRefused =
        checked?.ok === false && (ageMs >= staleMs || checked.error.code === 'SASL_AUTHENTICATION_FAILED');
      if (isRefused) return checked;
    }
    if (principal.epoch !== standing.epoch) {
      memory.forget(credential);
      return null;
    }
    if (principal.keyId !== null) standing.usedKeyIds.add(principal.keyId);
    return ok(principal);
  }

  /** Asks the organization whether anything changed, and tells it which keys were used. */
  async #refresh(orgId: string, standing: OrganizationStanding): Promise<Result<number>> {
    const { memory, clock, organization } = this.#ports;
    const askedAtMs = clock.nowMs();
    const usedKeyIds = [...standing.usedKeyIds];
    standing.usedKeyIds.clear();
    const epoch = await called(() => organization(orgId).authorizationEpoch(orgId, usedKeyIds));
    if (epoch.ok) memory.confirm(orgId, epoch.value, askedAtMs);
    else if (epoch.error.code === 'WRONG_OBJECT') memory.forgetOrganization(orgId);
    return epoch.ok || epoch.error.code !== 'WRONG_OBJECT' ? epoch : unknownCredential();
  }

  #askKey(credential: string, orgId: string, keyId: string, password: string): Promise<Result<Principal>> {
    const { organization, signer } = this.#ports;
    const digest = passwordDigest(keyId, password, signer);
    return this.#askOnce(credential, () => organization(orgId).resolveKey(orgId, { keyId, digest }));
  }

  async #resolveBearer(
    credential: string,
    token: string,
    clusterId: string | null,
    host: string | undefined,
  ): Promise<Result<Principal>> {
    if (!token.includes('.')) return this.#askOperator(token);
    return (await this.#resolveToken(token, host)) ?? this.#resolveIdentity(credential, token, clusterId);
  }

  /** Refuses who came with something of a key. What is wrong with it is the organization's to know, and not theirs. */
  #turnAway(failure: Failed, orgId: string, keyId: string, host?: string): Failed {
    const fault = faultOf(failure);
    if (fault === null) return failure;
    this.#ports.failed({ orgId, keyId, fault, host });
    return unknownCredential();
  }

  /** Asks an organization for a principal, once for all requests that wait for it, and remembers the answer. */
  async #askOnce(credential: string, ask: () => Promise<Result<Principal>>): Promise<Result<Principal>> {
    const { memory, clock, keepAlive } = this.#ports;
    const askedAtMs = clock.nowMs();
    const asking = memory.share(credential, () => called(ask));
    keepAlive(asking);
    const resolved = await asking;
    if (resolved.ok) memory.keep(credential, resolved.value, askedAtMs);
    else if (resolved.error.code === 'SASL_AUTHENTICATION_FAILED') memory.refuse(credential, resolved, clock.nowMs());
    return resolved;
  }

  /** A token of an issuer, which stands for a person. */
  async #resolveIdentity(credential: string, text: string, clusterId: string | null): Promise<Result<Principal>> {
    const token = readIdentityToken(text);
    if (token === null) return unknownCredential();
    return this.#askOnce(credential, () => this.#ports.identities.resolve(token, clusterId));
  }

  /**
   * A browser token: what its key may do is remembered by the `kid`, and each token is checked by its signature. Null
   * when it is none.
   */
  async #resolveToken(text: string, host: string | undefined): Promise<Result<Principal> | null> {
    const { memory, clock, signer, signerOf } = this.#ports;
    const token = readBrowserToken(text, signer, clock.nowMs());
    if (token === null) return null;
    const { kid, orgId, claims, signedText, signature } = token;
    const recalled = memory.tokenSecret(kid) === null ? null : await this.#recall(kid);
    const parent = recalled ?? (await this.#askOnce(kid, () => this.#askTokenSigner(orgId, kid)));
    if (!parent.ok) return this.#turnAway(parent, orgId, kid, host);
    const secret = memory.tokenSecret(kid);
    const isSigned = secret !== null && signerOf(secret).verify(signedText, signature);
    if (isSigned) return ok(tokenPrincipal(parent.value, kid, claims));
    return this.#turnAway(faultyCredential('bad_signature'), orgId, kid, host);
  }

  async #askTokenSigner(orgId: string, kid: string): Promise<Result<Principal>> {
    const { memory, organization, sealer, signer } = this.#ports;
    const refused = memory.refusal(kid, this.#ports.clock.nowMs());
    if (refused !== null) return refused;
    const resolved = await organization(orgId).resolveTokenSigner(orgId, kid);
    if (!resolved.ok) return resolved;
    const { principal, sealedSecret } = resolved.value;
    const secret =
      sealedSecret === null
        ? platformTokenSecret(kid, signer)
        : await sealer.open(sealedSecret, signingSecretContext(orgId, kid));
    if (secret === null) return unknownCredential();
    memory.keepTokenSecret(kid, secret);
    return ok(principal);
  }

  /** Signatures of both are compared, so that the time it takes says nothing about where they differ. */
  #askOperator(token: string): Result<Principal> {
    const { signer, operatorKey } = this.#ports;
    const isOperator = operatorKey !== null && signer.verify(token, signer.sign(operatorKey));
    return isOperator ? ok(operatorPrincipal) : unknownCredential();
  }
}

/** A broken call is a failure that may pass: the credential is neither good nor bad. */
async function called<T>(attempt: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await attempt();
  } catch (thrown) {
    return failureOf(thrown, 'organization', 'Ask again.');
  }
}

function missingCredential(): Result<never> {
  return failed(
    'SASL_AUTHENTICATION_FAILED',
    'The request has no credential. Send an API key as "Authorization: Bearer mr_...", or its id and secret as Basic.',
  );
}
