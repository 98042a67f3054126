import type { Services } from './api/services.ts';
import type { Principal } from './authorization/principal.ts';
import { noAuthority } from './authorization/principal-authority.ts';
import type { QuotaGate } from './authorization/quota-gate.ts';
import { Egress } from './egress/egress.ts';
import { ok } from './errors/result.ts';
import { createAclEdge } from './gateway/acl-edge.ts';
import { ActSums, type Doer } from './gateway/act-sums.ts';
import { attemptRecorder } from './gateway/attempt-recorder.ts';
import { BrowserSessions } from './gateway/credentials/browser-sessions.ts';
import { edgeAuthority } from './gateway/credentials/edge-authority.ts';
import { EdgeCredentials, type FailedSignIn } from './gateway/credentials/edge-credentials.ts';
import { IdentitySignIn } from './gateway/credentials/identity-sign-in.ts';
import { IssuerKeys } from './gateway/credentials/issuer-keys.ts';
import { PrincipalMemory } from './gateway/credentials/principal-memory.ts';
import { refusingCredentials } from './gateway/credentials/refusing-credentials.ts';
import type { SaslCredentials } from './gateway/credentials/sasl-credentials.ts';
import { TicketMemory } from './gateway/credentials/ticket-memory.ts';
import { createEdge, EdgeMemory } from './gateway/edge.ts';
import { GroupCaller } from './gateway/group-caller.ts';
import { createGroupEdge } from './gateway/group-edge.ts';
import { HighWatermarks } from './gateway/high-watermarks.ts';
import { JobCaller } from './gateway/jobs/job-caller.ts';
import { JobEdge } from './gateway/jobs/job-edge.ts';
import { openSaslCredentials } from './gateway/open-credentials.ts';
import type { Credentials } from './gateway/ports.ts';
import { QuotaBuckets, quotaGate } from './gateway/quota-buckets.ts';
import { createShareEdge } from './gateway/share/share-edge.ts';
import { ShareGroupMemory } from './gateway/share/share-group-memory.ts';
import { SignupMemory } from './gateway/signup-edge.ts';
import { createTenancyEdge, type TenancyEdge } from './gateway/tenancy-edge.ts';
import { TopicsById } from './gateway/topics-by-id.ts';
import { TransactionCaller } from './gateway/transactions/transaction-caller.ts';
import { TransactionGateway } from './gateway/transactions/transaction-gateway.ts';
import { EdgeUsage, type UsageMeter, usageMeter } from './gateway/usage/edge-usage.ts';
import type { GroupRef } from './groups/group-ref.ts';
import type { ShareGroupRef, SharePartitionRef } from './groups/share/share-ref.ts';
import type { JobsRef } from './jobs/jobs-ref.ts';
import type { KafkaServices } from './kafka/kafka-services.ts';
import type { KafkaPlatform } from './kafka/serve-connection.ts';
import { parseCaps } from './limits/caps.ts';
import { parseOperatorRates } from './limits/operator-rates.ts';
import { parseSignupMode } from './limits/signup-mode.ts';
import { systemClock } from './platform/clock.ts';
import { AesSealer } from './platform/cloudflare/aes-sealer.ts';
import { DurableConnectionDoor } from './platform/cloudflare/connection-door.ts';
import type { Env } from './platform/cloudflare/env.ts';
import { HmacSigner } from './platform/cloudflare/hmac-signer.ts';
import { nameResolver } from './platform/cloudflare/name-resolver.ts';
import { nodeKeyedHash } from './platform/cloudflare/node-keyed-hash.ts';
import { DurableObjectDirectory, directoryStub, organizationStub } from './platform/cloudflare/object-directory.ts';
import { R2BlobStore } from './platform/cloudflare/r2-blob-store.ts';
import { DurableRelayDoor } from './platform/cloudflare/relay-door.ts';
import { WebCryptoVerifier } from './platform/cloudflare/web-crypto-verifier.ts';
import { relayShardCount } from './relay/relay-limits.ts';
import { issueId } from './tenancy/organization-ref.ts';
import { principalIdOf } from './tenancy/principals.ts';
import type { SocketHolder } from './tenancy/socket-holders.ts';
import type { SummedKind } from './tenancy/summed-acts.ts';
import type { CatalogPorts } from './topics/catalog-service.ts';
import type { TransactionRef } from './transactions/transaction-ref.ts';

