import type { Services } from '../../src/api/services.ts';
import { anonymousPrincipal, type Principal, platformPrincipal } from '../../src/authorization/principal.ts';
import { noAuthority, type PrincipalAuthority } from '../../src/authorization/principal-authority.ts';
import { noQuotas } from '../../src/authorization/quota-gate.ts';
import { ok } from '../../src/errors/result.ts';
import type { RecordAttempt } from '../../src/gateway/attempt-recorder.ts';
import { createEdge, EdgeMemory } from '../../src/gateway/edge.ts';
import { createGroupEdge } from '../../src/gateway/group-edge.ts';
import { HighWatermarks } from '../../src/gateway/high-watermarks.ts';
import { decodePartitionRequest, encodeFailure, encodeReadReply } from '../../src/gateway/internal-http.ts';
import { JobEdge } from '../../src/gateway/jobs/job-edge.ts';
import { LogDoor } from '../../src/gateway/jobs/log-door.ts';
import type { PartitionStub } from '../../src/gateway/ports.ts';
import { DeadLetterWriter } from '../../src/gateway/share/dead-letter-writer.ts';
import { createShareEdge } from '../../src/gateway/share/share-edge.ts';
import { ShareGroupMemory } from '../../src/gateway/share/share-group-memory.ts';
import { ShareSource } from '../../src/gateway/share/share-source.ts';
import { MarkerSender } from '../../src/gateway/transactions/marker-sender.ts';
import { TransactionCaller } from '../../src/gateway/transactions/transaction-caller.ts';
import { TransactionGateway } from '../../src/gateway/transactions/transaction-gateway.ts';
import { noUsage } from '../../src/gateway/usage/edge-usage.ts';
import { type PartitionRef, partitionObjectName } from '../../src/log/partition-ref.ts';
import type { Delivery, DeliveryReply } from '../../src/log/partition-rpc.ts';
import { PartitionService } from '../../src/log/partition-service.ts';
import { type ReportUsage, reportsToNobody } from '../../src/log/usage/usage-report.ts';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';
import { MemoryAlarm } from '../../src/platform/memory/memory-alarm.ts';
import { MemoryCommitPacer } from '../../src/platform/memory/memory-commit-pacer.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import type { ClusterRef } from '../../src/topics/catalog-rpc.ts';
import { CatalogService } from '../../src/topics/catalog-service.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import { type CheckedApi, createCheckedApi } from './checked-api.ts';
import { memoryObjectPorts } from './maintenance-ports.ts';
import { MemoryGroups } from './memory-groups.ts';
import { MemoryJobs } from './memory-jobs.ts';
import { MemoryShares } from './memory-shares.ts';
import { MemoryTenancy } from './memory-tenancy.ts';
import { MemoryTransactions } from './memory-transactions.ts';
import type { RecordingSocket } from './partition-harness.ts';
import { nobodyReached, webhookPorts } from './webhook-ports.ts';

/**
 * The platform without a runtime: the real API, gateway, catalog and partitions, each object over a SQLite of its own.
 * What only the runtime has (sockets, so also reads that wait) is not in it.
 */
export class MemoryPlatform {
  nowMs = 1_790_000_000_000;
  readonly #partitions = new Map<string, PartitionService<RecordingSocket>>();
  readonly #partitionAlarms = new Map<string, MemoryAlarm>();
  /** What the objects of partitions have stored. */
  readonly partitionStores: NodeSqlStore[] = [];
  /** What the cluster's object has stored. */
  readonly catalogStore = new NodeSqlStore();
  readonly #signer = new HmacSigner('a secret of the tests');
  readonly objects = memoryObjectPorts();
  readonly #clock = { nowMs: () => this.nowMs };
  readonly #catalogAlarm = new MemoryAlarm();
  #topicCount = 0;
  #memberCount = 0;
  #lockCount = 0;
  #jobCount = 0;

  /** What relays answer; a test that has one hands it the delivery. */
  answerDelivery: (relay: string, delivery: Delivery) => Promise<DeliveryReply> = async () => ({ subscribed: false });

  /** Whom partitions tell what they counted. */
  reportUsage: ReportUsage = reportsToNobody;

  /** The world that messages of alerts go to. */
  post = nobodyReached;

