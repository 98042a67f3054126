import type { AclBinding } from '../authorization/acl-binding.ts';
import type { SqlStore } from '../platform/sql-store.ts';

type AclRow = {
  principal: string;
  host: string;
  operation: string;
  permission: string;
  resource_type: string;
  resource_name: string;
  pattern_type: string;
};

/** The columns of an ACL, in the order of its key. */
const aclColumns = 'principal, host, operation, permission, resource_type, resource_name, pattern_type';

/** The ACLs of an organization's clusters: SQL only, no decisions. Writes are called inside a transaction. */
export class AclStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /** One that is there already stays as it is. */
  insert(clusterId: string, binding: AclBinding): void {
    this.#sql.run('INSERT OR IGNORE INTO acl VALUES (?, ?, ?, ?, ?, ?, ?, ?)', clusterId, ...valuesOf(binding));
  }

  delete(clusterId: string, binding: AclBinding): void {
    this.#sql.run(
      `DELETE FROM acl WHERE cluster_id = ? AND principal = ? AND host = ? AND operation = ? AND permission = ?
       AND resource_type = ? AND resource_name = ? AND pattern_type = ?`,
      clusterId,
      ...valuesOf(binding),
    );
  }

  /** All of a cluster, in the order of their fields. */
  list(clusterId: string): AclBinding[] {
    return this.#sql
      .query<AclRow>(`SELECT ${aclColumns} FROM acl WHERE cluster_id = ? ORDER BY ${aclColumns}`, clusterId)
      .map(bindingOf);
  }

  /** Those that name one of two principals: the one who asks, and everyone. */
  ofPrincipals(clusterId: string, principal: string, everyone: string): AclBinding[] {
    return this.#sql
      .query<AclRow>(
        `SELECT ${aclColumns} FROM acl WHERE cluster_id = ? AND principal IN (?, ?)`,
        clusterId,
        principal,
        everyone,
      )
      .map(bindingOf);
  }

  count(clusterId: string): number {
    const [row] = this.#sql.query<{ count: number }>(
      'SELECT COUNT(*) AS count FROM acl WHERE cluster_id = ?',
      clusterId,
    );
    return row?.count ?? 0;
  }

  deleteOfCluster(clusterId: string): void {
    this.#sql.run('DELETE FROM acl WHERE cluster_id = ?', clusterId);
  }
}

function valuesOf(binding: AclBinding): [string, string, string, string, string, string, string] {
  const { principal, host, operation, permission, resourceType, resourceName, patternType } = binding;
  return [principal, host, operation, permission, resourceType, resourceName, patternType];
}

function bindingOf(row: AclRow): AclBinding {
  return {
    principal: row.principal,
    host: row.host,
    operation: row.operation,
    permission: row.permission,
    resourceType: row.resource_type,
    resourceName: row.resource_name,
    patternType: row.pattern_type,
  } as AclBinding;
}