const isolateMemory = new EdgeMemory();
const quotaBuckets = new QuotaBuckets();
const edgeUsage = new EdgeUsage();
const highWatermarks = new HighWatermarks();
const shareGroups = new ShareGroupMemory(systemClock);
const topicNames = new Map<string, string>();
const signupMemory = new SignupMemory();

/** Organizations as this deployment has them. */
export function createTenancy(env: Env): TenancyEdge {
  return createTenancyEdge({
    connect: (orgId) => organizationStub(env, orgId),
    get directory() {
      return directoryStub(env);
    },
    newId: () => issueId((count) => crypto.getRandomValues(new Uint8Array(count))),
    signer: new HmacSigner(env.MILLRACE_SECRET),
    signerOf: (secret) => new HmacSigner(secret),
    sessions: createSessions(env),
    random: Math.random,
    pause: (ms) => scheduler.wait(ms),
    signupMode: env.MILLRACE_MODE === 'open' ? ok('closed') : parseSignupMode(env.MILLRACE_SIGNUP),
    signupMemory,
    clock: systemClock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  });
}

const tickets = new TicketMemory();

/** What browsers are signed in by, on a platform in closed mode. */
export function createSessions(env: Env): BrowserSessions {
  return new BrowserSessions(new AesSealer(env.MILLRACE_SECRET), systemClock, tickets);
}

/** The way out of the platform; an open one may send messages to its own machine too. */
function egressOf(allowsLoopback: boolean): Egress {
  return new Egress({
    fetch: (url, init) => fetch(url, init),
    resolve: nameResolver((input, init) => fetch(input, init)),
    abortAfter: (ms) => AbortSignal.timeout(ms),
    ownHosts: ['workers.dev'],
    allowsLoopback,
  });
}

const egress = egressOf(false);

/** How the alerts of a cluster's object leave. */
export function createWebhooks(env: Env): CatalogPorts['webhooks'] {
  const out = egressOf(env.MILLRACE_MODE === 'open');
  return {
    sealer: new AesSealer(env.MILLRACE_SECRET),
    hash: nodeKeyedHash,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    newId: () => crypto.randomUUID(),
    random: Math.random,
    checkUrl: (url) => out.checkMessageUrl(url),
    post: (...message) => out.postMessage(...message),
  };
}

const issuerKeys = new IssuerKeys({
  clock: systemClock,
  fetchDocument: (url, accept) => egress.fetchDocument(url, accept),
});

const principals = new PrincipalMemory();

/** Finds out who sends a request, or opens a Kafka connection, on a platform in closed mode. */
export function createCredentials(
  env: Env,
  keepAlive: (work: Promise<unknown>) => void,
): Credentials & SaslCredentials {
  const caps = parseCaps(env.MILLRACE_CAPS);
  if (!caps.ok) return refusingCredentials(caps);
  const rates = parseOperatorRates(env.MILLRACE_QUOTAS);
  if (!rates.ok) return refusingCredentials(rates);
  const signup = parseSignupMode(env.MILLRACE_SIGNUP);
  if (!signup.ok) return refusingCredentials(signup);
  return new EdgeCredentials({
    signer: new HmacSigner(env.MILLRACE_SECRET),
    clock: systemClock,
    organization: (orgId) => createTenancy(env).organization(orgId),
    sealer: new AesSealer(env.MILLRACE_SECRET),
    signerOf: (secret) => new HmacSigner(secret),
    identities: identitySignIn(env),
    memory: principals,
    operatorKey: env.MILLRACE_OPERATOR_KEY ?? null,
    failed: createSignInNote(env, keepAlive),
    keepAlive,
  });
}

