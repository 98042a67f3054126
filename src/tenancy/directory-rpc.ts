import type { Result } from '../errors/result.ts';
import type { ClusterRef } from '../topics/catalog-rpc.ts';
import type { OrganizationState } from './organization-rpc.ts';

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
 * What a request may do is never asked here.
 */
export interface DirectoryRpc {
  /** Enters an organization, or what changed about it. Late and repeated entries change nothing. */
  enter(entry: DirectoryEntry): Promise<Result<null>>;
  list(page: DirectoryPage): Promise<Result<{ organizations: DirectoryEntry[]; next: string | null }>>;
  /** All clusters of all organizations. */
  listClusters(page: DirectoryPage): Promise<Result<{ clusters: ClusterRef[]; next: string | null }>>;
}
