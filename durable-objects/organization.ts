import type { AclBinding } from '../src/authorization/acl-binding.ts';
import type { AclFilter } from '../src/authorization/acl-filter.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import { durableOrganizationPorts } from '../src/platform/cloudflare/organization-ports.ts';
import type { ListAuditRequest } from '../src/tenancy/audit-log.ts';
import type {
  Actor,
  AlterOrganizationRequest,
  CreateApiKeyRequest,
  FoundRequest,
  OrganizationRpc,
} from '../src/tenancy/organization-rpc.ts';
import { OrganizationService } from '../src/tenancy/organization-service.ts';
import type { SummedAct } from '../src/tenancy/summed-acts.ts';
import { OrganizationUsage } from './organization-usage.ts';

/** An organization. Owns nothing but wiring; what it decides is in {@link OrganizationService}. */
export class Organization extends OrganizationUsage implements OrganizationRpc {
  protected readonly people: OrganizationService;
  protected readonly usage: OrganizationService;
  readonly #service: OrganizationService;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#service = new OrganizationService(durableOrganizationPorts(ctx, env));
    this.people = this.#service;
    this.usage = this.#service;
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

  deleteCluster(orgId: string, actor: Actor, clusterId: string) {
    return this.#service.deleteCluster(orgId, actor, clusterId);
  }

  deleteOrganization(orgId: string, actor: Actor) {
    return this.#service.deleteOrganization(orgId, actor);
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

  createSigningSecret(orgId: string, actor: Actor, request: { readonly name: string; readonly keyId: string }) {
    return this.#service.createSigningSecret(orgId, actor, request);
  }

  listSigningSecrets(orgId: string) {
    return this.#service.listSigningSecrets(orgId);
  }

  revokeSigningSecret(orgId: string, actor: Actor, signingSecretId: string) {
    return this.#service.revokeSigningSecret(orgId, actor, signingSecretId);
  }

  recordAttempt(orgId: string, actor: Actor, action: string, resource: string) {
    return this.#service.recordAttempt(orgId, actor, action, resource);
  }

  recordSums(orgId: string, acts: readonly SummedAct[]) {
    return this.#service.recordSums(orgId, acts);
  }

  listAudit(orgId: string, request: ListAuditRequest) {
    return this.#service.listAudit(orgId, request);
  }

  override alarm(): Promise<void> {
    return this.#service.runAlarm();
  }
}
