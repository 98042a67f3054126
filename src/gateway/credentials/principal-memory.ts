import type { Principal } from '../../authorization/principal.ts';
import type { Failed, Result } from '../../errors/result.ts';
import type { ScramSignIn } from '../../tenancy/scram-sign-in.ts';

/** How long what an organization said is taken for true without asking. */
export const freshMs = 4_000;

/** Until then it is used while it is being asked again, so that nobody waits where many requests come. */
export const awaitedMs = 5_000;

/** How long it is used when the organization cannot be asked; never longer, whatever happens. */
export const staleMs = 30_000;

/** How long a credential that opens nothing is refused without asking again. */
export const refusedMs = 5_000;

/** Credentials that an isolate remembers; the one that was used longest ago is forgotten first. */
const rememberedCredentials = 2_000;

/** Refused credentials, which must not push out good ones. */
const rememberedRefusals = 2_000;

type Refused = { readonly failure: Failed; readonly untilMs: number };

/** How an organization stood when it was last asked. */
export type OrganizationStanding = {
  epoch: number;
  checkedAtMs: number;
  /** The question under way, if there is one. */
  refreshing: Promise<Result<number>> | null;
  /** Keys that were used since, which are reported when it is asked again. */
  readonly usedKeyIds: Set<string>;
};

/**
 * Principals as one isolate remembers them, by the credential as it was sent. What holds for all principals of an
 * organization, that nothing changed since, is asked once for all of them: its epoch.
 */
export class PrincipalMemory {
  readonly #principals = new Map<string, Principal>();
  readonly #refused = new Map<string, Refused>();
  readonly #organizations = new Map<string, OrganizationStanding>();
  /** What browser tokens are checked with, by their `kid`. */
  readonly #tokenSecrets = new Map<string, string>();
  readonly #scram = new Map<string, ScramSignIn>();
  readonly #underWay = new Map<string, Promise<Result<Principal>>>();

  find(credential: string): Principal | null {
    const principal = this.#principals.get(credential);
    if (principal === undefined) return null;
    // Moved to the end: the first of the map is the one used longest ago.
    this.#principals.delete(credential);
    this.#principals.set(credential, principal);
    return principal;
  }

  keep(credential: string, principal: Principal, askedAtMs: number): void {
    this.#refused.delete(credential);
    this.#principals.set(credential, principal);
    dropFirstBeyond(this.#principals, rememberedCredentials);
    this.confirm(principal.orgId, principal.epoch, askedAtMs);
  }

  forget(credential: string): void {
    this.#principals.delete(credential);
  }

  tokenSecret(kid: string): string | null {
    return this.#tokenSecrets.get(kid) ?? null;
  }

  keepTokenSecret(kid: string, secret: string): void {
    this.#tokenSecrets.delete(kid);
    this.#tokenSecrets.set(kid, secret);
    dropFirstBeyond(this.#tokenSecrets, rememberedCredentials);
  }

  /** What a key is let in by over SCRAM, by its name here. */
  scram(name: string): ScramSignIn | null {
    return this.#scram.get(name) ?? null;
  }

  keepScram(name: string, signIn: ScramSignIn): void {
    this.#scram.delete(name);
    this.#scram.set(name, signIn);
    dropFirstBeyond(this.#scram, rememberedCredentials);
  }

  /** What a credential was refused with a moment ago; null when it has to be asked about. */
  refusal(credential: string, nowMs: number): Failed | null {
    const refused = this.#refused.get(credential);
    if (refused === undefined) return null;
    if (refused.untilMs > nowMs) return refused.failure;
    this.#refused.delete(credential);
    return null;
  }

  refuse(credential: string, failure: Failed, nowMs: number): void {
    this.#principals.delete(credential);
    this.#refused.set(credential, { failure, untilMs: nowMs + refusedMs });
    dropFirstBeyond(this.#refused, rememberedRefusals);
  }

  /** Asks for a credential once, however many requests bring it meanwhile. */
  share(credential: string, ask: () => Promise<Result<Principal>>): Promise<Result<Principal>> {
    const underWay = this.#underWay.get(credential);
    if (underWay !== undefined) return underWay;
    const asking = ask().finally(() => this.#underWay.delete(credential));
    this.#underWay.set(credential, asking);
    return asking;
  }

  standing(orgId: string): OrganizationStanding | null {
    return this.#organizations.get(orgId) ?? null;
  }

  /** An organization said, when it was asked at `askedAtMs`, that this is its epoch. */
  confirm(orgId: string, epoch: number, askedAtMs: number): void {
    const known = this.#organizations.get(orgId);
    if (known === undefined) {
      this.#organizations.set(orgId, { epoch, checkedAtMs: askedAtMs, refreshing: null, usedKeyIds: new Set() });
      dropFirstBeyond(this.#organizations, rememberedCredentials);
      return;
    }
    // An answer that was overtaken by a newer one says nothing.
    if (epoch < known.epoch) return;
    known.epoch = epoch;
    known.checkedAtMs = Math.max(known.checkedAtMs, askedAtMs);
  }

  /** The organization is gone; its principals are not admitted any more. */
  forgetOrganization(orgId: string): void {
    this.#organizations.delete(orgId);
  }
}

function dropFirstBeyond(map: Map<string, unknown>, max: number): void {
  if (map.size <= max) return;
  const first = map.keys().next();
  if (!first.done) map.delete(first.value);
}
