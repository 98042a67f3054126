import type { AclBinding } from '../authorization/acl-binding.ts';
import type { AclFilter } from '../authorization/acl-filter.ts';
import type { Principal } from '../authorization/principal.ts';
import { type PrincipalQuestion, questionsPerCall } from '../authorization/principal-authority.ts';
import type { Role } from '../authorization/roles.ts';
import { assert } from '../errors/assert.ts';
import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import { openSchema } from '../platform/migrations.ts';
import { Acls } from './acls.ts';
import type { ScramCredentials } from './api-key.ts';
import { ApiKeys } from './api-keys.ts';
import { AuditLog, type AuditPage, type ListAuditRequest } from './audit-log.ts';
import { auditEvent } from './audit-sink.ts';
import { faultyCredential, unknownCredential } from './authentication-failure.ts';
import { Clusters } from './clusters.ts';
import { checkOrigins } from './cors-origins.ts';
import { Deletion } from './deletion.ts';
import type { Issuer } from './issuer.ts';
import type { VerifiedIdentity } from './member.ts';
import { Members } from './members.ts';
import { checkName } from './names.ts';
import { type Errand, OrganizationOutbox } from './organization-outbox.ts';
import type { OrganizationPorts } from './organization-ports.ts';
import { OrganizationQuotas } from './organization-quotas.ts';
import type {
  Actor,
  AlterOrganizationRequest,
  ApiKeyDescription,
  ClusterDescription,
  CreateApiKeyRequest,
  FoundRequest,
  IssuedApiKey,
  OrganizationDescription,
  OrganizationRpc,
  PresentedKey,
} from './organization-rpc.ts';
import { organizationMigrations } from './organization-schema.ts';
import { OrganizationStore } from './organization-store.ts';
import { OrganizationUse } from './organization-use.ts';
import type { ScramSignIn } from './scram-sign-in.ts';
import type { SigningSecret, TokenSigner } from './signing-secret.ts';
import { SigningSecrets } from './signing-secrets.ts';
import { type SocketHolder, SocketHolders } from './socket-holders.ts';
import type { SummedAct } from './summed-acts.ts';
import { MeteredOrganization } from './usage/metered-organization.ts';

/** After a failure of the outbox itself (its storage, its alarm) the next run waits this long. */
const drainRetryMs = 60_000;

/** The authority on an organization, over the private database of its object. */
export class OrganizationService extends OrganizationUse implements OrganizationRpc {
  readonly #ports: OrganizationPorts;
  readonly #store: OrganizationStore;
  readonly #clusters: Clusters;
  readonly #acls: Acls;
  readonly #audit: AuditLog;
  readonly #keys: ApiKeys;
  readonly #members: Members;
  readonly #signingSecrets: SigningSecrets;
  readonly #holders: SocketHolders;
  readonly #deletion: Deletion;
  readonly #outbox: OrganizationOutbox;
  protected readonly quotas: OrganizationQuotas;
  protected readonly usage: MeteredOrganization;
  /** Set when the stored data is of a newer version: every verb answers this then. */
  readonly #refusal: Failed | null;
  #orgId: string | null = null;

