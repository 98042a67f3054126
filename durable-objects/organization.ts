import { DurableObject } from 'cloudflare:workers';
import type { AclBinding } from '../src/authorization/acl-binding.ts';
import { systemClock } from '../src/platform/clock.ts';
import { AesSealer } from '../src/platform/cloudflare/aes-sealer.ts';
import { DurableAlarm } from '../src/platform/cloudflare/durable-alarm.ts';
import { DurableSqlStore } from '../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import { HmacSigner } from '../src/platform/cloudflare/hmac-signer.ts';
import { catalogStub, directoryStub } from '../src/platform/cloudflare/object-directory.ts';
import { scramCredentials } from '../src/platform/cloudflare/scram-credentials.ts';
import { sha256Hex } from '../src/platform/cloudflare/sha256.ts';
import type { ListAuditRequest, Refusal } from '../src/tenancy/audit-log.ts';
import { organizationObjectName } from '../src/tenancy/organization-ref.ts';
import type {
  AclFilter,
  Actor,
  AlterOrganizationRequest,
  CreateApiKeyRequest,
  FoundRequest,
  OrganizationRpc,
  PresentedKey,
} from '../src/tenancy/organization-rpc.ts';
import { OrganizationService } from '../src/tenancy/organization-service.ts';

/** An organization. Owns nothing but wiring; what it decides is in {@link OrganizationService}. */
export class Organization extends DurableObject<Env> implements OrganizationRpc {
  readonly #service: OrganizationService;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#service = new OrganizationService({
      sql: new DurableSqlStore(ctx.storage),
      alarm: new DurableAlarm(ctx.storage, systemClock),
      clock: systemClock,
      signer: new HmacSigner(env.MILLRACE_SECRET),
      sealer: new AesSealer(env.MILLRACE_SECRET),
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      scram: scramCredentials,
      environment: env.MILLRACE_KEY_ENVIRONMENT === 'local' ? 'local' : 'live',
      sha256: sha256Hex,
      isOwn: (orgId) => ctx.id.name === organizationObjectName(orgId),
      foundCluster: (cluster) => catalogStub(env, cluster).found(cluster),
      enterDirectory: (entry) => directoryStub(env).enter(entry),
      reportError: (error) =>
        console.error(JSON.stringify({ level: 'error', object: 'organization', message: String(error) })),
    });
    // The alarm's storage is asynchronous; nothing is admitted before it is armed for what an earlier life left over.
    void ctx.blockConcurrencyWhile(() => this.#service.resume());
  }

  found(actor: Actor, request: FoundRequest) {
    return this.#service.found(actor, request);
  }

  describe(orgId: string) {
    return this.#service.describe(orgId);
  }

  alter(orgId: string, actor: Actor, request: AlterOrganizationRequest) {
    return this.#service.alter(orgId, actor, request);
  }

  createCluster(orgId: string, actor: Actor, name: string) {
    return this.#service.createCluster(orgId, actor, name);
  }

  createKey(orgId: string, actor: Actor, request: CreateApiKeyRequest) {
    return this.#service.createKey(orgId, actor, request);
  }

  describeKey(orgId: string, keyId: string) {
    return this.#service.describeKey(orgId, keyId);
  }

  listKeys(orgId: string, request: { readonly after: string | null; readonly limit: number }) {
    return this.#service.listKeys(orgId, request);
  }

  rotateKey(orgId: string, actor: Actor, keyId: string, overlapMs: number) {
    return this.#service.rotateKey(orgId, actor, keyId, overlapMs);
  }

  revokeKey(orgId: string, actor: Actor, keyId: string) {
    return this.#service.revokeKey(orgId, actor, keyId);
  }

  createAcls(orgId: string, actor: Actor, bindings: readonly AclBinding[]) {
    return this.#service.createAcls(orgId, actor, bindings);
  }

  listAcls(orgId: string, clusterId: string, filter: AclFilter) {
    return this.#service.listAcls(orgId, clusterId, filter);
  }

  deleteAcls(orgId: string, actor: Actor, filter: AclFilter) {
    return this.#service.deleteAcls(orgId, actor, filter);
  }

  resolveKey(orgId: string, presented: PresentedKey) {
    return this.#service.resolveKey(orgId, presented);
  }

  createSigningSecret(orgId: string, actor: Actor, request: { readonly name: string; readonly keyId: string }) {
    return this.#service.createSigningSecret(orgId, actor, request);
  }

  listSigningSecrets(orgId: string) {
    return this.#service.listSigningSecrets(orgId);
  }

  revokeSigningSecret(orgId: string, actor: Actor, signingSecretId: string) {
    return this.#service.revokeSigningSecret(orgId, actor, signingSecretId);
  }

  resolveTokenSigner(orgId: string, kid: string) {
    return this.#service.resolveTokenSigner(orgId, kid);
  }

  principalOf(orgId: string, clusterId: string, principalId: string) {
    return this.#service.principalOf(orgId, clusterId, principalId);
  }

  authorizationEpoch(orgId: string, usedKeyIds: readonly string[]) {
    return this.#service.authorizationEpoch(orgId, usedKeyIds);
  }

  recordAttempt(orgId: string, actor: Actor, action: string, resource: string) {
    return this.#service.recordAttempt(orgId, actor, action, resource);
  }

  recordRefusals(orgId: string, refusals: readonly Refusal[]) {
    return this.#service.recordRefusals(orgId, refusals);
  }

  listAudit(orgId: string, request: ListAuditRequest) {
    return this.#service.listAudit(orgId, request);
  }

  override alarm(): Promise<void> {
    return this.#service.runAlarm();
  }
}
