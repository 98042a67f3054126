import type { AclExplainedJson, AclJson, AclListJson } from '../contracts/acls.ts';
import type { ApiKeyJson, ApiKeyListJson, IssuedApiKeyJson } from '../contracts/api-keys.ts';
import type { AuditEntryJson, AuditListJson } from '../contracts/audit.ts';
import type {
  IssuedSigningSecretJson,
  SigningSecretListJson,
  TokenCapability,
  TokenJson,
} from '../contracts/browser-tokens.ts';
import type {
  ClusterDescriptionJson,
  OrganizationFoundedJson,
  OrganizationJson,
  OrganizationListJson,
} from '../contracts/organizations.ts';
import type { OrganizationQuotasJson, QuotaJson, QuotaListJson, QuotaOverrideJson } from '../contracts/quotas.ts';
import type { InvitationJson } from '../contracts/signup.ts';
import { type HttpDoor, jsonBody } from './http-door.ts';
import { Issuers, Members } from './people.ts';
import { type Budget, type BudgetChange, readUsage, type Usage, type UsageQuery } from './usage.ts';

/** An API key as it is listed: nothing of it opens anything. Times are in ms since 1970. */
export type ApiKey = {
  readonly keyId: string;
  readonly clusterId: string;
  readonly name: string;
  readonly role: string | null;
  /** `verb:resource:name`, see docs/organizations.md. */
  readonly scopes: readonly string[];
  readonly status: 'active' | 'expired' | 'revoked';
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly secrets: readonly { readonly last4: string; readonly expiresAt: number | null }[];
};

/** `apiKey` is the whole key: it is shown this once and stored nowhere. */
export type IssuedApiKey = ApiKey & { readonly apiKey: string };

export type CreateApiKeyOptions = {
  readonly name: string;
  readonly scopes?: readonly string[];
  readonly role?: string;
  readonly clusterId?: string;
  readonly expiresInMs?: number;
};

export type CreateTokenOptions = {
  readonly cap: readonly TokenCapability[];
  readonly ttlMs?: number;
  /** Whom it is for, for your own use. */
  readonly sub?: string;
};

/** `token` is sent as the credential; `expiresAt` in ms since 1970. */
export type BrowserToken = { readonly token: string; readonly expiresAt: number };

/** A rule of Kafka's ACL model, in the fields of the API. */
export type Acl = AclJson;

/** Which ACLs are meant: each field that is given must be equal. */
export type AclFilter = { readonly [Field in keyof Acl]?: Acl[Field] };

/** An entry of the audit log, in the fields of the API: an export of them can be verified as it is. */
export type AuditEntry = AuditEntryJson;

/** The quotas of an entity, each a second, in the fields of the API; null bounds nothing. */
export type Quota = QuotaJson;

/** What the operator says of one organization, in the fields of the API. */
export type QuotaOverride = QuotaOverrideJson;

/** What bounds an organization, as its operator sees it. */
export type OrganizationQuotas = OrganizationQuotasJson;

/** Which entries are meant. */
export type AuditFilter = {
  readonly principal?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: string | undefined;
};

/** Which entries are meant, and from which end. */
export type AuditQuery = AuditFilter & { readonly order?: 'newest' | 'oldest' };

/** How long one call waits for entries: shorter than what proxies on the way end. */
const followWaitMs = 20_000;

export type OrganizationDescription = OrganizationJson;

type Cancellable = { readonly signal?: AbortSignal };

/** How many keys or organizations one page of a listing asks for. */
const itemsPerPage = 500;

/** The organization of the credential: its clusters, people, keys and ACLs. Every verb rejects with a MillraceError. */
export class Organization {
  readonly members: Members;
  readonly issuers: Issuers;
  readonly #door: HttpDoor;

  constructor(door: HttpDoor) {
    this.members = new Members(door);
    this.issuers = new Issuers(door);
    this.#door = door;
  }

  describe({ signal }: Cancellable = {}): Promise<OrganizationDescription> {
    return this.#door.json({ method: 'GET', path: '/v1/organization', signal });
  }

  alter({ name, corsOrigins }: { readonly name?: string; readonly corsOrigins?: readonly string[] }) {
    const body = jsonBody({ name, cors_origins: corsOrigins });
    return this.#door.json<OrganizationJson>({ method: 'PATCH', path: '/v1/organization', body });
  }

  createCluster(name: string): Promise<ClusterDescriptionJson> {
    return this.#door.json({ method: 'POST', path: '/v1/clusters', body: jsonBody({ name }) });
  }

  /** Begins to delete a cluster with everything in it, for good; {@link Organization.describe} says what is left. */
  deleteCluster(clusterId: string): Promise<void> {
    return this.#door.empty({ method: 'DELETE', path: `/v1/clusters/${encodeURIComponent(clusterId)}` });
  }

  /** Begins to delete the organization with everything it has, for good. */
  delete(organizationId: string): Promise<void> {
    return this.#door.empty({ method: 'DELETE', path: '/v1/organization', query: { confirm: organizationId } });
  }