  constructor(ports: OrganizationPorts) {
    super();
    this.#ports = ports;
    this.#store = new OrganizationStore(ports.sql);
    this.#audit = new AuditLog(ports.sql, ports.sha256);
    const queueClusters = () => {
      for (const target of this.#clusters.open()) this.#outbox.queue({ kind: 'cluster', target });
    };
    this.quotas = new OrganizationQuotas({ ...ports, audit: this.#audit, store: this.#store, queueClusters });
    const keyPorts = { ...ports, audit: this.#audit, caps: () => this.quotas.caps };
    const advanceEpoch = () => this.#store.advanceEpoch();
    const takeRights = () => this.#takeRights();
    this.usage = new MeteredOrganization(keyPorts, {
      advanceEpoch,
      takeRights,
      maxBytes: () => this.quotas.storageMaxBytes,
      isFull: () => this.#store.load().isStorageFull,
      setFull: (isFull) => this.#store.setStorageFull(isFull),
    });
    const standing = () => ({ ...this.#store.load(), quotas: this.quotas.effective, ...this.usage.standing });
    this.#clusters = new Clusters({ ...keyPorts, queue: (errand) => this.#outbox.queue(errand) }, this.#store);
    this.#holders = new SocketHolders(ports);
    this.#acls = new Acls(keyPorts, takeRights);
    this.#keys = new ApiKeys(keyPorts, {
      acls: this.#acls.store,
      standing,
      hasCluster: (clusterId) => this.#clusters.isOpen(clusterId),
      advanceEpoch,
      takeRights,
      hasOwningMember: () => this.#members.hasOwner(),
    });
    this.#members = new Members(
      {
        ...keyPorts,
        claimIssuer: (issuer) => ports.claimIssuer(this.#store.load().orgId, issuer),
        releaseIssuer: (...issuer) => ports.releaseIssuer(this.#store.load().orgId, ...issuer),
      },
      {
        acls: this.#acls.store,
        standing,
        openClusters: () => this.#clusters.open(),
        advanceEpoch,
        takeRights,
        hasOwningKey: () => this.#keys.hasOwner(null),
        queueSettling: (...issuer) => this.#outbox.queue({ kind: 'issuer', target: JSON.stringify(issuer) }),
      },
    );
    this.#signingSecrets = new SigningSecrets(keyPorts, this.#keys, takeRights);
    const queue = (errand: Errand) => this.#outbox.queue(errand);
    this.#deletion = new Deletion({ ...keyPorts, queue, takeRights }, this.#store, this.#acls.store);
    this.#outbox = new OrganizationOutbox({ ...ports, run: (errand) => this.#run(errand) });
    const opened = openSchema(ports.sql, organizationMigrations);
    this.#refusal = opened.ok ? null : opened;
    if (opened.ok && opened.value) this.#orgId = this.#store.load().orgId;
  }

  async found(actor: Actor, { orgId, name, cluster }: FoundRequest) {
    if (this.#refusal !== null) return this.#refusal;
    if (!this.#ports.isOwn(orgId)) return wrongObject();
    const checked = checkName('name', name);
    if (!checked.ok) return checked;
    const prepared = await this.#keys.prepare(orgId);
    if (this.#orgId !== null) {
      return failed('RESOURCE_ALREADY_EXISTS', `Organization "${orgId}" exists already; its owner has its key.`);
    }
    const founded = this.#ports.sql.transaction(() => {
      const nowMs = this.#ports.clock.nowMs();
      this.#store.create(orgId, name, nowMs);
      this.#clusters.add(cluster.clusterId, cluster.name);
      this.#record(actor, 'organizations.create', orgId);
      const request = {
        name: 'owner',
        clusterId: cluster.clusterId,
        role: 'owner',
        scopes: [],
        lifetimeMs: null,
      } as const;
      return this.#keys.add(actor, request, prepared);
    });
    if (!founded.ok) return founded;
    this.#orgId = orgId;
    await this.#outbox.drain();
    return ok({ organization: this.#describe(), ownerKey: founded.value });
  }

  async describe(orgId: string): Promise<Result<OrganizationDescription>> {
    return this.refuse(orgId) ?? ok(this.#describe());
  }

  async alter(orgId: string, actor: Actor, request: AlterOrganizationRequest) {
    const refusal = this.refuse(orgId);
    if (refusal !== null) return refusal;
    const name = checkName('name', request.name ?? this.#store.load().name);
    if (!name.ok) return name;
    const origins = checkOrigins(request.origins ?? this.#store.load().origins);
    if (!origins.ok) return origins;
    this.#ports.sql.transaction(() => {
      this.#store.alter(name.value, origins.value);
      this.#store.advanceEpoch();
      this.#outbox.queue({ kind: 'directory', target: '' });
      this.#record(actor, 'organizations.alter', orgId);
    });
    await this.#outbox.drain();
    return ok(this.#describe());
  }

  async createCluster(orgId: string, actor: Actor, name: string): Promise<Result<ClusterDescription>> {
    const refusal = this.refuse(orgId);
    if (refusal !== null) return refusal;
    const created = this.#clusters.create(actor, name);
    await this.#outbox.drain();
    return created;
  }

  async deleteCluster(orgId: string, actor: Actor, clusterId: string): Promise<Result<null>> {
    return this.told(this.refuse(orgId) ?? this.#deletion.beginCluster(actor, clusterId));
  }

  async deleteOrganization(orgId: string, actor: Actor): Promise<Result<null>> {
    return this.told(this.refuse(orgId) ?? this.#deletion.beginOrganization(actor));
  }

  async createKey(orgId: string, actor: Actor, request: CreateApiKeyRequest): Promise<Result<IssuedApiKey>> {
    return this.refuse(orgId) ?? this.#keys.create(actor, request);
  }

  async describeKey(orgId: string, keyId: string): Promise<Result<ApiKeyDescription>> {
    return this.refuse(orgId) ?? this.#keys.describe(keyId);
  }

  async listKeys(orgId: string, { after, limit }: { readonly after: string | null; readonly limit: number }) {
    return this.refuse(orgId) ?? ok(this.#keys.list(after, limit));
  }

  async rotateKey(orgId: string, actor: Actor, keyId: string, overlapMs: number): Promise<Result<IssuedApiKey>> {
    return this.told(this.refuse(orgId) ?? (await this.#keys.rotate(actor, keyId, overlapMs)));
  }

  async revokeKey(orgId: string, actor: Actor, keyId: string): Promise<Result<null>> {
    return this.told(this.refuse(orgId) ?? this.#keys.revoke(actor, keyId));
  }

  async createAcls(orgId: string, actor: Actor, bindings: readonly AclBinding[]): Promise<Result<null>> {
    return this.told(this.refuse(orgId) ?? this.#acls.create(actor, bindings));
  }

  async listAcls(orgId: string, clusterId: string, filter: AclFilter): Promise<Result<AclBinding[]>> {
    return this.refuse(orgId) ?? ok(this.#acls.list(clusterId, filter));
  }

  async deleteAcls(orgId: string, actor: Actor, filter: AclFilter): Promise<Result<AclBinding[]>> {
    return this.told(this.refuse(orgId) ?? ok(this.#acls.delete(actor, filter)));
  }

  async inviteMember(orgId: string, actor: Actor, request: { readonly email: string; readonly role: Role }) {
    return this.refuse(orgId) ?? this.#members.invite(actor, request);
  }

  async alterMember(orgId: string, actor: Actor, memberId: string, role: Role) {
    return this.told(this.refuse(orgId) ?? this.#members.alter(actor, memberId, role));
  }

  async removeMember(orgId: string, actor: Actor, memberId: string) {
    return this.told(this.refuse(orgId) ?? this.#members.remove(actor, memberId));
  }

  async listMembers(orgId: string) {
    return this.refuse(orgId) ?? ok(this.#members.list());
  }

  async putIssuer(orgId: string, actor: Actor, issuer: Issuer) {
    const put = this.refuse(orgId) ?? (await this.#members.putIssuer(actor, issuer));
    if (this.#orgId !== null) await this.#outbox.drain();
    return put;
  }

  async removeIssuer(orgId: string, actor: Actor, issuer: string, audience: string) {
    const removed = this.refuse(orgId) ?? this.#members.removeIssuer(actor, issuer, audience);
    if (this.#orgId !== null) await this.#outbox.drain();
    return removed;
  }

  async listIssuers(orgId: string) {
    return this.refuse(orgId) ?? ok(this.#members.issuers());
  }

  async resolveMember(orgId: string, identity: VerifiedIdentity, clusterId: string | null) {
    return this.refuse(orgId) ?? this.#members.resolve(identity, clusterId);
  }

  async resolveKey(orgId: string, presented: PresentedKey): Promise<Result<Principal>> {
    if (this.refuse(orgId) !== null) return unknownCredential();
    const principal = this.#keys.resolve(presented);
    return principal === null ? faultyCredential(this.#keys.faultOf(presented.keyId)) : ok(principal);
  }

  async resolveScram(orgId: string, keyId: string, mechanism: keyof ScramCredentials): Promise<Result<ScramSignIn>> {
    if (this.refuse(orgId) !== null) return unknownCredential();
    const signIn = this.#keys.resolveScram(keyId, mechanism);
    return signIn === null ? faultyCredential(this.#keys.faultOf(keyId)) : ok(signIn);
  }

  async createSigningSecret(orgId: string, actor: Actor, request: { readonly name: string; readonly keyId: string }) {
    return this.refuse(orgId) ?? this.#signingSecrets.create(orgId, actor, request);
  }

  async listSigningSecrets(orgId: string): Promise<Result<SigningSecret[]>> {
    return this.refuse(orgId) ?? ok(this.#signingSecrets.list());
  }

  async revokeSigningSecret(orgId: string, actor: Actor, signingSecretId: string): Promise<Result<null>> {
    return this.told(this.refuse(orgId) ?? this.#signingSecrets.revoke(actor, signingSecretId));
  }

  async resolveTokenSigner(orgId: string, kid: string): Promise<Result<TokenSigner>> {
    return this.refuse(orgId) === null ? this.#signingSecrets.resolve(kid) : unknownCredential();
  }

  async principalOf(orgId: string, clusterId: string, principalId: string): Promise<Result<Principal>> {
    const refusal = this.refuse(orgId);
    if (refusal !== null) return refusal;
    const principal = this.#principalOf(clusterId, principalId);
    if (principal !== null) return ok(principal);
    return failed('UNKNOWN_RESOURCE', `Nobody in this cluster is ${JSON.stringify(principalId.slice(0, 100))}.`);
  }

  async authorizationEpoch(orgId: string, usedKeyIds: readonly string[]): Promise<Result<number>> {
    const refusal = this.refuse(orgId);
    if (refusal === null) this.#ports.sql.transaction(() => this.#keys.noteUses(usedKeyIds));
    return refusal ?? ok(this.#epoch());
  }

  async heldEpoch(orgId: string, holder: SocketHolder): Promise<Result<number>> {
    const refusal = this.refuse(orgId);
    if (refusal === null) this.#holders.enter(holder);
    return refusal ?? ok(this.#epoch());
  }

  async leaveHolder(orgId: string, holder: SocketHolder): Promise<Result<null>> {
    const refusal = this.refuse(orgId);
    if (refusal === null) this.#holders.leave(holder);
    return refusal ?? ok(null);
  }

  async principalsOf(orgId: string, asked: readonly PrincipalQuestion[]) {
    const refusal = this.refuse(orgId);
    if (refusal !== null) return refusal;
    assert(asked.length <= questionsPerCall, 'an object asks in parts');
    return ok(
      asked.map(({ clusterId, principalId, signerId, secretNumber }) => {
        const isSigned = signerId === null || this.#signingSecrets.isGood(signerId);
        return isSigned ? this.#principalOf(clusterId, principalId, secretNumber) : null;
      }),
    );
  }

  async recordAttempt(orgId: string, actor: Actor, action: string, resource: string): Promise<Result<null>> {
    const refusal = this.refuse(orgId);
    if (refusal !== null) return refusal;
    this.#ports.sql.transaction(() => this.#record(actor, action, resource, 'attempted'));
    return ok(null);
  }

  async recordSums(orgId: string, acts: readonly SummedAct[]): Promise<Result<null>> {
    const refusal = this.refuse(orgId);
    if (refusal !== null) return refusal;
    this.#ports.sql.transaction(() => this.#audit.recordSums(acts, this.#ports.clock.nowMs()));
    return ok(null);
  }

  async listAudit(orgId: string, request: ListAuditRequest): Promise<Result<AuditPage>> {
    return this.refuse(orgId) ?? ok(this.#audit.list(request));
  }

  /** The object's alarm. Never throws: the platform gives up on an alarm that keeps throwing. */
  async runAlarm(): Promise<void> {
    try {
      if (this.#orgId === null) return;
      await this.#outbox.drain();
      if (this.#outbox.isEmpty && (await this.#deletion.finish())) await this.#forget();
    } catch (error) {
      this.#ports.reportError(error);
      await this.#ports.alarm.armBy(this.#ports.clock.nowMs() + drainRetryMs).catch(this.#ports.reportError);
    }
  }

  /** The last of an organization that is gone. */
  async #forget(): Promise<void> {
    this.#orgId = null;
    await this.#ports.sql.deleteAll();
  }

  /** Arms the alarm again after a start, in case the object was lost between writing an errand and arming it. */
  async resume(): Promise<void> {
    if (this.#orgId === null) return;
    await this.#outbox.arm();
    if (this.#store.load().state === 'DELETING') await this.#ports.alarm.armBy(this.#ports.clock.nowMs());
  }

  /** Whoever asks for it is told when a month has begun, and with it another budget. */
  #epoch(): number {
    this.usage.reviewMonth();
    return this.#store.load().epoch;
  }

  #principalOf(clusterId: string, principalId: string, secretNumber?: number): Principal | null {
    const id = principalId.replace(/^User:/, '');
    const principal =
      secretNumber === undefined
        ? (this.#keys.principalOf(id) ?? this.#members.principalOf(id, clusterId))
        : this.#keys.principalOfSecret(id, secretNumber);
    return principal?.clusterId === clusterId ? principal : null;
  }

  /** Part of a transaction that takes rights from somebody. */
  #takeRights(): void {
    this.#store.advanceEpoch();
    this.#holders.rightsTaken();
    if (!this.#holders.isEmpty) this.#outbox.queue({ kind: 'holders', target: '' });
  }

  protected override async told<T>(done: Result<T>): Promise<Result<T>> {
    if (done.ok) await this.#outbox.arm();
    return done;
  }

  protected override tell(): Promise<void> {
    return this.#outbox.drain();
  }

  /** What is told is what holds when it is told. */
  #run({ kind, target }: Errand): Promise<Result<unknown>> {
    const { orgId, name, state, epoch, createdAtMs } = this.#store.load();
    if (kind === 'cluster') return this.#ports.foundCluster({ orgId, clusterId: target }, this.quotas.clusterCaps);
    if (kind === 'issuer') return this.#members.settleIssuer(target);
    if (kind === 'holders') return this.#holders.tell();
    if (kind === 'end') return this.#deletion.run(target);
    const clusterIds = this.#store.clusters().map(({ clusterId }) => clusterId);
    return this.#ports.enterDirectory({ orgId, name, state, version: epoch, createdAtMs, clusterIds });
  }

  #describe(): OrganizationDescription {
    const { orgId, name, state, createdAtMs, origins } = this.#store.load();
    return { orgId, name, state, createdAtMs, origins, clusters: this.#store.clusters() };
  }

  protected override refuse(orgId: string): Failed | null {
    if (this.#refusal !== null) return this.#refusal;
    return this.#orgId !== null && this.#orgId === orgId ? null : wrongObject();
  }

  #record(actor: Actor, action: string, resource: string, outcome: 'done' | 'attempted' = 'done'): void {
    this.#audit.record(auditEvent(actor, { atMs: this.#ports.clock.nowMs(), action, resource, outcome }));
  }
}

function wrongObject(): Failed {
  return failed('WRONG_OBJECT', 'This object belongs to another organization, or to none.');
}
