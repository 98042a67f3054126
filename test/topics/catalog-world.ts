import { failed, ok, type Result } from '../../src/errors/result.ts';
import { grantLifetimeMs, verifyGrant } from '../../src/log/partition-grant.ts';
import { type PartitionRef, partitionObjectName } from '../../src/log/partition-ref.ts';
import type { PartitionDescription, PartitionGrant } from '../../src/log/partition-rpc.ts';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';
import { MemoryAlarm } from '../../src/platform/memory/memory-alarm.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import type { SqlStore, SqlValue } from '../../src/platform/sql-store.ts';
import { clockMarginMs } from '../../src/topics/catalog-decisions.ts';
import { type CatalogPorts, CatalogService } from '../../src/topics/catalog-service.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import type { PartitionControl } from '../../src/topics/partition-outbox.ts';
import { nobodyReached, webhookPorts } from '../support/webhook-ports.ts';

/** How the next calls to partitions end: as they should, before anything happened, after it happened, or refused. */
export type PartitionFault = 'none' | 'unreachable' | 'answer-lost' | 'refused';

export type PartitionObject = { readonly ref: PartitionRef; configVersion: number; closedAtMs: number | null };

/** A catalog with the world around it: partitions that exist when they were granted, a clock, an alarm, and crashes. */
export class CatalogWorld {
  readonly signer = new HmacSigner('secret');
  readonly alarm = new MemoryAlarm();
  readonly partitions = new Map<string, PartitionObject>();
  readonly errors: unknown[] = [];
  readonly sql = new NodeSqlStore();
  nowMs = 1_000_000;
  /** The world that messages of alerts go to. */
  post = nobodyReached;
  fault: PartitionFault = 'none';
  /** How long a partition that was closed takes until nothing is left of it. */
  purgeMs = 2 * 60_000;
  /** What happens to the catalog while the next call to a partition is under way; once. */
  meanwhile: (() => Promise<void>) | null = null;
  /** What the next life of the catalog gets instead of its ports. */
  wrapPorts: (ports: CatalogPorts) => CatalogPorts = (ports) => ports;
  /** Calls under way to partitions at this moment and at the busiest one. */
  callsUnderWay = 0;
  mostCallsUnderWay = 0;
  catalog: CatalogService;
  #life = { isOver: false };
  #topicCount = 0;

  constructor() {
    this.catalog = this.#start();
  }

  /** The object is evicted and comes back: memory is lost, rows and the alarm stay. */
  async restart(): Promise<void> {
    this.#life.isOver = true;
    this.catalog = this.#start();
    await this.catalog.resume();
  }

  /** Everything the current life does from here on is lost, as in a crash; {@link restart} begins the next one. */
  crash(): void {
    this.#life.isOver = true;
  }

  /** Lets time pass until the alarm is due and runs it. Answers false when none is armed. */
  async runNextAlarm(): Promise<boolean> {
    const dueMs = this.alarm.take();
    if (dueMs === null) return false;
    this.nowMs = Math.max(this.nowMs, dueMs);
    await this.catalog.runAlarm();
    return true;
  }

  /** Runs alarms until nothing is left to do. */
  async settle(maxRuns = 1_000): Promise<void> {
    for (let run = 0; run < maxRuns; run += 1) if (!(await this.runNextAlarm())) return;
    throw new Error(`the outbox is not empty after ${maxRuns} alarms`);
  }

  /** Closed partitions give up their storage once no grant can bring them back. */
  purgeClosedPartitions(): void {
    for (const [name, object] of this.partitions) {
      if (object.closedAtMs !== null && object.closedAtMs + grantLifetimeMs + clockMarginMs < this.nowMs) {
        this.partitions.delete(name);
      }
    }
  }

  count(table: 'topic' | 'granted_partition' | 'outbox'): number {
    const statements = {
      topic: 'SELECT COUNT(*) AS count FROM topic',
      granted_partition: 'SELECT COUNT(*) AS count FROM granted_partition',
      outbox: 'SELECT COUNT(*) AS count FROM outbox',
    };
    return this.sql.query<{ count: number }>(statements[table])[0]?.count ?? 0;
  }

