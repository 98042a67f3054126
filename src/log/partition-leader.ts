import { assert } from '../errors/assert.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import type { AlarmClock } from '../platform/alarm.ts';
import type { Clock } from '../platform/clock.ts';
import type { CommitPacer } from '../platform/commit-pacer.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { type BatchCheckDepth, checkAppend } from './append-check.ts';
import { planFlush } from './append-plan.ts';
import { AppendQueue, type PendingAppend } from './append-queue.ts';
import { FastDoor, type FastSocket, offsetOutOfRange } from './fast-door.ts';
import { IdempotencyStore } from './idempotency-store.ts';
import { type PartitionIdentity, storeClosed } from './partition-identity.ts';
import { PartitionLog } from './partition-log.ts';
import { PartitionPurge } from './partition-purge.ts';
import type { PartitionRef } from './partition-ref.ts';
import type { AppendReply, AppendRequest, PartitionDescription, ReadFrom, ReadReply } from './partition-rpc.ts';
import { ProducerStore } from './producer-store.ts';
import { type RelayCaller, RelayDeliveries, relaysPerPartition } from './relay-deliveries.ts';

/** While there are appends, the alarm comes this often: it repeats lost deliveries and reports the partition's size. */
const upkeepIntervalMs = 5_000;

/** How often what is remembered of producers and idempotency keys is checked for age. */
const pruneIntervalMs = 60 * 60 * 1000;

/** A producer idle for a day is forgotten (Kafka's producer.id.expiration.ms). */
const producerExpirationMs = 24 * 60 * 60 * 1000;

/** An object stops taking records here, well below the platform's 10 GB, so that deletes and moves still have room. */
const objectBytesMax = 8 * 1024 * 1024 * 1024;

/** What a partition's leader needs of the platform. */
export type LeaderPorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly pacer: CommitPacer;
  readonly alarm: AlarmClock;
  readonly relays: RelayCaller;
  /** Tells the cluster how large the partition is. */
  readonly report: (ref: PartitionRef, description: PartitionDescription) => Promise<void>;
  /** Ends the object's instance: its memory may no longer be what is stored. */
  readonly panic: (cause: unknown) => void;
  /** Lets other work of the object have its turn. */
  readonly yieldTurn: () => Promise<void>;
};

/** Leads one partition: takes appends, answers reads, pushes to subscribers. */
export class PartitionLeader<Socket extends FastSocket> {
  identity: PartitionIdentity;
  readonly deliveries: RelayDeliveries;
  readonly fastDoor: FastDoor<Socket>;
  readonly #ports: LeaderPorts;
  readonly #log: PartitionLog;
  readonly #queue: AppendQueue;
  readonly #producers: ProducerStore;
  readonly #idempotency: IdempotencyStore;
  #isUpkeepArmed = false;
  #reportedOffset = -1;
  #prunedAtMs = 0;