  readonly catalog: CatalogService;
  readonly groupObjects: MemoryGroups;
  readonly transactionObjects: MemoryTransactions;
  readonly shareObjects: MemoryShares;
  readonly jobs: MemoryJobs;
  readonly tenancy: MemoryTenancy;
  readonly services: Services;
  readonly api: CheckedApi;
  /** Who holds a credential of those that started jobs; nobody, unless a test says so. */
  findPrincipals: PrincipalAuthority['find'] = noAuthority.find;
  readonly #cluster: ClusterRef;
  readonly #memory = new EdgeMemory();
  readonly #highWatermarks = new HighWatermarks();

  /** `groupPause` is how calls to groups wait; at once over by default. */
  constructor(cluster: ClusterRef = localCluster, groupPause?: (ms: number) => Promise<void>) {
    this.#cluster = cluster;
    this.catalog = new CatalogService({
      sql: this.catalogStore,
      alarm: this.#catalogAlarm,
      clock: this.#clock,
      signer: this.#signer,
      operatorCaps: {},
      webhooks: webhookPorts((...message) => this.post(...message)),
      newTopicId: () => `00000000-0000-4000-8000-${String(++this.#topicCount).padStart(12, '0')}`,
      isOwn: ({ clusterId }) => clusterId === cluster.clusterId,
      partition: (ref) => this.#partition(ref),
      reportError: (error) => {
        throw error;
      },
    });
    this.groupObjects = new MemoryGroups({ clock: this.#clock, catalog: () => this.catalog, pause: groupPause });
    this.transactionObjects = new MemoryTransactions({
      clock: this.#clock,
      catalog: () => this.catalog,
      receivers: () =>
        new MarkerSender({
          cluster,
          catalog: this.catalog,
          groups: { writeTxnMarker: (ref, marker) => this.groupObjects.service(ref).writeTxnMarker(ref, marker) },
          partition: (ref) => this.#stub(ref),
        }),
    });
    const edge = this.#createEdge(platformPrincipal(cluster));
    this.shareObjects = new MemoryShares({
      clock: this.#clock,
      catalog: () => this.catalog,
      source: new ShareSource(edge),
      deadLetters: new DeadLetterWriter(edge),
    });
    this.jobs = new MemoryJobs({
      clock: this.#clock,
      door: new LogDoor({
        edgeOf: (_cluster, principal) => this.#createEdge(principal),
        authority: { ...noAuthority, find: (orgId, asked) => this.findPrincipals(orgId, asked) },
        quotas: noQuotas,
        usage: noUsage,
        clock: this.#clock,
      }),
    });
    this.tenancy = new MemoryTenancy({ clock: this.#clock, catalog: () => this.catalog });
    this.services = this.servicesFor(anonymousPrincipal(cluster));
    this.api = createCheckedApi(this.services);
  }

  /** How many partitions have an object: a refused request must not make one. */
  get partitionCount(): number {
    return this.#partitions.size;
  }

  /** Runs what the catalog's alarm is due for, e.g. telling partitions of a new config or of their end. */
  async runCatalogAlarm(): Promise<void> {
    if (this.#catalogAlarm.take() !== null) await this.catalog.runAlarm();
  }

  /** Runs what is due of every object of the cluster: upkeep, deliveries, ends. */
  async runAlarms(): Promise<void> {
    await this.runCatalogAlarm();
    for (const [name, alarm] of this.#partitionAlarms) {
      if (alarm.atMs === null || alarm.atMs > this.nowMs) continue;
      alarm.take();
      await this.#partitions.get(name)?.runDue();
    }
    await this.groupObjects.runAlarms();
    await this.shareObjects.runAlarms();
    await this.transactionObjects.runAlarms();
    await this.jobs.runAlarms();
  }

  #createEdge(principal: Principal, recordAttempt?: RecordAttempt) {
    return createEdge({
      principal,
      directory: { partition: (ref: PartitionRef) => this.#stub(ref), catalog: () => this.catalog },
      cluster: this.#cluster,
      blobs: this.objects.blobs,
      clock: this.#clock,
      random: () => 0.5,
      pause: () => Promise.resolve(),
      memory: this.#memory,
      ...(recordAttempt === undefined ? {} : { recordAttempt }),
    });
  }

  /** What routes may call on behalf of a principal of the one cluster there is. */
  servicesFor(principal: Principal, recordAttempt?: RecordAttempt): Services {
    const cluster = this.#cluster;
    const clock = this.#clock;
    const edge = this.#createEdge(principal, recordAttempt);
    // A Response of Node's has no socket to be without.
    const relays = { connect: async () => ok(Object.assign(new Response(null, { status: 404 }), { webSocket: null })) };
    const groups = createGroupEdge({
      edge,
      cluster,
      connect: (ref) => this.groupObjects.service(ref),
      clock,
      random: () => 0.5,
      pause: () => Promise.resolve(),
      newMemberId: () => `member-${++this.#memberCount}`,
      highWatermarks: this.#highWatermarks,
    });
    const shares = createShareEdge({
      edge,
      cluster,
      group: (ref) => this.shareObjects.group(ref),
      partition: (ref) => this.shareObjects.partition(ref),
      random: () => 0.5,
      pause: () => Promise.resolve(),
      newId: () => `lock-${++this.#lockCount}`,
      memory: new ShareGroupMemory(clock),
    });
    const transactions = new TransactionGateway({
      ...edge,
      principal,
      cluster,
      coordinators: new TransactionCaller({
        connect: (ref) => this.transactionObjects.service(ref),
        random: () => 0.5,
        pause: () => Promise.resolve(),
      }),
      groups: groups.rpc,
    });
    const jobs = new JobEdge({
      ...edge,
      cluster,
      principal,
      jobs: this.jobs.service,
      shareGroups: shares.groups,
      ends: groups.ends,
      clock,
      newId: () => `job-${++this.#jobCount}`,
    });
    const connections = { open: async () => ok(new Response(null, { status: 404 })) };
    const shared = { cluster, relays, connections, tenancy: this.tenancy.edge, clock, version: '1.2.3-test' };
    return { ...edge, principal, groups, shares, transactions, jobs, ...shared };
  }

  #partition(ref: PartitionRef): PartitionService<RecordingSocket> {
    const name = partitionObjectName(ref);
    let service = this.#partitions.get(name);
    if (service === undefined) {
      const [sql, alarm] = [new NodeSqlStore(), new MemoryAlarm()];
      this.partitionStores.push(sql);
      this.#partitionAlarms.set(name, alarm);
      service = new PartitionService<RecordingSocket>({
        sql,
        clock: this.#clock,
        pacer: new MemoryCommitPacer(),
        alarm,
        signer: this.#signer,
        ...this.objects,
        relays: { deliver: (relay, delivery) => this.answerDelivery(relay, delivery) },
        report: async (ref, description, witness, written) => {
          await this.catalog.reportPartitions(ref, [{ ...description, topicId: ref.topicId, witness, written }]);
        },
        reportUsage: (report) => this.reportUsage(report),
        witness: (ref) => this.catalog.partitionWitness(ref, ref.topicId, ref.partition),
        panic: (cause) => {
          throw cause;
        },
        yieldTurn: () => Promise.resolve(),
      });
      this.#partitions.set(name, service);
    }
    return service;
  }

  /** The verbs as they are, and the HTTP face as far as it needs no socket. */
  #stub(ref: PartitionRef): PartitionStub {
    const service = this.#partition(ref);
    return {
      initialize: (grant) => Promise.resolve(service.initialize(grant)),
      append: (request) => service.append(request),
      readRecords: (request) => service.readRecords(request),
      describe: (target, configVersion, points) => service.describe(target, configVersion, points),
      registerRelay: (target, configVersion, relay) => service.registerRelay(target, configVersion, relay),
      unregisterRelay: (target, relay) => service.unregisterRelay(target, relay),
      writeTxnMarker: (target, marker) => service.writeTxnMarker(target, marker),
      abortedTransactions: (target, configVersion, from, to) =>
        service.abortedTransactions(target, configVersion, from, to),
      describeProducers: (target, configVersion) => service.describeProducers(target, configVersion),
      endOfLeaderEpoch: (target, configVersion, epoch) => service.endOfLeaderEpoch(target, configVersion, epoch),
      deleteRecords: (target, configVersion, before) => service.deleteRecords(target, configVersion, before),
      maintain: (target, configVersion) => service.maintain(target, configVersion),
      recover: (target, configVersion) => service.recover(target, configVersion),
      close: (target) => service.close(target),
      fetch: async (request) => {
        const message = decodePartitionRequest(request);
        if (message?.verb !== 'read') return new Response(null, { status: 404 });
        const read = await service.readRecords(message);
        if (!read.ok) return encodeFailure(read.error);
        return encodeReadReply(read.value);
      },
    };
  }
}
