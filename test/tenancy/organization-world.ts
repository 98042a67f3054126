import type { Principal } from '../../src/authorization/principal.ts';
import { ok, type Result } from '../../src/errors/result.ts';
import { operatorPrincipal } from '../../src/gateway/credentials/edge-credentials.ts';
import type { Caps } from '../../src/limits/caps.ts';
import type { OperatorRates } from '../../src/limits/operator-rates.ts';
import { AesSealer } from '../../src/platform/cloudflare/aes-sealer.ts';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';
import { scramCredentials } from '../../src/platform/cloudflare/scram-credentials.ts';
import { sha256Hex } from '../../src/platform/cloudflare/sha256.ts';
import { MemoryAlarm } from '../../src/platform/memory/memory-alarm.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import { parseKeyText, passwordDigest } from '../../src/tenancy/api-key-text.ts';
import { type ClusterDeletionPorts, settlingMs } from '../../src/tenancy/cluster-deletion.ts';
import { DirectoryService } from '../../src/tenancy/directory-service.ts';
import type { Actor, CreateApiKeyRequest, IssuedApiKey } from '../../src/tenancy/organization-rpc.ts';
import { OrganizationService } from '../../src/tenancy/organization-service.ts';
import type { ClusterRef } from '../../src/topics/catalog-rpc.ts';

export function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

export function codeOf(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

export const operator: Actor = { principal: operatorPrincipal, host: null };

/** An organization's object over real SQLite, with a directory beside it; clusters are told and remembered. */
export class OrganizationWorld {
  nowMs = 1_790_000_000_000;
  readonly signer = new HmacSigner('a secret of the tests');
  readonly clock = { nowMs: () => this.nowMs };
  readonly sql = new NodeSqlStore();
  readonly alarm = new MemoryAlarm();
  readonly directory = new DirectoryService(new NodeSqlStore());
  readonly founded: ClusterRef[] = [];
  readonly orgId: string;
  /** What the objects of clusters answer while they are being ended. */
  clusterDeletion: ClusterDeletionPorts = {
    endCatalog: async () =>
      ok({ topics: 0, openTopics: 0, groups: [], transactionalIds: [], endingSinceMs: this.nowMs - settlingMs }),
    deleteGroup: async () => ok(null),
    deleteShareGroup: async () => ok(null),
    endJobs: async () => ok(null),
    endTransaction: async () => ok(null),
  };
  /** Objects with sockets, and which of them were told that rights were taken. */
  readonly holding = new Set<string>();
  readonly told: string[] = [];
  /** What happens while one of them is being told. */
  beforeTold: (name: string) => Promise<void> = async () => {};
  /** What the platform's operator allows any organization. */
  operatorCaps: Caps = {};
  operatorRates: OperatorRates = {};
  readonly capsTold: Caps[] = [];
  /** Set to have the directory and the clusters out of reach. */
  areOthersAway = false;
  organization: OrganizationService;

  constructor(orgId = 'acme') {
    this.orgId = orgId;
    this.organization = this.#start();
  }

  /** A new life of the object on the same data. */
  restart(): void {
    this.organization = this.#start();
  }

  async found(): Promise<{ readonly owner: Actor; readonly text: string }> {
    const { orgId } = this;
    const cluster = { clusterId: `${orgId}1`, name: 'main' };
    const founded = expectOk(await this.organization.found(operator, { orgId, name: 'Acme', cluster }));
    const { text } = founded.ownerKey;
    return { owner: { principal: expectOk(await this.resolve(text)), host: '192.0.2.1' }, text };
  }

  createKey(actor: Actor, request: Partial<CreateApiKeyRequest> = {}): Promise<Result<IssuedApiKey>> {
    const { orgId } = this;
    const whole = { name: 'key', clusterId: `${orgId}1`, role: null, scopes: [], lifetimeMs: null, ...request };
    return this.organization.createKey(orgId, actor, whole);
  }

  resolve(text: string): Promise<Result<Principal>> {
    const { keyId, orgId, password } = parseKeyText(text, this.signer)!;
    return this.organization.resolveKey(orgId, { keyId, digest: passwordDigest(keyId, password, this.signer) });
  }

  #start(): OrganizationService {
    return new OrganizationService({
      sql: this.sql,
      alarm: this.alarm,
      clock: this.clock,
      signer: this.signer,
      sealer: new AesSealer('a secret of the tests'),
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      scram: scramCredentials,
      environment: 'live',
      sha256: sha256Hex,
      isOwn: (orgId) => orgId === this.orgId,
      operatorCaps: this.operatorCaps,
      operatorRates: this.operatorRates,
      foundCluster: async (cluster, caps) => {
        if (this.areOthersAway) throw new Error('Network connection lost.');
        this.capsTold.push(caps);
        this.founded.push(cluster);
        return ok(null);
      },
      claimIssuer: async (orgId, issuer) => {
        if (this.areOthersAway) throw new Error('Network connection lost.');
        return this.directory.claimIssuer(orgId, issuer);
      },
      releaseIssuer: async (orgId, issuer, audience) => {
        if (this.areOthersAway) throw new Error('Network connection lost.');
        return this.directory.releaseIssuer(orgId, issuer, audience);
      },
      tellHolder: async ({ name }) => {
        if (this.areOthersAway) throw new Error('Network connection lost.');
        this.told.push(name);
        await this.beforeTold(name);
        return ok(this.holding.has(name));
      },
      enterDirectory: async (entry) => {
        if (this.areOthersAway) throw new Error('Network connection lost.');
        return this.directory.enter(entry);
      },
      leaveDirectory: async (orgId) => {
        if (this.areOthersAway) throw new Error('Network connection lost.');
        return this.directory.leave(orgId);
      },
      ...this.clusterDeletion,
      reportError: (error) => {
        throw error;
      },
    });
  }
}