  initialize(grant: PartitionGrant): Result<PartitionDescription> {
    const verified = verifyGrant(grant, this.signer, this.nowMs);
    if (!verified.ok) return verified;
    const name = partitionObjectName(grant.ref);
    const object = this.partitions.get(name) ?? { ref: grant.ref, configVersion: 0, closedAtMs: null };
    if (object.closedAtMs !== null) return failed('UNKNOWN_TOPIC_ID', 'the topic was deleted');
    object.configVersion = Math.max(object.configVersion, grant.configVersion);
    this.partitions.set(name, object);
    const { partition } = grant.ref;
    return ok({
      partition,
      logStartOffset: 0,
      highWatermark: 0,
      localBytes: 0,
      remoteBytes: 0,
      segmentCount: 1,
      maxTimestampMs: -1,
      upkeep: { nextDueMs: null, compaction: null, damaged: [] },
    });
  }

  #close(ref: PartitionRef): Result<{ readonly isPurged: boolean }> {
    const object = this.partitions.get(partitionObjectName(ref));
    if (object === undefined) return ok({ isPurged: true });
    object.closedAtMs ??= this.nowMs;
    return ok({ isPurged: this.nowMs >= object.closedAtMs + this.purgeMs });
  }

  async #call<T>(work: () => Result<T>): Promise<Result<T>> {
    this.callsUnderWay += 1;
    this.mostCallsUnderWay = Math.max(this.mostCallsUnderWay, this.callsUnderWay);
    const meanwhile = this.meanwhile ?? (() => Promise.resolve());
    this.meanwhile = null;
    await meanwhile();
    try {
      if (this.fault === 'unreachable') throw new Error('Network connection lost.');
      if (this.fault === 'refused') return failed('OVERLOADED', 'the object has too much to do');
      const result = work();
      if (this.fault === 'answer-lost') throw new Error('Network connection lost.');
      return result;
    } finally {
      this.callsUnderWay -= 1;
    }
  }

  #start(): CatalogService {
    const life = { isOver: false };
    this.#life = life;
    const control: PartitionControl = {
      initialize: (grant) => this.#call(() => this.initialize(grant)),
      close: (ref) => this.#call(() => this.#close(ref)),
    };
    const ports: CatalogPorts = {
      sql: new MortalStore(this.sql, life),
      alarm: { armBy: (atMs) => (life.isOver ? Promise.resolve() : this.alarm.armBy(atMs)) },
      clock: { nowMs: () => this.nowMs },
      signer: this.signer,
      operatorCaps: {},
      webhooks: webhookPorts((...message) => this.post(...message)),
      newTopicId: () => {
        this.#topicCount += 1;
        return `topic-${this.#topicCount}`;
      },
      isOwn: ({ clusterId }) => clusterId === localCluster.clusterId,
      partition: () => control,
      reportError: (error) => this.errors.push(error),
    };
    return new CatalogService(this.wrapPorts(ports));
  }
}

/** The store as one life of an object sees it: after the crash nothing it does reaches the database. */
class MortalStore implements SqlStore {
  readonly #sql: SqlStore;
  readonly #life: { readonly isOver: boolean };

  constructor(sql: SqlStore, life: { readonly isOver: boolean }) {
    this.#sql = sql;
    this.#life = life;
  }

  query<Row extends Record<string, SqlValue>>(statement: string, ...bindings: SqlValue[]): Row[] {
    this.#assertAlive();
    return this.#sql.query<Row>(statement, ...bindings);
  }

  run(statement: string, ...bindings: SqlValue[]): void {
    this.#assertAlive();
    this.#sql.run(statement, ...bindings);
  }

  transaction<T>(body: () => T): T {
    this.#assertAlive();
    return this.#sql.transaction(body);
  }

  sizeBytes(): number {
    return this.#sql.sizeBytes();
  }

  billedRows(): { readonly read: number; readonly written: number } {
    return this.#sql.billedRows();
  }

  deleteAll(): Promise<void> {
    return this.#sql.deleteAll();
  }

  #assertAlive(): void {
    if (this.#life.isOver) throw new Error('this life of the object is over');
  }
}
