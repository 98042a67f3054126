import type { KeyScope } from '../authorization/key-scopes.ts';
import type { Role } from '../authorization/roles.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { ApiKey, ApiKeySecret, RotationPlan, ScramCredentials } from './api-key.ts';
import type { StoredScram } from './scram-sign-in.ts';

type KeyRow = {
  key_id: string;
  cluster_id: string;
  name: string;
  role: string | null;
  scopes: string;
  created_by: string;
  created_at_ms: number;
  expires_at_ms: number | null;
  revoked_at_ms: number | null;
  last_used_at_ms: number | null;
};

type SecretRow = { number: number; digest: string; last4: string; created_at_ms: number; expires_at_ms: number | null };

/** A secret as it is stored: what proves it, over HTTP and over SASL. */
export type NewSecret = Omit<ApiKeySecret, 'number'> & { readonly scram: ScramCredentials };

/** The rows of API keys: SQL only, no decisions. Writes are called inside a transaction of the service. */
export class ApiKeyStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  insert(key: Omit<ApiKey, 'secrets'>, secret: NewSecret): void {
    this.#sql.run(
      'INSERT INTO api_key VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      key.keyId,
      key.clusterId,
      key.name,
      key.role,
      JSON.stringify(key.scopes),
      key.createdBy,
      key.createdAtMs,
      key.expiresAtMs,
      key.revokedAtMs,
      key.lastUsedAtMs,
    );
    this.#insertSecret(key.keyId, 1, secret);
  }

  find(keyId: string): ApiKey | null {
    const [row] = this.#sql.query<KeyRow>('SELECT * FROM api_key WHERE key_id = ?', keyId);
    return row === undefined ? null : this.#keyOf(row);
  }

  /** In the order of their ids, from after `after` on. */
  list(after: string, limit: number): ApiKey[] {
    return this.#sql
      .query<KeyRow>('SELECT * FROM api_key WHERE key_id > ? ORDER BY key_id LIMIT ?', after, limit)
      .map((row) => this.#keyOf(row));
  }

  count(): number {
    return this.#sql.query<{ count: number }>('SELECT COUNT(*) AS count FROM api_key')[0]?.count ?? 0;
  }

  /** Ids of keys of a role that are good until somebody revokes them. */
  lastingOfRole(role: Role): string[] {
    return this.#sql
      .query<{ key_id: string }>(
        'SELECT key_id FROM api_key WHERE role = ? AND revoked_at_ms IS NULL AND expires_at_ms IS NULL ORDER BY key_id',
        role,
      )
      .map((row) => row.key_id);
  }

  rotate(keyId: string, plan: RotationPlan, secret: NewSecret): void {
    for (const number of plan.dropped) {
      this.#sql.run('DELETE FROM api_key_secret WHERE key_id = ? AND number = ?', keyId, number);
    }
    for (const [number, expiresAtMs] of plan.endings) {
      this.#sql.run(
        'UPDATE api_key_secret SET expires_at_ms = ? WHERE key_id = ? AND number = ?',
        expiresAtMs,
        keyId,
        number,
      );
    }
    this.#insertSecret(keyId, plan.number, secret);
  }

  /** The row stays, so that what the key did can still be told; what proves its secrets goes. */
  revoke(keyId: string, nowMs: number): void {
    this.#sql.run('UPDATE api_key SET revoked_at_ms = ? WHERE key_id = ? AND revoked_at_ms IS NULL', nowMs, keyId);
    this.#sql.run('DELETE FROM api_key_secret WHERE key_id = ?', keyId);
  }

  /** Notes a use, unless one was noted since `sinceMs`. */
  noteUse(keyId: string, nowMs: number, sinceMs: number): void {
    this.#sql.run(
      'UPDATE api_key SET last_used_at_ms = ? WHERE key_id = ? AND (last_used_at_ms IS NULL OR last_used_at_ms < ?)',
      nowMs,
      keyId,
      sinceMs,
    );
  }

  /** Of a cluster that is gone; what is signed with their signing secrets ends with them. */
  deleteOfCluster(clusterId: string): void {
    this.#sql.run(
      'DELETE FROM signing_secret WHERE key_id IN (SELECT key_id FROM api_key WHERE cluster_id = ?)',
      clusterId,
    );
    this.#sql.run(
      'DELETE FROM api_key_secret WHERE key_id IN (SELECT key_id FROM api_key WHERE cluster_id = ?)',
      clusterId,
    );
    this.#sql.run('DELETE FROM api_key WHERE cluster_id = ?', clusterId);
  }

  /** What SCRAM keeps of the secrets that live, the oldest first. */
  scram(keyId: string, nowMs: number): StoredScram[] {
    return this.#sql
      .query<{ number: number; scram: string; expires_at_ms: number | null }>(
        `SELECT number, scram, expires_at_ms FROM api_key_secret
         WHERE key_id = ? AND (expires_at_ms IS NULL OR expires_at_ms > ?) ORDER BY number`,
        keyId,
        nowMs,
      )
      .map((row) => ({
        number: row.number,
        scram: JSON.parse(row.scram) as ScramCredentials,
        expiresAtMs: row.expires_at_ms,
      }));
  }

  #insertSecret(keyId: string, number: number, secret: NewSecret): void {
    this.#sql.run(
      'INSERT INTO api_key_secret VALUES (?, ?, ?, ?, ?, ?, ?)',
      keyId,
      number,
      secret.digest,
      secret.last4,
      JSON.stringify(secret.scram),
      secret.createdAtMs,
      secret.expiresAtMs,
    );
  }

  #keyOf(row: KeyRow): ApiKey {
    const secrets = this.#sql.query<SecretRow>(
      'SELECT number, digest, last4, created_at_ms, expires_at_ms FROM api_key_secret WHERE key_id = ? ORDER BY number',
      row.key_id,
    );
    return {
      keyId: row.key_id,
      clusterId: row.cluster_id,
      name: row.name,
      role: row.role as Role | null,
      scopes: JSON.parse(row.scopes) as KeyScope[],
      createdBy: row.created_by,
      createdAtMs: row.created_at_ms,
      expiresAtMs: row.expires_at_ms,
      revokedAtMs: row.revoked_at_ms,
      lastUsedAtMs: row.last_used_at_ms,
      secrets: secrets.map((secret) => ({
        number: secret.number,
        digest: secret.digest,
        last4: secret.last4,
        createdAtMs: secret.created_at_ms,
        expiresAtMs: secret.expires_at_ms,
      })),
    };
  }
}
