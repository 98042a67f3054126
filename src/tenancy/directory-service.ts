import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import { createSchema, isInitialized, openSchema } from '../platform/migrations.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { ClusterRef } from '../topics/catalog-rpc.ts';
import type { DirectoryEntry, DirectoryPage, DirectoryRpc } from './directory-rpc.ts';
import { directoryMigrations } from './directory-schema.ts';
import { DirectoryStore } from './directory-store.ts';
import type { Issuer } from './issuer.ts';
import { type SignupIds, SignupRegister, type SignupRequest } from './signup/signup-register.ts';

/** The directory of organizations, over the private database of its object. */
export class DirectoryService implements DirectoryRpc {
  readonly #sql: SqlStore;
  readonly #store: DirectoryStore;
  readonly #signups: SignupRegister;
  /** Set when the stored data is of a newer version: every verb answers this then. */
  readonly #refusal: Failed | null;

  constructor(sql: SqlStore) {
    this.#sql = sql;
    this.#store = new DirectoryStore(sql);
    this.#signups = new SignupRegister(sql);
    const opened = openSchema(sql, directoryMigrations);
    this.#refusal = opened.ok ? null : opened;
  }

  async enter(entry: DirectoryEntry): Promise<Result<null>> {
    if (this.#refusal !== null) return this.#refusal;
    this.#sql.transaction(() => {
      if (!isInitialized(this.#sql)) createSchema(this.#sql, directoryMigrations);
      if ((this.#store.version(entry.orgId) ?? 0) <= entry.version) this.#store.put(entry);
      this.#signups.noteFounded(entry.orgId);
    });
    return ok(null);
  }

  async leave(orgId: string): Promise<Result<null>> {
    if (this.#refusal !== null) return this.#refusal;
    if (isInitialized(this.#sql)) this.#sql.transaction(() => this.#store.delete(orgId));
    return ok(null);
  }

  async list({
    after,
    limit,
  }: DirectoryPage): Promise<Result<{ organizations: DirectoryEntry[]; next: string | null }>> {
    if (this.#refusal !== null) return this.#refusal;
    if (!isInitialized(this.#sql)) return ok({ organizations: [], next: null });
    const found = this.#store.organizations(after ?? '', limit + 1);
    const organizations = found.slice(0, limit);
    return ok({ organizations, next: found.length > limit ? (organizations.at(-1)?.orgId ?? null) : null });
  }

  async listClusters({
    after,
    limit,
  }: DirectoryPage): Promise<Result<{ clusters: ClusterRef[]; next: string | null }>> {
    if (this.#refusal !== null) return this.#refusal;
    if (!isInitialized(this.#sql)) return ok({ clusters: [], next: null });
    const found = this.#store.clusters(after ?? '', limit + 1);
    const clusters = found.slice(0, limit);
    return ok({ clusters, next: found.length > limit ? (clusters.at(-1)?.clusterId ?? null) : null });
  }

  async claimIssuer(orgId: string, issuer: Issuer): Promise<Result<null>> {
    if (this.#refusal !== null) return this.#refusal;
    return this.#sql.transaction(() => {
      if (!isInitialized(this.#sql)) createSchema(this.#sql, directoryMigrations);
      const claimed = this.#store.issuer(issuer.issuer, issuer.audience);
      if (claimed !== null && claimed.orgId !== orgId) {
        return failed(
          'RESOURCE_ALREADY_EXISTS',
          'Another organization has this issuer with this audience; have the issuer make tokens for one of your own.',
          { field: 'audience' },
        );
      }
      this.#store.putIssuer(orgId, issuer);
      return ok(null);
    });
  }

  async releaseIssuer(orgId: string, issuer: string, audience: string): Promise<Result<null>> {
    if (this.#refusal !== null) return this.#refusal;
    if (isInitialized(this.#sql)) this.#sql.transaction(() => this.#store.deleteIssuer(orgId, issuer, audience));
    return ok(null);
  }

  async admitSignup(request: SignupRequest): Promise<Result<SignupIds>> {
    if (this.#refusal !== null) return this.#refusal;
    return this.#sql.transaction(() => {
      if (!isInitialized(this.#sql)) createSchema(this.#sql, directoryMigrations);
      return this.#signups.admit(request);
    });
  }

  async findIssuer(
    issuer: string,
    audiences: readonly string[],
  ): Promise<Result<{ readonly orgId: string; readonly issuer: Issuer } | null>> {
    if (this.#refusal !== null) return this.#refusal;
    if (!isInitialized(this.#sql)) return ok(null);
    for (const audience of audiences) {
      const found = this.#store.issuer(issuer, audience);
      if (found !== null) return ok(found);
    }
    return ok(null);
  }
}