  async createKey(options: CreateApiKeyOptions): Promise<IssuedApiKey> {
    const { name, scopes, role, clusterId, expiresInMs } = options;
    const body = jsonBody({ name, scopes, role, cluster_id: clusterId, expires_in_ms: expiresInMs });
    return issuedKeyOf(await this.#door.json<IssuedApiKeyJson>({ method: 'POST', path: '/v1/keys', body }));
  }

  /** All keys in the order of their ids, page after page as they are asked for. */
  async *keys({ signal }: Cancellable = {}): AsyncGenerator<ApiKey, void, undefined> {
    const query = { limit: itemsPerPage };
    const pages = this.#door.pages<ApiKeyListJson>({ method: 'GET', path: '/v1/keys', query, signal });
    for await (const page of pages) yield* page.keys.map(keyOf);
  }

  async describeKey(keyId: string): Promise<ApiKey> {
    return keyOf(await this.#door.json<ApiKeyJson>({ method: 'GET', path: keyPath(keyId) }));
  }

  /** A new secret; the one in use stays good for `overlapMs` (a day), or not at all with 0. */
  async rotateKey(keyId: string, { overlapMs }: { readonly overlapMs?: number } = {}): Promise<IssuedApiKey> {
    const body = jsonBody({ overlap_ms: overlapMs });
    const path = `${keyPath(keyId)}/rotate`;
    return issuedKeyOf(await this.#door.json<IssuedApiKeyJson>({ method: 'POST', path, body }));
  }

  revokeKey(keyId: string): Promise<void> {
    return this.#door.empty({ method: 'DELETE', path: keyPath(keyId) });
  }

  /** A browser token that narrows the key of this client; good for `ttlMs`, fifteen minutes at most. */
  async createToken({ cap, ttlMs, sub }: CreateTokenOptions): Promise<BrowserToken> {
    const body = jsonBody({ cap, ttl_ms: ttlMs, sub });
    const { token, expires_at } = await this.#door.json<TokenJson>({ method: 'POST', path: '/v1/tokens', body });
    return { token, expiresAt: expires_at };
  }

  /** A secret with which programs of your own sign browser tokens that narrow a key. */
  createSigningSecret({ name, keyId }: { readonly name: string; readonly keyId: string }) {
    const body = jsonBody({ name, key_id: keyId });
    return this.#door.json<IssuedSigningSecretJson>({ method: 'POST', path: '/v1/signing-secrets', body });
  }

  async signingSecrets(): Promise<SigningSecretListJson['signing_secrets']> {
    const path = '/v1/signing-secrets';
    return (await this.#door.json<SigningSecretListJson>({ method: 'GET', path })).signing_secrets;
  }

  /** Ends all tokens that were signed with it. */
  revokeSigningSecret(signingSecretId: string): Promise<void> {
    return this.#door.empty({ method: 'DELETE', path: `/v1/signing-secrets/${encodeURIComponent(signingSecretId)}` });
  }

  createAcls(acls: readonly (AclFilter & Pick<Acl, 'principal' | 'operation' | 'resource_type' | 'resource_name'>)[]) {
    return this.#door.empty({ method: 'POST', path: '/v1/acls', body: jsonBody({ acls }) });
  }

  async acls(filter: AclFilter = {}): Promise<readonly Acl[]> {
    return (await this.#door.json<AclListJson>({ method: 'GET', path: '/v1/acls', query: filter })).acls;
  }

  async deleteAcls(filter: AclFilter): Promise<readonly Acl[]> {
    return (await this.#door.json<AclListJson>({ method: 'DELETE', path: '/v1/acls', query: filter })).acls;
  }

  /** Whether an access is allowed, and which rule decides. */
  explain(access: {
    readonly principal?: string;
    readonly operation: string;
    readonly resourceType: string;
    readonly resourceName: string;
    readonly host?: string;
  }): Promise<AclExplainedJson> {
    const { principal, operation, resourceType, resourceName, host } = access;
    const body = jsonBody({
      principal,
      operation,
      resource_type: resourceType,
      resource_name: resourceName,
      host,
    });
    return this.#door.json({ method: 'POST', path: '/v1/acls/explain', body });
  }

  /** How much the organization, its keys and the topics of the cluster may be used. */
  async quotas(): Promise<readonly Quota[]> {
    return (await this.#door.json<QuotaListJson>({ method: 'GET', path: '/v1/quotas' })).quotas;
  }

  /** Replaces all quotas of each entity that is named; answers all there are then. */
  async alterQuotas(quotas: readonly Quota[]): Promise<readonly Quota[]> {
    const body = jsonBody({ quotas });
    return (await this.#door.json<QuotaListJson>({ method: 'PATCH', path: '/v1/quotas', body })).quotas;
  }

  /** What the organization used, and what it cost. */
  usage(query: UsageQuery & Cancellable = {}): Promise<Usage> {
    return readUsage(this.#door, query);
  }

  budget({ signal }: Cancellable = {}): Promise<Budget> {
    return this.#door.json({ method: 'GET', path: '/v1/budget', signal });
  }

  /** When it is used up, records are neither written nor read: BUDGET_EXCEEDED, which the client does not try again. */
  alterBudget(change: BudgetChange): Promise<Budget> {
    return this.#door.json({ method: 'PATCH', path: '/v1/budget', body: jsonBody(change) });
  }

  /** Entries of the audit log, page after page as they are asked for. */
  async *audit({
    signal,
    order = 'newest',
    principal,
    action,
    outcome,
  }: Cancellable & AuditQuery = {}): AsyncGenerator<AuditEntry, void, undefined> {
    const query = { limit: itemsPerPage, order, principal, action, outcome };
    const pages = this.#door.pages<AuditListJson>({ method: 'GET', path: '/v1/audit', query, signal });
    for await (const page of pages) yield* page.entries;
  }

  /**
   * Entries of the audit log in their order, those that come later included, as a topic is followed: it ends with the
   * signal. `after` is the sequence of the last entry that was seen; 0 reads from the first that there is.
   */
  async *followAudit({
    signal,
    after = 0,
    principal,
    action,
    outcome,
  }: Cancellable & AuditFilter & { readonly after?: number } = {}): AsyncGenerator<AuditEntry, void, undefined> {
    let place: { readonly after: number } | { readonly cursor: string } = { after };
    let last = after;
    while (signal?.aborted !== true) {
      const query = {
        limit: itemsPerPage,
        order: 'oldest',
        wait_ms: followWaitMs,
        principal,
        action,
        outcome,
        ...place,
      };
      const page: AuditListJson = await this.#door.json({ method: 'GET', path: '/v1/audit', query, signal });
      for (const entry of page.entries) {
        last = entry.sequence;
        yield entry;
      }
      place = page.next_cursor === null ? { after: last } : { cursor: page.next_cursor };
    }
  }

  /** For the operator: an organization with a first cluster and its owner's key. */
  create(name: string): Promise<OrganizationFoundedJson> {
    return this.#door.json({ method: 'POST', path: '/v1/organizations', body: jsonBody({ name }) });
  }

  /** Founds an organization of one's own, where the platform takes sign-ups; `invitation` is the operator's code. */
  signUp({ name, invitation }: { readonly name: string; readonly invitation?: string }) {
    const body = jsonBody({ name, invitation });
    return this.#door.json<OrganizationFoundedJson>({ method: 'POST', path: '/v1/signup', body });
  }

  /** For the operator: a code with which one organization may be founded. */
  createInvitation({ expiresInMs }: { readonly expiresInMs?: number } = {}): Promise<InvitationJson> {
    const body = jsonBody({ expires_in_ms: expiresInMs });
    return this.#door.json({ method: 'POST', path: '/v1/invitations', body });
  }

  /** For the operator, once: the first organization of a platform. */
  bootstrap(): Promise<OrganizationFoundedJson> {
    return this.#door.json({ method: 'POST', path: '/v1/bootstrap' });
  }

  /** For the operator: what bounds an organization, by the operator's word and by its own. */
  quotasOf(organizationId: string): Promise<OrganizationQuotas> {
    return this.#door.json({ method: 'GET', path: quotasPath(organizationId) });
  }

  /**
   * For the operator: what bounds an organization in the place of what bounds all. Replaces all that was said of it
   * before; null lifts a bound, and what is not named is as for all.
   */
  overrideQuotas(organizationId: string, override: QuotaOverride): Promise<OrganizationQuotas> {
    return this.#door.json({ method: 'PATCH', path: quotasPath(organizationId), body: jsonBody(override) });
  }

  /** For the operator: all organizations in the order of their ids. */
  async *list({
    signal,
  }: Cancellable = {}): AsyncGenerator<OrganizationListJson['organizations'][number], void, undefined> {
    const query = { limit: itemsPerPage };
    const pages = this.#door.pages<OrganizationListJson>({ method: 'GET', path: '/v1/organizations', query, signal });
    for await (const page of pages) yield* page.organizations;
  }
}

function keyPath(keyId: string): string {
  return `/v1/keys/${encodeURIComponent(keyId)}`;
}

function keyOf(json: ApiKeyJson): ApiKey {
  return {
    keyId: json.key_id,
    clusterId: json.cluster_id,
    name: json.name,
    role: json.role,
    scopes: json.scopes,
    status: json.status,
    createdBy: json.created_by,
    createdAt: json.created_at,
    expiresAt: json.expires_at,
    lastUsedAt: json.last_used_at,
    secrets: json.secrets.map(({ last4, expires_at }) => ({ last4, expiresAt: expires_at })),
  };
}

function issuedKeyOf(json: IssuedApiKeyJson): IssuedApiKey {
  return { ...keyOf(json), apiKey: json.api_key };
}

const quotasPath = (organizationId: string): string => `/v1/organizations/${encodeURIComponent(organizationId)}/quotas`;
