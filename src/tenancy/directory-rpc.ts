import type { Result } from '../errors/result.ts';
import type { ClusterRef } from '../topics/catalog-rpc.ts';
import type { Issuer } from './issuer.ts';
import type { OrganizationState } from './organization-rpc.ts';
import type { SignupIds, SignupRequest } from './signup/signup-register.ts';

/** What an organization's object says about itself. */
export type DirectoryEntry = {
  readonly orgId: string;
  readonly name: string;
  readonly state: OrganizationState;
  /** Of two entries the one with the higher version counts. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly clusterIds: readonly string[];
};

/** A page of a listing: what comes after `after` in the order of ids. */
export type DirectoryPage = { readonly after: string | null; readonly limit: number };

/**
 * The verbs of the one object that knows which organizations and clusters there are, for the operator and for upkeep.
 * What a request may do is never asked here; whose the tokens of an issuer are is, once a while.
 */
export interface DirectoryRpc {
  /** Enters an organization, or what changed about it. Late and repeated entries change nothing. */
  enter(entry: DirectoryEntry): Promise<Result<null>>;
  /** The organization is gone, and its clusters and issuers with it. */
  leave(orgId: string): Promise<Result<null>>;
  list(page: DirectoryPage): Promise<Result<{ organizations: DirectoryEntry[]; next: string | null }>>;
  /**
   * An issuer's tokens for an audience are of this organization from now on, and checked so. RESOURCE_ALREADY_EXISTS
   * when they are another's.
   */
  claimIssuer(orgId: string, issuer: Issuer): Promise<Result<null>>;
  /** They are nobody's any more; nothing happens when they are another's. */
  releaseIssuer(orgId: string, issuer: string, audience: string): Promise<Result<null>>;
  /** Whose an issuer's tokens for one of the audiences are; null when nobody's. */
  findIssuer(
    issuer: string,
    audiences: readonly string[],
  ): Promise<Result<{ readonly orgId: string; readonly issuer: Issuer } | null>>;
  /** Notes a sign-up, unless it is refused, and answers the ids of its organization; see SignupRegister. */
  admitSignup(request: SignupRequest): Promise<Result<SignupIds>>;
  /** All clusters of all organizations. */
  listClusters(page: DirectoryPage): Promise<Result<{ clusters: ClusterRef[]; next: string | null }>>;
}
