import type { AclBinding } from '../authorization/acl-binding.ts';
import type { AclFilter } from '../authorization/acl-filter.ts';
import type { KeyScope } from '../authorization/key-scopes.ts';
import type { Principal } from '../authorization/principal.ts';
import type { Role } from '../authorization/roles.ts';
import type { Result } from '../errors/result.ts';
import type { ApiKeyStatus } from './api-key.ts';
import type { AuditPage, ListAuditRequest } from './audit-log.ts';
import type { DeletionProgress } from './cluster-deletion.ts';
import type { PeopleRpc } from './people-rpc.ts';
import type { PrincipalRpc } from './principal-rpc.ts';
import type { QuotaRpc } from './quota-rpc.ts';
import type { SigningSecret } from './signing-secret.ts';
import type { SummedAct } from './summed-acts.ts';
import type { UsageRpc } from './usage-rpc.ts';

export type OrganizationState = 'ACTIVE' | 'DELETING';

/** Who asks for a change, for its rights and for the audit. */
export type Actor = {
  readonly principal: Principal;
  /** The address the request came from; null when that is not known. */
  readonly host: string | null;
};

export type ClusterDescription = {
  readonly clusterId: string;
  readonly name: string;
  readonly state: OrganizationState;
  readonly createdAtMs: number;
  /** What was left of it when its deletion was last looked at; null for one that is not being deleted. */
  readonly remains: DeletionProgress | null;
};

export type OrganizationDescription = {
  readonly orgId: string;
  readonly name: string;
  readonly state: OrganizationState;
  readonly createdAtMs: number;
  /** The origins whose pages may use its credentials. */
  readonly origins: readonly string[];
  readonly clusters: readonly ClusterDescription[];
};

/** What is undefined stays as it is. */
export type AlterOrganizationRequest = {
  readonly name?: string | undefined;
  readonly origins?: readonly string[] | undefined;
};

/** An API key as it is shown: nothing of it opens anything. */
export type ApiKeyDescription = {
  readonly keyId: string;
  readonly clusterId: string;
  readonly name: string;
  readonly role: Role | null;
  readonly scopes: readonly KeyScope[];
  readonly status: ApiKeyStatus;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly lastUsedAtMs: number | null;
  /** Its live secrets by their last four letters, the oldest first. */
  readonly secrets: readonly {
    readonly last4: string;
    readonly createdAtMs: number;
    readonly expiresAtMs: number | null;
  }[];
};

/** A key with a new secret's text, which is nowhere else and never shown again. */
export type IssuedApiKey = { readonly key: ApiKeyDescription; readonly text: string };

export type FoundRequest = {
  readonly orgId: string;
  readonly name: string;
  readonly cluster: { readonly clusterId: string; readonly name: string };
};

export type CreateApiKeyRequest = {
  readonly name: string;
  readonly clusterId: string;
  readonly role: Role | null;
  readonly scopes: readonly KeyScope[];
  /** How long it is good; null for as long as it is not revoked. */
  readonly lifetimeMs: number | null;
};

/** What a presented key is compared by; its password stays where it arrived. */
export type PresentedKey = { readonly keyId: string; readonly digest: string };

/**
 * The verbs of an organization's object: the only authority on who belongs to it and may do what. Every verb names its
 * organization and is refused with WRONG_OBJECT in the object of another, or of none.
 */
export interface OrganizationRpc extends PeopleRpc, PrincipalRpc, UsageRpc, QuotaRpc {
  /** Founds the organization with its first cluster and its owner's key. RESOURCE_ALREADY_EXISTS when it is there. */
  found(
    actor: Actor,
    request: FoundRequest,
  ): Promise<Result<{ organization: OrganizationDescription; ownerKey: IssuedApiKey }>>;
  describe(orgId: string): Promise<Result<OrganizationDescription>>;
  alter(orgId: string, actor: Actor, request: AlterOrganizationRequest): Promise<Result<OrganizationDescription>>;
  createCluster(orgId: string, actor: Actor, name: string): Promise<Result<ClusterDescription>>;
  /** Begins to delete a cluster with everything in it. ILLEGAL_STATE for that of the caller's own credential. */
  deleteCluster(orgId: string, actor: Actor, clusterId: string): Promise<Result<null>>;
  /** Begins to delete the organization with everything in it. */
  deleteOrganization(orgId: string, actor: Actor): Promise<Result<null>>;

  createKey(orgId: string, actor: Actor, request: CreateApiKeyRequest): Promise<Result<IssuedApiKey>>;
  describeKey(orgId: string, keyId: string): Promise<Result<ApiKeyDescription>>;
  /** Keys in the order of their ids, revoked ones too; `next` is null at the end. */
  listKeys(
    orgId: string,
    request: { readonly after: string | null; readonly limit: number },
  ): Promise<Result<{ keys: ApiKeyDescription[]; next: string | null }>>;
  /** Issues another secret; the one in use ends after `overlapMs`, all of them at once when that is 0. */
  rotateKey(orgId: string, actor: Actor, keyId: string, overlapMs: number): Promise<Result<IssuedApiKey>>;
  revokeKey(orgId: string, actor: Actor, keyId: string): Promise<Result<null>>;

  createAcls(orgId: string, actor: Actor, bindings: readonly AclBinding[]): Promise<Result<null>>;
  listAcls(orgId: string, clusterId: string, filter: AclFilter): Promise<Result<AclBinding[]>>;
  /** Deletes all that the filter means, and answers them. */
  deleteAcls(orgId: string, actor: Actor, filter: AclFilter): Promise<Result<AclBinding[]>>;

  /** Makes a secret to sign browser tokens with, which narrow one key; the secret is answered this once. */
  createSigningSecret(
    orgId: string,
    actor: Actor,
    request: { readonly name: string; readonly keyId: string },
  ): Promise<Result<{ signingSecret: SigningSecret; secret: string }>>;
  listSigningSecrets(orgId: string): Promise<Result<SigningSecret[]>>;
  revokeSigningSecret(orgId: string, actor: Actor, signingSecretId: string): Promise<Result<null>>;

  /** Writes down an act before another object is asked to do it. Repeated, it is two entries. */
  recordAttempt(orgId: string, actor: Actor, action: string, resource: string): Promise<Result<null>>;
  /** Writes down what an edge counted, as far as an hour's share of the log goes. */
  recordSums(orgId: string, acts: readonly SummedAct[]): Promise<Result<null>>;
  listAudit(orgId: string, request: ListAuditRequest): Promise<Result<AuditPage>>;
}