  constructor(ports: LeaderPorts, identity: PartitionIdentity) {
    this.identity = identity;
    this.#ports = ports;
    this.#log = new PartitionLog(ports.sql);
    this.#producers = new ProducerStore(ports.sql);
    this.#idempotency = new IdempotencyStore(ports.sql);
    this.#queue = new AppendQueue(ports.pacer, (pending) => this.#flush(pending), ports.panic);
    this.deliveries = new RelayDeliveries({
      sql: ports.sql,
      caller: ports.relays,
      source: this.#log,
      ref: identity.ref,
    });
    this.fastDoor = new FastDoor<Socket>(this.#fastDoorLog());
  }

  /** Offsets below it are durable once an answer that names it arrives, since answers wait for the commit. */
  get highWatermark(): number {
    return this.#log.nextOffset;
  }

  /** Checks a request and queues it for the next flush; `settle` is called exactly once. */
  append(
    request: Pick<AppendRequest, 'looseRecords' | 'batches' | 'idempotency'>,
    depth: BatchCheckDepth,
    settle: (outcome: Result<AppendReply>) => void,
  ): void {
    const { identity } = this;
    if (identity.closedAtMs !== null) {
      settle(failed('UNKNOWN_TOPIC_ID', `topic ${identity.topic} was deleted`));
      return;
    }
    const checked = checkAppend(request, identity.config, this.#ports.clock.nowMs(), depth);
    if (checked.ok) this.#queue.push({ append: checked.value, settle });
    else settle(checked);
  }

  read(from: ReadFrom, maxBytes: number): Result<ReadReply> {
    const { highWatermark } = this;
    const { logStartOffset } = this.identity;
    const startOffset = this.#resolve(from);
    if (startOffset < logStartOffset || startOffset > highWatermark) {
      return { ok: false, error: offsetOutOfRange(startOffset, logStartOffset, highWatermark) };
    }
    const { batches, nextOffset } = this.#log.read(startOffset, maxBytes);
    return ok({ batches, startOffset, nextOffset, highWatermark, logStartOffset });
  }

  describe(): PartitionDescription {
    return {
      partition: this.identity.ref.partition,
      logStartOffset: this.identity.logStartOffset,
      highWatermark: this.highWatermark,
      localBytes: this.#log.sizeBytes,
      segmentCount: this.#log.segmentCount,
      maxTimestampMs: this.#log.maxTimestampMs,
    };
  }

  registerRelay(relay: string): Result<{ highWatermark: number; logStartOffset: number }> {
    if (!this.deliveries.register(relay)) {
      return failed('LIMIT_REACHED', `the partition serves ${relaysPerPartition} relays already`);
    }
    return ok({ highWatermark: this.highWatermark, logStartOffset: this.identity.logStartOffset });
  }

  /** Ends the partition: nothing is taken or answered any more, and the alarm frees what is stored. */
  async close(): Promise<void> {
    if (this.identity.closedAtMs !== null) return;
    const nowMs = this.#ports.clock.nowMs();
    storeClosed(this.#ports.sql, nowMs);
    this.identity = { ...this.identity, closedAtMs: nowMs };
    this.fastDoor.closeAll();
    // A relay that hears of nothing new looks again, and learns that the topic is gone.
    this.deliveries.announce();
    await this.#ports.alarm.armBy(nowMs);
  }

  /** What the alarm does; answers whether the object is purged and empty. */
  async runDue(): Promise<boolean> {
    const nowMs = this.#ports.clock.nowMs();
    const { closedAtMs } = this.identity;
    if (closedAtMs !== null) return new PartitionPurge(this.#ports).run(closedAtMs, nowMs);
    this.#isUpkeepArmed = false;
    this.deliveries.announce();
    this.#prune(nowMs);
    await this.#report();
    if (this.deliveries.hasUndelivered) await this.#armUpkeep(nowMs);
    return false;
  }

  #resolve(from: ReadFrom): number {
    if (from === 'earliest') return this.identity.logStartOffset;
    if (from === 'latest') return this.highWatermark;
    if ('offset' in from) return from.offset;
    return this.#log.offsetForTimestamp(from.timestampMs, this.identity.logStartOffset);
  }

  #flush(pending: readonly PendingAppend[]): void {
    const nowMs = this.#ports.clock.nowMs();
    if (this.#isFull()) {
      const full = failed('STORAGE_FULL', 'the partition holds as much as it may; shorten retention or add partitions');
      for (const { settle } of pending) settle(full);
      return;
    }
    const plan = planFlush(
      {
        config: this.identity.config,
        nextOffset: this.#log.nextOffset,
        logStartOffset: this.identity.logStartOffset,
        leaderEpoch: this.identity.leaderEpoch,
        nowMs,
        producer: (producerId) => this.#producers.get(producerId),
        findClaim: (claim) => this.#idempotency.find(claim, nowMs),
      },
      pending.map(({ append }) => append),
    );
    const written = this.#ports.sql.transaction(() => {
      for (const entry of plan.producers) this.#producers.write(entry);
      for (const { claim, ranges } of plan.claims) this.#idempotency.write(claim, ranges);
      return this.#log.write(plan.placed, this.identity.config, nowMs);
    });
    this.#log.adopt(written);
    for (const entry of plan.producers) this.#producers.remember(entry);
    assert(this.#log.nextOffset === plan.nextOffset, 'I-1b offsets are dense: the log ends where the plan does');
    pending.forEach(({ settle }, index) => {
      const outcome = plan.outcomes[index];
      assert(outcome !== undefined, 'a plan has an outcome for every request');
      settle(outcome);
    });
    this.fastDoor.onFlush(written.rows);
    this.deliveries.deliver();
    void this.#armUpkeep(nowMs);
  }

  #isFull(): boolean {
    return this.#ports.sql.sizeBytes() > objectBytesMax;
  }

  async #armUpkeep(nowMs: number): Promise<void> {
    if (this.#isUpkeepArmed) return;
    this.#isUpkeepArmed = true;
    await this.#ports.alarm.armBy(nowMs + upkeepIntervalMs);
  }

  #prune(nowMs: number): void {
    if (nowMs - this.#prunedAtMs < pruneIntervalMs) return;
    this.#prunedAtMs = nowMs;
    this.#producers.prune(nowMs - producerExpirationMs);
    this.#idempotency.prune(nowMs);
  }

  async #report(): Promise<void> {
    const offset = this.highWatermark;
    if (offset === this.#reportedOffset) return;
    await this.#ports.report(this.identity.ref, this.describe());
    this.#reportedOffset = offset;
  }

  #fastDoorLog() {
    const leader = this;
    return {
      get highWatermark() {
        return leader.highWatermark;
      },
      get logStartOffset() {
        return leader.identity.logStartOffset;
      },
      read: (offset: number, maxBytes: number) => leader.#log.read(offset, maxBytes),
      submit: (
        payload: { looseRecords: Uint8Array } | { batches: Uint8Array },
        settle: (outcome: Result<AppendReply>) => void,
      ) => leader.append(payload, 'records', settle),
      yieldTurn: () => leader.#ports.yieldTurn(),
    };
  }
}