let identities: IdentitySignIn | null = null;

/** Lets people in by the tokens of issuers. Made with the first request, which brings the bindings; they are the same for all of an isolate's. */
export function identitySignIn(env: Env): IdentitySignIn {
  identities ??= new IdentitySignIn({
    clock: systemClock,
    verifier: new WebCryptoVerifier(),
    keys: issuerKeys,
    findIssuer: (issuer, audiences) => createTenancy(env).directory.findIssuer(issuer, audiences),
    resolveMember: (orgId, ...asked) =>
      createTenancy(env)
        .organization(orgId)
        .resolveMember(orgId, ...asked),
  });
  return identities;
}

/** Quotas as an isolate meets them; an object that holds sockets has leases of its own. */
export function createQuotaGate(
  env: Env,
  keepAlive: (work: Promise<unknown>) => void,
  buckets: QuotaBuckets = quotaBuckets,
): QuotaGate {
  return quotaGate(buckets, {
    nowMs: () => systemClock.nowMs(),
    lease: (orgId, wanted) => createTenancy(env).organization(orgId).leaseQuotas(orgId, wanted),
    keepAlive,
  });
}

/** What is served, as an isolate counts it; an object that holds sockets counts for itself. */
export function createUsageMeter(
  env: Env,
  keepAlive: (work: Promise<unknown>) => void,
  usage: EdgeUsage = edgeUsage,
): UsageMeter {
  return usageMeter(usage, {
    nowMs: () => systemClock.nowMs(),
    newId: () => crypto.randomUUID(),
    pause: (ms) => scheduler.wait(ms),
    report: (orgId, report) => createTenancy(env).organization(orgId).reportEdgeUsage(orgId, report),
    keepAlive,
  });
}

/** Everything that is done on behalf of one principal, over the objects of this deployment. */
export function createServices(env: Env, principal: Principal): Services {
  const { orgId, clusterId } = principal;
  const cluster = { orgId, clusterId };
  const directory = new DurableObjectDirectory(env);
  const surroundings = { cluster, clock: systemClock, random: Math.random, pause: (ms: number) => scheduler.wait(ms) };
  const blobs = new R2BlobStore(env.SEGMENTS);
  const recordAttempt = attemptRecorder(principal, (id) => createTenancy(env).organization(id));
  const edge = createEdge({ ...surroundings, principal, directory, blobs, memory: isolateMemory, recordAttempt });
  return {
    ...edge,
    principal,
    // Made when it is asked for: most requests have nothing to do with groups.
    get groups() {
      const connect = (ref: GroupRef) => directory.group(ref);
      const newMemberId = () => crypto.randomUUID();
      return createGroupEdge({ ...surroundings, edge, connect, newMemberId, highWatermarks });
    },
    get shares() {
      const group = (ref: ShareGroupRef) => directory.shareGroup(ref);
      const partition = (ref: SharePartitionRef) => directory.sharePartition(ref);
      const newId = () => crypto.randomUUID();
      return createShareEdge({ ...surroundings, edge, group, partition, newId, memory: shareGroups });
    },
    get transactions() {
      const connect = (ref: TransactionRef) => directory.transaction(ref);
      const groups = new GroupCaller({ connect: (ref) => directory.group(ref), ...surroundings });
      const coordinators = new TransactionCaller({ connect, ...surroundings });
      return new TransactionGateway({ ...edge, principal, cluster, coordinators, groups });
    },
    get jobs() {
      const connect = (ref: JobsRef) => directory.jobs(ref);
      const { ends } = this.groups;
      return new JobEdge({
        ...edge,
        cluster,
        principal,
        jobs: new JobCaller({ connect, ...surroundings }),
        shareGroups: this.shares.groups,
        ends,
        clock: systemClock,
        newId: () => crypto.randomUUID(),
      });
    },
    cluster,
    relays: new DurableRelayDoor(env, principal, relayShardCount),
    connections: new DurableConnectionDoor(env),
    get tenancy() {
      return createTenancy(env);
    },
    clock: systemClock,
    version: env.MILLRACE_VERSION,
  };
}

