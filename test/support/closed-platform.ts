import { createApp } from '../../src/api/app.ts';
import type { Platform } from '../../src/api/platform.ts';
import { parseKeyScope } from '../../src/authorization/key-scopes.ts';
import type { Principal } from '../../src/authorization/principal.ts';
import type { Role } from '../../src/authorization/roles.ts';
import type { TokenCapability } from '../../src/authorization/token-capabilities.ts';
import { assert } from '../../src/errors/assert.ts';
import { ok } from '../../src/errors/result.ts';
import { ActSums, type Doer } from '../../src/gateway/act-sums.ts';
import { attemptRecorder } from '../../src/gateway/attempt-recorder.ts';
import { BrowserSessions } from '../../src/gateway/credentials/browser-sessions.ts';
import { edgeAuthority } from '../../src/gateway/credentials/edge-authority.ts';
import { EdgeCredentials } from '../../src/gateway/credentials/edge-credentials.ts';
import { PrincipalMemory } from '../../src/gateway/credentials/principal-memory.ts';
import { SessionCredentials } from '../../src/gateway/credentials/session-credentials.ts';
import { TicketMemory } from '../../src/gateway/credentials/ticket-memory.ts';
import { QuotaBuckets, quotaGate } from '../../src/gateway/quota-buckets.ts';
import { SignupMemory } from '../../src/gateway/signup-edge.ts';
import { createTenancyEdge } from '../../src/gateway/tenancy-edge.ts';
import { EdgeUsage, usageMeter } from '../../src/gateway/usage/edge-usage.ts';
import type { KafkaPlatform } from '../../src/kafka/serve-connection.ts';
import { AesSealer } from '../../src/platform/cloudflare/aes-sealer.ts';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';
import { unknownCredential } from '../../src/tenancy/authentication-failure.ts';
import type { Actor } from '../../src/tenancy/organization-rpc.ts';
import type { SocketHolder } from '../../src/tenancy/socket-holders.ts';
import type { SummedKind } from '../../src/tenancy/summed-acts.ts';
import { expectOk, OrganizationWorld } from '../tenancy/organization-world.ts';
import { memoryKafkaServices, testScram } from './memory-kafka.ts';
import { MemoryPlatform } from './memory-platform.ts';

export const closedOrigin = 'https://millrace.example';

/** One organization with its one cluster. */
export type Tenant = {
  readonly world: OrganizationWorld;
  readonly cluster: MemoryPlatform;
  readonly owner: Actor;
  /** The owner's API key. */
  readonly ownerKey: string;
};

