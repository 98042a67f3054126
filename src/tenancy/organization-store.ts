import { assert } from '../errors/assert.ts';
import { noOverrides, type QuotaOverrides } from '../limits/operator-rates.ts';
import { createSchema } from '../platform/migrations.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { DeletionProgress } from './cluster-deletion.ts';
import type { ClusterDescription, OrganizationState } from './organization-rpc.ts';
import { organizationMigrations } from './organization-schema.ts';
import { parseQuotaSettings, type QuotaSettings, quotaSettingsText } from './quota-settings.ts';

/** An organization's own row. */
export type OrganizationRecord = {
  readonly orgId: string;
  readonly name: string;
  readonly state: OrganizationState;
  /** Grows with every change of who may do what. */
  readonly epoch: number;
  /** The origins whose pages may use its credentials. */
  readonly origins: readonly string[];
  readonly quotas: QuotaSettings;
  /** What the operator says of this organization's quotas in the place of what holds for all. */
  readonly overrides: QuotaOverrides;
  /** Whether nothing is written, because as much is kept as may be. */
  readonly isStorageFull: boolean;
  readonly createdAtMs: number;
};

type OrganizationRow = {
  org_id: string;
  name: string;
  state: string;
  epoch: number;
  cors_origins: string;
  quotas: string;
  operator_quotas: string;
  is_storage_full: number;
  created_at_ms: number;
};
type ClusterRow = {
  cluster_id: string;
  name: string;
  state: string;
  created_at_ms: number;
  remains: string | null;
};

/** The organization and its clusters: SQL only, no decisions. Writes are called inside a transaction of the service. */
export class OrganizationStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /** Creates the tables and the identity of an organization that has none. */
  create(orgId: string, name: string, nowMs: number): void {
    createSchema(this.#sql, organizationMigrations);
    this.#sql.run("INSERT INTO organization VALUES (1, ?, ?, 'ACTIVE', 1, '[]', '{}', ?, '{}', 0)", orgId, name, nowMs);
  }

  load(): OrganizationRecord {
    const [row] = this.#sql.query<OrganizationRow>(
      `SELECT org_id, name, state, epoch, cors_origins, quotas, operator_quotas, is_storage_full, created_at_ms
       FROM organization`,
    );
    assert(row !== undefined, 'an initialized organization has an identity');
    return {
      orgId: row.org_id,
      name: row.name,
      state: row.state as OrganizationState,
      epoch: row.epoch,
      origins: JSON.parse(row.cors_origins) as string[],
      quotas: parseQuotaSettings(row.quotas),
      overrides: { ...noOverrides, ...(JSON.parse(row.operator_quotas) as Partial<QuotaOverrides>) },
      isStorageFull: row.is_storage_full === 1,
      createdAtMs: row.created_at_ms,
    };
  }

  alter(name: string, origins: readonly string[]): void {
    this.#sql.run('UPDATE organization SET name = ?, cors_origins = ?', name, JSON.stringify(origins));
  }

  setQuotas(quotas: QuotaSettings): void {
    this.#sql.run('UPDATE organization SET quotas = ?', quotaSettingsText(quotas));
  }

  setOverrides(overrides: QuotaOverrides): void {
    this.#sql.run('UPDATE organization SET operator_quotas = ?', JSON.stringify(overrides));
  }

  setStorageFull(isFull: boolean): void {
    this.#sql.run('UPDATE organization SET is_storage_full = ?', isFull ? 1 : 0);
  }

  /** Makes everything that was decided for its principals before stale. */
  advanceEpoch(): void {
    this.#sql.run('UPDATE organization SET epoch = epoch + 1');
  }

  insertCluster(clusterId: string, name: string, nowMs: number): void {
    this.#sql.run("INSERT INTO cluster VALUES (?, ?, 'ACTIVE', ?, NULL)", clusterId, name, nowMs);
  }

  markDeleting(): void {
    this.#sql.run("UPDATE organization SET state = 'DELETING'");
  }

  markClusterDeleting(clusterId: string): void {
    this.#sql.run("UPDATE cluster SET state = 'DELETING' WHERE cluster_id = ?", clusterId);
  }

  saveRemains(clusterId: string, remains: DeletionProgress): void {
    this.#sql.run('UPDATE cluster SET remains = ? WHERE cluster_id = ?', JSON.stringify(remains), clusterId);
  }

  deleteCluster(clusterId: string): void {
    this.#sql.run('DELETE FROM cluster WHERE cluster_id = ?', clusterId);
  }

  clusters(): ClusterDescription[] {
    return this.#sql.query<ClusterRow>('SELECT * FROM cluster ORDER BY created_at_ms, cluster_id').map((row) => ({
      clusterId: row.cluster_id,
      name: row.name,
      state: row.state as OrganizationState,
      createdAtMs: row.created_at_ms,
      remains: row.remains === null ? null : (JSON.parse(row.remains) as DeletionProgress),
    }));
  }
}
