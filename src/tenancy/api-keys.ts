import { checkKeyScope, maxKeyScopes } from '../authorization/key-scopes.ts';
import type { Principal } from '../authorization/principal.ts';
import { isSuperRole } from '../authorization/roles.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { type Caps, checkCap } from '../limits/caps.ts';
import type { Clock } from '../platform/clock.ts';
import type { Signer } from '../platform/signer.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { AclStore } from './acl-store.ts';
import {
  type AdmittedSecret,
  type ApiKey,
  admitSecret,
  admitSecretAgain,
  apiKeyStatus,
  checkLifetime,
  decideRotation,
  lastUseGrainMs,
  liveSecrets,
  type ScramCredentials,
  type ScramSalts,
} from './api-key.ts';
import { ApiKeyStore, type NewSecret } from './api-key-store.ts';
import { issueKeyId, issueKeyText, type KeyEnvironment, passwordDigest, passwordOfKeyText } from './api-key-text.ts';
import { type AuditSink, auditEvent } from './audit-sink.ts';
import type { SignInFault } from './authentication-failure.ts';
import type { RandomBytes } from './base62.ts';
import { lastOwner } from './last-owner.ts';
import { checkName } from './names.ts';
import type { Actor, ApiKeyDescription, CreateApiKeyRequest, IssuedApiKey, PresentedKey } from './organization-rpc.ts';
import type { OrganizationRecord } from './organization-store.ts';
import { keyPrincipal, mayGive, principalIdOf, type UseStanding } from './principals.ts';
import { type ScramSignIn, scramChallenge } from './scram-sign-in.ts';

export type ApiKeyPorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly signer: Signer;
  readonly randomBytes: RandomBytes;
  /** What SASL SCRAM needs of a password, with new salts where there are none; takes some milliseconds of hashing. */
  readonly scram: (password: string, salts: ScramSalts | null) => Promise<ScramCredentials>;
  readonly environment: KeyEnvironment;
  /** How many there may be of what is created here. */
  readonly caps: () => readonly Caps[];
  readonly audit: AuditSink;
};

/** What keys need to know of their organization, read when it is needed. */
export type ApiKeySurroundings = {
  readonly acls: AclStore;
  readonly standing: () => Pick<OrganizationRecord, 'orgId' | 'epoch' | 'origins' | 'quotas'> & UseStanding;
  /** A cluster that keys may be made for, and open: there is nothing behind those of one that is being deleted. */
  readonly hasCluster: (clusterId: string) => boolean;
  /** Makes what edges remember stale: part of the transaction that changes a key. */
  readonly advanceEpoch: () => void;
  /** The same where rights are taken: whoever holds sockets looks again. */
  readonly takeRights: () => void;
  /** Whether the organization has an owner among its members. */
  readonly hasOwningMember: () => boolean;
};

/** The API keys of an organization. */
export class ApiKeys {
  readonly #ports: ApiKeyPorts;
  readonly #around: ApiKeySurroundings;
  readonly #store: ApiKeyStore;

  constructor(ports: ApiKeyPorts, around: ApiKeySurroundings) {
    this.#ports = ports;
    this.#around = around;
    this.#store = new ApiKeyStore(ports.sql);
  }

