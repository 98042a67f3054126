import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { Clock } from '../platform/clock.ts';
import type { Sealer } from '../platform/sealer.ts';
import type { Signer } from '../platform/signer.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { isKeyId, issueSigningSecretId } from './api-key-text.ts';
import type { ApiKeys } from './api-keys.ts';
import { type AuditSink, auditEvent } from './audit-sink.ts';
import { faultyCredential } from './authentication-failure.ts';
import { type RandomBytes, randomBase62 } from './base62.ts';
import { checkName } from './names.ts';
import type { Actor } from './organization-rpc.ts';
import { type SigningSecret, signingSecretContext, type TokenSigner } from './signing-secret.ts';

/** 256 bits, as much as HS256 has use for. */
const secretLetters = 43;

type SecretRow = {
  signing_secret_id: string;
  key_id: string;
  name: string;
  sealed: string;
  created_by: string;
  created_at_ms: number;
  revoked_at_ms: number | null;
};

export type SigningSecretPorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly signer: Signer;
  readonly sealer: Sealer;
  readonly randomBytes: RandomBytes;
  readonly audit: AuditSink;
};

/** The signing secrets of an organization: what its own programs make browser tokens with. */
export class SigningSecrets {
  readonly #ports: SigningSecretPorts;
  readonly #keys: ApiKeys;
  readonly #takeRights: () => void;

  constructor(ports: SigningSecretPorts, keys: ApiKeys, takeRights: () => void) {
    this.#ports = ports;
    this.#keys = keys;
    this.#takeRights = takeRights;
  }

  /** Whoever holds the secret can make tokens with all rights of the key, so the maker must have them. */
  async create(
    orgId: string,
    actor: Actor,
    { name, keyId }: { readonly name: string; readonly keyId: string },
  ): Promise<Result<{ signingSecret: SigningSecret; secret: string }>> {
    const { sql, clock, signer, sealer, randomBytes } = this.#ports;
    const signingSecretId = issueSigningSecretId(orgId, signer, randomBytes);
    const secret = randomBase62(secretLetters, randomBytes);
    const sealed = await sealer.seal(secret, signingSecretContext(orgId, signingSecretId));
    return sql.transaction(() => {
      const refused = this.#refuse(actor, name, keyId);
      if (refused !== null) return refused;
      const { id: createdBy } = actor.principal;
      const signingSecret = { signingSecretId, keyId, name, createdBy, createdAtMs: clock.nowMs(), revokedAtMs: null };
      sql.run(
        'INSERT INTO signing_secret VALUES (?, ?, ?, ?, ?, ?, NULL)',
        signingSecretId,
        keyId,
        name,
        sealed,
        createdBy,
        signingSecret.createdAtMs,
      );
      this.#record(actor, 'signing_secrets.create', signingSecretId);
      return ok({ signingSecret, secret });
    });
  }

  list(): SigningSecret[] {
    return this.#ports.sql.query<SecretRow>('SELECT * FROM signing_secret ORDER BY signing_secret_id').map(toSecret);
  }

  /** All tokens that were signed with it end; revoking what is revoked is fine. */
  revoke(actor: Actor, signingSecretId: string): Result<null> {
    const { sql, clock } = this.#ports;
    return sql.transaction(() => {
      const row = this.#find(signingSecretId);
      if (row === null) return unknownSecret(signingSecretId);
      if (row.revoked_at_ms !== null) return ok(null);
      sql.run(
        "UPDATE signing_secret SET revoked_at_ms = ?, sealed = '' WHERE signing_secret_id = ?",
        clock.nowMs(),
        signingSecretId,
      );
      this.#takeRights();
      this.#record(actor, 'signing_secrets.revoke', signingSecretId);
      return ok(null);
    });
  }

  /** Whether tokens of this `kid` may still be good. */
  isGood(kid: string): boolean {
    return isKeyId(kid) || this.#find(kid)?.revoked_at_ms === null;
  }

  /** What an edge needs to check tokens with this `kid`; SASL_AUTHENTICATION_FAILED when they open nothing. */
  resolve(kid: string): Result<TokenSigner> {
    const row = isKeyId(kid) ? null : this.#find(kid);
    if (!isKeyId(kid) && (row === null || row.revoked_at_ms !== null)) {
      return faultyCredential(row === null ? 'unknown' : 'revoked');
    }
    const principal = this.#keys.principalOf(row?.key_id ?? kid);
    return principal === null
      ? faultyCredential(this.#keys.faultOf(row?.key_id ?? kid))
      : ok({ principal, sealedSecret: row?.sealed ?? null });
  }

  #refuse(actor: Actor, name: string, keyId: string): Result<never> | null {
    const checked = checkName('name', name);
    if (!checked.ok) return checked;
    const rights = this.#keys.refuseTakingOver(actor, keyId);
    if (rights !== null) return rights;
    const max = limits.signingSecretsPerOrganization.value;
    const [row] = this.#ports.sql.query<{ count: number }>('SELECT COUNT(*) AS count FROM signing_secret');
    if ((row?.count ?? 0) < max) return null;
    return failed('LIMIT_REACHED', `The organization has ${max} signing secrets, revoked ones included.`, { max });
  }

  #find(signingSecretId: string): SecretRow | null {
    const { sql } = this.#ports;
    const [row] = sql.query<SecretRow>('SELECT * FROM signing_secret WHERE signing_secret_id = ?', signingSecretId);
    return row ?? null;
  }

  #record(actor: Actor, action: string, resource: string): void {
    this.#ports.audit.record(auditEvent(actor, { atMs: this.#ports.clock.nowMs(), action, resource }));
  }
}

function toSecret(row: SecretRow): SigningSecret {
  return {
    signingSecretId: row.signing_secret_id,
    keyId: row.key_id,
    name: row.name,
    createdBy: row.created_by,
    createdAtMs: row.created_at_ms,
    revokedAtMs: row.revoked_at_ms,
  };
}

function unknownSecret(id: string): Result<never> {
  return failed('UNKNOWN_RESOURCE', `There is no signing secret ${JSON.stringify(id.slice(0, 100))}.`);
}