export type ClosedInit = {
  readonly method?: string;
  readonly credential?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/**
 * The platform in closed mode without a runtime: the API's own admission, credentials, organizations and clusters, each
 * object over a SQLite of its own. `objectCalls` counts what reached an object.
 */
export class ClosedPlatform {
  readonly #app = createApp();
  readonly #tenants = new Map<string, Tenant>();
  readonly #platform: Platform;
  /** The platform as Kafka connections come to it. */
  readonly kafka: Omit<KafkaPlatform, 'reportError'>;
  /** The same for a connection in an object of its own. */
  readonly kafkaIn: (holder: SocketHolder) => Omit<KafkaPlatform, 'reportError'>;
  readonly #sums = new ActSums();
  /** Ends the waits of edges that have counted something. */
  readonly #telling: Promise<unknown>[] = [];
  readonly #untold: (() => void)[] = [];
  readonly #sessions = new BrowserSessions(
    new AesSealer('a secret of the tests'),
    { nowMs: () => this.nowMs },
    new TicketMemory(),
  );
  readonly #tenancy = createTenancyEdge({
    connect: (orgId) => this.#tenants.get(orgId)?.world.organization ?? new OrganizationWorld(orgId).organization,
    directory: new OrganizationWorld('none').directory,
    newId: () => crypto.randomUUID().slice(-12),
    signer: new OrganizationWorld('none').signer,
    signerOf: (secret) => new HmacSigner(secret),
    sessions: this.#sessions,
    random: () => 0.5,
    pause: () => Promise.resolve(),
    signupMode: ok('closed'),
    signupMemory: new SignupMemory(),
    clock: { nowMs: () => this.nowMs },
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  });
  nowMs = 1_790_000_000_000;
  /** Calls of organizations' objects. */
  organizationCalls = 0;
  /** Calls for a lease of quotas. */
  leaseCalls = 0;
  /** Services that were made, which is where every call of other objects begins. */
  admissions = 0;

  constructor() {
    const signer = new OrganizationWorld('none').signer;
    const clock = { nowMs: () => this.nowMs };
    const memory = new PrincipalMemory();
    const organization = (orgId: string) => {
      this.organizationCalls += 1;
      const tenant = this.#tenants.get(orgId);
      if (tenant === undefined) throw new Error(`an object was made for organization ${orgId}`);
      tenant.world.nowMs = this.nowMs;
      return tenant.world.organization;
    };
    const note = (kind: SummedKind) => (doer: Doer, action: string, resource: string) => {
      const due = this.#sums.note(doer, kind, action, resource, this.nowMs);
      if (due.length > 0) void this.#tenants.get(doer.orgId)?.world.organization.recordSums(doer.orgId, due);
    };
    const refused = note('access');
    const credentials = new EdgeCredentials({
      signer,
      clock,
      organization,
      sealer: new AesSealer('a secret of the tests'),
      signerOf: (secret) => new HmacSigner(secret),
      identities: { resolve: async () => unknownCredential() },
      memory,
      operatorKey: operatorKeyText,
      failed: ({ orgId, keyId, fault, host }) =>
        note('sign_in')({ orgId, id: `User:${keyId}`, host }, `sign_in.${fault}`, keyId),
      keepAlive: () => {},
    });
    const quotas = quotaGate(new QuotaBuckets(), {
      nowMs: () => this.nowMs,
      keepAlive: () => {},
      lease: (orgId, wanted) => {
        this.leaseCalls += 1;
        const { world } = this.#tenants.get(orgId)!;
        world.nowMs = this.nowMs;
        return world.organization.leaseQuotas(orgId, wanted);
      },
    });
    const usage = usageMeter(new EdgeUsage(), {
      nowMs: () => this.nowMs,
      newId: () => crypto.randomUUID(),
      pause: () => new Promise((wake) => this.#untold.push(wake)),
      report: (orgId, report) =>
        this.#tenants.get(orgId)!.world.organization.reportEdgeUsage(orgId, structuredClone(report)),
      keepAlive: (work) => this.#telling.push(work),
    });
    const authorityOf = (holder: SocketHolder | null) =>
      edgeAuthority({ memory, clock, organization, connection: holder?.name ?? crypto.randomUUID(), holder });
    this.kafkaIn = (holder) => ({ ...this.kafka, authority: authorityOf(holder) });
    this.kafka = {
      servicesOf: (principal) => ({
        ...memoryKafkaServices(this.#tenants.get(principal.orgId)!.cluster, this.#servicesOf(principal)),
        quotas,
        usage,
      }),
      credentials,
      scram: testScram,
      get authority() {
        return authorityOf(null);
      },
      keepAlive: () => {},
      clock,
      pause: async () => {},
      refused,
    };
    this.#platform = {
      mode: 'closed',
      credentials: new SessionCredentials(this.#sessions, credentials),
      services: (principal) => this.#servicesOf(principal),
      hostOf: (request) => request.headers.get('test-host') ?? undefined,
      dashboardFiles: null,
      quotas,
      usage,
      refused,
      handedOut: note('token'),
    };
  }

  async found(orgId: string): Promise<Tenant> {
    const world = new OrganizationWorld(orgId);
    const { owner, text } = await world.found();
    const cluster = new MemoryPlatform({ orgId, clusterId: `${orgId}1` });
    cluster.reportUsage = (report) => world.organization.reportUsage(orgId, structuredClone(report));
    const tenant = { world, cluster, owner, ownerKey: text };
    this.#tenants.set(orgId, tenant);
    return tenant;
  }

  /** Makes a key of a role, or of scopes as people write them; answers its text. */
  async key(tenant: Tenant, rights: Role | readonly string[], lifetimeMs: number | null = null): Promise<string> {
    const role = typeof rights === 'string' ? rights : null;
    const scopes = typeof rights === 'string' ? [] : rights.map((text) => expectOk(parseKeyScope(text)));
    return expectOk(await tenant.world.createKey(tenant.owner, { role, scopes, lifetimeMs })).text;
  }

  /** A browser token with these capabilities, minted with a key as its holder does it. */
  async token(keyText: string, cap: readonly TokenCapability[]): Promise<string> {
    const minted = await this.request('/v1/tokens', { method: 'POST', credential: keyText, body: { cap } });
    assert(minted.status === 201, await minted.clone().text());
    return ((await minted.json()) as { token: string }).token;
  }

  /** Has edges tell organizations what they served. */
  async tellUsage(): Promise<void> {
    for (const wake of this.#untold.splice(0)) wake();
    await Promise.all(this.#telling.splice(0));
  }

  request(path: string, { method = 'GET', credential = null, headers = {}, body }: ClosedInit = {}): Promise<Response> {
    const isJson = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
    const sent = new Headers(headers);
    if (credential !== null) sent.set('authorization', `Bearer ${credential}`);
    if (isJson && !sent.has('content-type')) sent.set('content-type', 'application/json');
    const text = isJson ? JSON.stringify(body) : (body as string | Uint8Array<ArrayBuffer> | undefined);
    // fetch would add it on the way; here the request does not travel.
    if (text !== undefined) sent.set('content-length', String(new Blob([text]).size));
    const request = new Request(`${closedOrigin}${path}`, {
      method,
      headers: sent,
      ...(text === undefined ? {} : { body: text }),
    });
    return this.#app.fetch(request, this.#platform, executionContext);
  }

  #servicesOf(principal: Principal) {
    this.admissions += 1;
    const tenant = this.#tenants.get(principal.orgId);
    const cluster = tenant?.cluster ?? nobodysCluster;
    cluster.nowMs = this.nowMs;
    const recordAttempt = attemptRecorder(principal, this.#tenancy.organization);
    return { ...cluster.servicesFor(principal, recordAttempt), tenancy: this.#tenancy };
  }
}

/** The key of the platform's operator. */
export const operatorKeyText = 'operator-key-of-the-tests';

/** What routes that need no credential are given. */
const nobodysCluster = new MemoryPlatform({ orgId: '', clusterId: '' });

const executionContext = {
  waitUntil: () => {},
  passThroughOnException: () => {},
} as unknown as ExecutionContext;
