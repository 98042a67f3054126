import { failed, ok } from '../../src/errors/result.ts';
import { BrowserSessions } from '../../src/gateway/credentials/browser-sessions.ts';
import { TicketMemory } from '../../src/gateway/credentials/ticket-memory.ts';
import { SignupMemory } from '../../src/gateway/signup-edge.ts';
import { createTenancyEdge, type TenancyEdge } from '../../src/gateway/tenancy-edge.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { AesSealer } from '../../src/platform/cloudflare/aes-sealer.ts';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';
import { scramCredentials } from '../../src/platform/cloudflare/scram-credentials.ts';
import { sha256Hex } from '../../src/platform/cloudflare/sha256.ts';
import { MemoryAlarm } from '../../src/platform/memory/memory-alarm.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import { DirectoryService } from '../../src/tenancy/directory-service.ts';
import { issueId } from '../../src/tenancy/organization-ref.ts';
import { OrganizationService } from '../../src/tenancy/organization-service.ts';
import type { CatalogRpc, ClusterRef } from '../../src/topics/catalog-rpc.ts';

const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));

/** Organizations without a runtime: each a real service over a SQLite of its own, and their directory. */
export class MemoryTenancy {
  readonly signer = new HmacSigner('a secret of the tests');
  readonly directory = new DirectoryService(new NodeSqlStore());
  readonly edge: TenancyEdge;
  readonly #clock: Clock;
  readonly #catalog: (cluster: ClusterRef) => Pick<CatalogRpc, 'found'>;
  readonly #organizations = new Map<string, OrganizationService>();

  constructor(ports: { readonly clock: Clock; readonly catalog: (cluster: ClusterRef) => Pick<CatalogRpc, 'found'> }) {
    this.#clock = ports.clock;
    this.#catalog = ports.catalog;
    this.edge = createTenancyEdge({
      connect: (orgId) => this.#organization(orgId),
      directory: this.directory,
      newId: () => issueId(randomBytes),
      signer: this.signer,
      signerOf: (secret) => new HmacSigner(secret),
      sessions: new BrowserSessions(new AesSealer('a secret of the tests'), ports.clock, new TicketMemory()),
      random: () => 0.5,
      pause: () => Promise.resolve(),
      signupMode: ok('closed'),
      signupMemory: new SignupMemory(),
      clock: ports.clock,
      randomBytes,
    });
  }

  #organization(orgId: string): OrganizationService {
    let organization = this.#organizations.get(orgId);
    if (organization === undefined) {
      organization = new OrganizationService({
        sql: new NodeSqlStore(),
        alarm: new MemoryAlarm(),
        clock: this.#clock,
        signer: this.signer,
        sealer: new AesSealer('a secret of the tests'),
        randomBytes,
        scram: scramCredentials,
        environment: 'local',
        sha256: sha256Hex,
        isOwn: (own) => own === orgId,
        operatorCaps: {},
        operatorRates: {},
        foundCluster: (cluster, caps) => this.#catalog(cluster).found(cluster, caps),
        claimIssuer: (own, issuer) => this.directory.claimIssuer(own, issuer),
        releaseIssuer: (own, issuer, audience) => this.directory.releaseIssuer(own, issuer, audience),
        tellHolder: async () => ({ ok: true, value: false }),
        enterDirectory: (entry) => this.directory.enter(entry),
        leaveDirectory: (own) => this.directory.leave(own),
        endCatalog: async () => noSuchVerb(),
        deleteGroup: async () => noSuchVerb(),
        deleteShareGroup: async () => noSuchVerb(),
        endJobs: async () => noSuchVerb(),
        endTransaction: async () => noSuchVerb(),
        reportError: (error) => {
          throw error;
        },
      });
      this.#organizations.set(orgId, organization);
    }
    return organization;
  }
}

/** Clusters here are not of objects that end. */
const noSuchVerb = () => failed('OVERLOADED', 'nothing is deleted here');
