import type { SqlStore } from '../platform/sql-store.ts';
import type { ClusterRef } from '../topics/catalog-rpc.ts';
import type { DirectoryEntry } from './directory-rpc.ts';
import type { Issuer } from './issuer.ts';
import type { OrganizationState } from './organization-rpc.ts';

type EntryRow = { org_id: string; name: string; state: string; version: number; created_at_ms: number };

/** The directory's rows: SQL only, no decisions. Writes are called inside a transaction of the service. */
export class DirectoryStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  version(orgId: string): number | null {
    const [row] = this.#sql.query<{ version: number }>(
      'SELECT version FROM listed_organization WHERE org_id = ?',
      orgId,
    );
    return row?.version ?? null;
  }

  put({ orgId, name, state, version, createdAtMs, clusterIds }: DirectoryEntry): void {
    this.#sql.run(
      `INSERT INTO listed_organization VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (org_id) DO UPDATE
       SET name = excluded.name, state = excluded.state, version = excluded.version`,
      orgId,
      name,
      state,
      version,
      createdAtMs,
    );
    this.#sql.run('DELETE FROM listed_cluster WHERE org_id = ?', orgId);
    for (const clusterId of clusterIds) {
      this.#sql.run('INSERT OR IGNORE INTO listed_cluster VALUES (?, ?)', clusterId, orgId);
    }
  }

  delete(orgId: string): void {
    this.#sql.run('DELETE FROM listed_organization WHERE org_id = ?', orgId);
    this.#sql.run('DELETE FROM listed_cluster WHERE org_id = ?', orgId);
    this.#sql.run('DELETE FROM claimed_issuer WHERE org_id = ?', orgId);
  }

  organizations(after: string, limit: number): DirectoryEntry[] {
    return this.#sql
      .query<EntryRow>('SELECT * FROM listed_organization WHERE org_id > ? ORDER BY org_id LIMIT ?', after, limit)
      .map((row) => ({
        orgId: row.org_id,
        name: row.name,
        state: row.state as OrganizationState,
        version: row.version,
        createdAtMs: row.created_at_ms,
        clusterIds: this.#clusterIds(row.org_id),
      }));
  }

  clusters(after: string, limit: number): ClusterRef[] {
    return this.#sql
      .query<{ cluster_id: string; org_id: string }>(
        'SELECT cluster_id, org_id FROM listed_cluster WHERE cluster_id > ? ORDER BY cluster_id LIMIT ?',
        after,
        limit,
      )
      .map((row) => ({ orgId: row.org_id, clusterId: row.cluster_id }));
  }

  issuer(issuer: string, audience: string): { readonly orgId: string; readonly issuer: Issuer } | null {
    const [row] = this.#sql.query<{ org_id: string; settings: string }>(
      'SELECT org_id, settings FROM claimed_issuer WHERE issuer = ? AND audience = ?',
      issuer,
      audience,
    );
    return row === undefined ? null : { orgId: row.org_id, issuer: JSON.parse(row.settings) as Issuer };
  }

  putIssuer(orgId: string, issuer: Issuer): void {
    this.#sql.run(
      `INSERT INTO claimed_issuer VALUES (?, ?, ?, ?)
       ON CONFLICT (issuer, audience) DO UPDATE SET org_id = excluded.org_id, settings = excluded.settings`,
      issuer.issuer,
      issuer.audience,
      orgId,
      JSON.stringify(issuer),
    );
  }

  deleteIssuer(orgId: string, issuer: string, audience: string): void {
    this.#sql.run(
      'DELETE FROM claimed_issuer WHERE org_id = ? AND issuer = ? AND audience = ?',
      orgId,
      issuer,
      audience,
    );
  }

  #clusterIds(orgId: string): string[] {
    return this.#sql
      .query<{ cluster_id: string }>(
        'SELECT cluster_id FROM listed_cluster WHERE org_id = ? ORDER BY cluster_id',
        orgId,
      )
      .map((row) => row.cluster_id);
  }
}