/** What the Kafka door calls of it. */
function createKafkaServices(
  env: Env,
  principal: Principal,
  keepAlive: (work: Promise<unknown>) => void,
): KafkaServices {
  const quotas = createQuotaGate(env, keepAlive);
  const usage = createUsageMeter(env, keepAlive);
  const pause = (ms: number) => scheduler.wait(ms);
  const services = createServices(env, principal);
  const { catalog, cluster, routes, partitions, producer, reader, platformReader, upkeep, clock } = services;
  const topicsById = new TopicsById({ catalog, cluster, routes, names: topicNames });
  const shared = { principal, catalog, cluster, routes, topicsById, partitions, producer, upkeep, clock };
  const { groups, shares, transactions } = services;
  const acls = createAclEdge(principal, createTenancy(env).organization);
  return { ...shared, reader, platformReader, groups, shares, transactions, acls, quotas, usage, pause };
}

const actSums = new ActSums();

/** Tells organizations what their principals were refused, after the answer; an operator and open mode have none. */
export function createRefusalNote(env: Env, keepAlive: (work: Promise<unknown>) => void) {
  return (principal: Principal, action: string, resource: string): void => {
    if (hasLog(principal)) noteAct(env, keepAlive, principal, 'access', action, resource);
  };
}

/** Tells organizations which tokens and sessions of browsers were made on behalf of their principals, as sums. */
export function createTokenNote(env: Env, keepAlive: (work: Promise<unknown>) => void) {
  return (principal: Principal, action: string, resource: string): void => {
    if (hasLog(principal)) noteAct(env, keepAlive, principal, 'token', action, resource);
  };
}

/** Tells organizations who came with one of their keys and was not let in. */
export function createSignInNote(env: Env, keepAlive: (work: Promise<unknown>) => void) {
  return ({ orgId, keyId, fault, host }: FailedSignIn): void =>
    noteAct(env, keepAlive, { orgId, id: principalIdOf(keyId), host }, 'sign_in', `sign_in.${fault}`, keyId);
}

const hasLog = ({ kind }: Principal): boolean => kind !== 'anonymous' && kind !== 'operator';

function noteAct(
  env: Env,
  keepAlive: (work: Promise<unknown>) => void,
  doer: Doer,
  ...act: readonly [kind: SummedKind, action: string, resource: string]
): void {
  const due = actSums.note(doer, ...act, systemClock.nowMs());
  if (due.length > 0) keepAlive(createTenancy(env).organization(doer.orgId).recordSums(doer.orgId, due));
}

/** The platform as a Kafka connection comes to it; `holder` is the object that holds it, if one does. */
export function createKafkaPlatform(
  env: Env,
  keepAlive: (work: Promise<unknown>) => void,
  holder: SocketHolder | null,
): KafkaPlatform {
  const isOpen = env.MILLRACE_MODE === 'open';
  const { organization } = createTenancy(env);
  return {
    servicesOf: (principal) => createKafkaServices(env, principal, keepAlive),
    credentials: isOpen ? openSaslCredentials : createCredentials(env, keepAlive),
    scram: { hash: nodeKeyedHash, newNonce: () => crypto.randomUUID() },
    authority: isOpen
      ? noAuthority
      : edgeAuthority({
          memory: principals,
          clock: systemClock,
          organization,
          connection: holder?.name ?? crypto.randomUUID(),
          holder,
        }),
    clock: systemClock,
    pause: (ms) => scheduler.wait(ms),
    refused: createRefusalNote(env, keepAlive),
    keepAlive,
    reportError: (error) => console.error(error instanceof Error ? error.stack : String(error)),
  };
}