  /** Everything about a new key that takes time, before the transaction that stores it. */
  async prepare(orgId: string): Promise<PreparedKey> {
    const { signer, randomBytes, environment } = this.#ports;
    const keyId = issueKeyId(orgId, signer, randomBytes);
    return { keyId, ...(await this.#prepareSecret(keyId, environment, null)) };
  }

  async create(actor: Actor, request: CreateApiKeyRequest): Promise<Result<IssuedApiKey>> {
    const prepared = await this.prepare(this.#around.standing().orgId);
    return this.#ports.sql.transaction(() => this.add(actor, request, prepared));
  }

  /** As {@link ApiKeys.create}, inside the transaction of a caller that does more. */
  add(actor: Actor, request: CreateApiKeyRequest, prepared: PreparedKey): Result<IssuedApiKey> {
    const refused = this.#refuseCreation(actor, request);
    if (refused !== null) return refused;
    const nowMs = this.#ports.clock.nowMs();
    const key = {
      keyId: prepared.keyId,
      clusterId: request.clusterId,
      name: request.name,
      role: request.role,
      scopes: request.scopes,
      createdBy: actor.principal.id,
      createdAtMs: nowMs,
      expiresAtMs: request.lifetimeMs === null ? null : nowMs + request.lifetimeMs,
      revokedAtMs: null,
      lastUsedAtMs: null,
    };
    this.#store.insert(key, newSecret(prepared, nowMs));
    this.#around.advanceEpoch();
    this.#record(actor, 'keys.create', key.keyId);
    return ok({ key: this.#describe(this.#store.find(key.keyId)!), text: prepared.text });
  }

  describe(keyId: string): Result<ApiKeyDescription> {
    const key = this.#store.find(keyId);
    return key === null ? unknownKey(keyId) : ok(this.#describe(key));
  }

  list(after: string | null, limit: number): { keys: ApiKeyDescription[]; next: string | null } {
    const found = this.#store.list(after ?? '', limit + 1);
    const keys = found.slice(0, limit).map((key) => this.#describe(key));
    return { keys, next: found.length > limit ? (keys.at(-1)?.keyId ?? null) : null };
  }

  async rotate(actor: Actor, keyId: string, overlapMs: number): Promise<Result<IssuedApiKey>> {
    const checked = checkLifetime('overlap_ms', overlapMs, 0);
    if (!checked.ok) return checked;
    const known = this.#store.scram(keyId, this.#ports.clock.nowMs()).at(-1)?.scram;
    const salts = known === undefined ? null : { sha256: known.sha256.salt, sha512: known.sha512.salt };
    const prepared = await this.#prepareSecret(keyId, this.#ports.environment, salts);
    return this.#ports.sql.transaction(() => {
      const key = this.#store.find(keyId);
      if (key === null) return unknownKey(keyId);
      // Whoever holds the new secret has the key's rights.
      const refused = this.#refuseRights(actor, key);
      if (refused !== null) return refused;
      const nowMs = this.#ports.clock.nowMs();
      const plan = decideRotation(key, overlapMs, nowMs);
      if (!plan.ok) return plan;
      this.#store.rotate(keyId, plan.value, newSecret(prepared, nowMs));
      // Sockets that were opened with the secrets that end are closed when these do.
      this.#around.takeRights();
      this.#record(actor, 'keys.rotate', keyId);
      return ok({ key: this.#describe(this.#store.find(keyId)!), text: prepared.text });
    });
  }

  /** Revoking what is revoked is fine. */
  revoke(actor: Actor, keyId: string): Result<null> {
    return this.#ports.sql.transaction(() => {
      const key = this.#store.find(keyId);
      if (key === null) return unknownKey(keyId);
      if (key.revokedAtMs !== null) return ok(null);
      const isOwner = key.role !== null && isSuperRole(key.role);
      if (isOwner && !this.#around.hasOwningMember() && !this.hasOwner(keyId)) {
        return lastOwner('Rotate it with overlap_ms 0: its secret ends at once.');
      }
      this.#store.revoke(keyId, this.#ports.clock.nowMs());
      this.#around.takeRights();
      this.#record(actor, 'keys.revoke', keyId);
      return ok(null);
    });
  }

  /** Who presents this key; null when it opens nothing. */
  resolve({ keyId, digest }: PresentedKey): Principal | null {
    const key = this.#store.find(keyId);
    if (key === null || !this.#around.hasCluster(key.clusterId)) return null;
    return this.#principal(key, admitSecret(key, digest, this.#ports.clock.nowMs()));
  }

  /** Why a key that was presented opens nothing. */
  faultOf(keyId: string): SignInFault {
    const key = this.#store.find(keyId);
    if (key === null || !this.#around.hasCluster(key.clusterId)) return 'unknown';
    const status = apiKeyStatus(key, this.#ports.clock.nowMs());
    return status === 'active' ? 'wrong_secret' : status;
  }

  /** What an edge needs to let a key in by SCRAM; null when the key opens nothing. */
  resolveScram(keyId: string, mechanism: keyof ScramCredentials): ScramSignIn | null {
    const principal = this.principalOf(keyId);
    const challenge = scramChallenge(this.#store.scram(keyId, this.#ports.clock.nowMs()), mechanism);
    return principal === null || challenge === null ? null : { ...challenge, principal };
  }

  /** The principal of a key by its id, whatever was presented. */
  principalOf(keyId: string): Principal | null {
    const key = this.#store.find(keyId);
    if (key === null || apiKeyStatus(key, this.#ports.clock.nowMs()) !== 'active') return null;
    if (!this.#around.hasCluster(key.clusterId)) return null;
    return keyPrincipal(key, key.expiresAtMs, { ...this.#around.standing(), acls: this.#around.acls });
  }

  /** Who presented that secret of a key before; null when it opens nothing any more. */
  principalOfSecret(keyId: string, number: number): Principal | null {
    const key = this.#store.find(keyId);
    if (key === null || !this.#around.hasCluster(key.clusterId)) return null;
    return this.#principal(key, admitSecretAgain(key, number, this.#ports.clock.nowMs()));
  }

  #principal(key: ApiKey, secret: AdmittedSecret | null): Principal | null {
    if (secret === null) return null;
    const principal = keyPrincipal(key, secret.endsAtMs, { ...this.#around.standing(), acls: this.#around.acls });
    return { ...principal, secretNumber: secret.number };
  }

  /** Whether a key besides this one is an owner's, and stays so. */
  hasOwner(besides: string | null): boolean {
    return this.#store.lastingOfRole('owner').some((keyId) => keyId !== besides);
  }

  /** Refuses whoever may not have all the rights of a key, or when there is no such key. */
  refuseTakingOver(actor: Actor, keyId: string): Result<never> | null {
    const key = this.#store.find(keyId);
    return key === null ? unknownKey(keyId) : this.#refuseRights(actor, key);
  }

  /** Notes uses, at most one an hour and key; ids that are no keys of this organization are nobody's. */
  noteUses(keyIds: readonly string[]): void {
    const nowMs = this.#ports.clock.nowMs();
    for (const keyId of keyIds.slice(0, usesPerNote)) this.#store.noteUse(keyId, nowMs, nowMs - lastUseGrainMs);
  }

  #refuseCreation(actor: Actor, request: CreateApiKeyRequest): Result<never> | null {
    const name = checkName('name', request.name);
    if (!name.ok) return name;
    if (!this.#around.hasCluster(request.clusterId)) {
      return failed('UNKNOWN_RESOURCE', `There is no cluster "${request.clusterId}" in this organization.`);
    }
    if ((request.role === null) === (request.scopes.length === 0)) {
      return failed('INVALID_REQUEST', 'A key has either a role or scopes: give one of them.', { field: 'scopes' });
    }
    if (request.scopes.length > maxKeyScopes) {
      return failed('INVALID_REQUEST', `A key has at most ${maxKeyScopes} scopes; use a prefix, a role or ACLs.`);
    }
    const badScope = request.scopes.map(checkKeyScope).find((checked) => !checked.ok);
    if (badScope !== undefined && !badScope.ok) return badScope;
    if (request.lifetimeMs !== null) {
      const lifetime = checkLifetime('expires_in_ms', request.lifetimeMs, 1);
      if (!lifetime.ok) return lifetime;
    }
    // Revoked ones included.
    const capped = checkCap('keys', this.#store.count() + 1, ...this.#ports.caps());
    if (!capped.ok) return capped;
    return this.#refuseRights(actor, request);
  }

  /** Nobody makes a key that may do more than they may themselves. */
  #refuseRights({ principal }: Actor, key: Pick<ApiKey, 'role' | 'scopes'>): Result<never> | null {
    if (mayGive(principal, key)) return null;
    return failed(
      'CLUSTER_AUTHORIZATION_FAILED',
      `${principal.id} may not hand on rights that it does not have itself: the key may do more than its maker.`,
    );
  }

  async #prepareSecret(keyId: string, environment: KeyEnvironment, salts: ScramSalts | null): Promise<PreparedSecret> {
    const text = issueKeyText(keyId, environment, this.#ports.randomBytes);
    const password = passwordOfKeyText(text);
    const digest = passwordDigest(keyId, password, this.#ports.signer);
    return { text, digest, last4: text.slice(-4), scram: await this.#ports.scram(password, salts) };
  }

  #describe(key: ApiKey): ApiKeyDescription {
    const nowMs = this.#ports.clock.nowMs();
    return {
      keyId: key.keyId,
      clusterId: key.clusterId,
      name: key.name,
      role: key.role,
      scopes: key.scopes,
      status: apiKeyStatus(key, nowMs),
      createdBy: key.createdBy,
      createdAtMs: key.createdAtMs,
      expiresAtMs: key.expiresAtMs,
      lastUsedAtMs: key.lastUsedAtMs,
      secrets: liveSecrets(key, nowMs).map(({ last4, createdAtMs, expiresAtMs }) => ({
        last4,
        createdAtMs,
        expiresAtMs,
      })),
    };
  }

  #record(actor: Actor, action: string, keyId: string): void {
    const atMs = this.#ports.clock.nowMs();
    this.#ports.audit.record(auditEvent(actor, { atMs, action, resource: principalIdOf(keyId) }));
  }
}

/** An edge reports the keys it saw in some seconds; more than this in one report wait for the next. */
const usesPerNote = 1_000;

type PreparedSecret = {
  readonly text: string;
  readonly digest: string;
  readonly last4: string;
  readonly scram: ScramCredentials;
};

export type PreparedKey = PreparedSecret & { readonly keyId: string };

function newSecret({ digest, last4, scram }: PreparedSecret, nowMs: number): NewSecret {
  return { digest, last4, scram, createdAtMs: nowMs, expiresAtMs: null };
}

function unknownKey(keyId: string): Result<never> {
  return failed('UNKNOWN_RESOURCE', `There is no API key ${JSON.stringify(keyId.slice(0, 100))} in this organization.`);
}
