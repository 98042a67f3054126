import type { PrincipalAuthority } from '../authorization/principal-authority.ts';
import type { QuotaGate } from '../authorization/quota-gate.ts';
import { assert } from '../errors/assert.ts';
import { type Failure, failed, ok, type Result } from '../errors/result.ts';
import type { AlarmClock } from '../platform/alarm.ts';
import type { CommitPacer } from '../platform/commit-pacer.ts';
import { Timers } from '../platform/timers.ts';
import { type AppendPayload, type BatchCheckDepth, checkAppend, markerAppend } from './append-check.ts';
import { planFlush } from './append-plan.ts';
import { AppendQueue, type PendingAppend, type SettleAppend } from './append-queue.ts';
import { type DeleteBefore, decideDeleteRecords } from './delete-records.ts';
import { FastDoor, type FastDoorLog, type FastSocket } from './fast-door.ts';
import { IdempotencyStore } from './idempotency-store.ts';
import { LogStanding, type StandingPorts } from './log-standing.ts';
import type { MaintenancePorts, MaintenanceReport } from './maintenance/maintenance-job.ts';
import { PartitionMaintenance } from './maintenance/partition-maintenance.ts';
import { loadIdentity, type PartitionIdentity, storeClosed, storeConfig, storeLogStart } from './partition-identity.ts';
import { PartitionLog } from './partition-log.ts';
import { PartitionPurge } from './partition-purge.ts';
import { readPartition } from './partition-read.ts';
import type {
  AppendReply,
  Isolation,
  PartitionDescription,
  PartitionGrant,
  PartitionRecovery,
  ProducerDescription,
  ReadFrom,
  ReadReply,
  ReportPartition,
} from './partition-rpc.ts';
import { isLastOfProducer } from './producer-state.ts';
import { ProducerStore } from './producer-store.ts';
import { type RelayCaller, RelayDeliveries, relaysPerPartition } from './relay-deliveries.ts';
import { RemoteLog } from './remote-log.ts';
import { StorageGauge } from './storage-gauge.ts';
import type { TransactionMarker } from './transactions/transaction-marker.ts';
import { TransactionStore } from './transactions/transaction-store.ts';
import { countedBlobs, PartitionUsage, type UsagePorts } from './usage/partition-usage.ts';

/** While there are appends, the alarm comes this often: it repeats lost deliveries and reports the partition's size. */
const upkeepIntervalMs = 5_000;

/** Upkeep that could not ask the cluster tries again after this. */
const unverifiedRetryMs = 30_000;

/** A loss that nobody has looked after is reported again this often. */
const lossReminderMs = 60 * 60 * 1000;

/** How often what is remembered of producers and idempotency keys is checked for age. */
const pruneIntervalMs = 60 * 60 * 1000;

/** A producer idle for a day is forgotten (Kafka's producer.id.expiration.ms). */
const producerExpirationMs = 24 * 60 * 60 * 1000;

/** What a partition's leader needs of the platform. */
export type LeaderPorts = MaintenancePorts &
  StandingPorts &
  UsagePorts & {
    readonly pacer: CommitPacer;
    readonly alarm: AlarmClock;
    /** Says whether the principals of sockets still hold. */
    readonly authority: PrincipalAuthority;
    /** Bounds what its sockets ask for. */
    readonly quotas: QuotaGate;
    readonly refused: FastDoorLog['refused'];
    readonly pause: (ms: number) => Promise<void>;
    readonly relays: RelayCaller;
    /** Tells the cluster how large the partition is, and what to hold its log against after a start. */
    readonly report: ReportPartition;
    /** Ends the object's instance: its memory may no longer be what is stored. */
    readonly panic: (cause: unknown) => void;
  };

/** Leads one partition: takes appends, answers reads, pushes to subscribers. */
export class PartitionLeader<Socket extends FastSocket> {
  identity: PartitionIdentity;
  readonly deliveries: RelayDeliveries;
  readonly fastDoor: FastDoor<Socket>;
  readonly maintenance: PartitionMaintenance;
  readonly standing: LogStanding;
  readonly transactions: TransactionStore;
  readonly usage: PartitionUsage;
  readonly #ports: LeaderPorts;
  readonly #log: PartitionLog;
  readonly #timers: Timers;
  readonly #queue: AppendQueue;
  readonly #producers: ProducerStore;
  readonly #idempotency: IdempotencyStore;
  readonly #gauge: StorageGauge;
  /** When upkeep is due that was armed; null when none is. */
  #upkeepDueMs: number | null = null;
  /** Whether anything was flushed since upkeep ran. */
  #isBusy = false;
  /** The last description that the cluster was told. */
  #reported = '';
  #prunedAtMs = 0;

  constructor(given: LeaderPorts, identity: PartitionIdentity) {
    this.identity = identity;
    const ports = { ...given, blobs: countedBlobs(given.blobs, (unit) => this.usage.countUnits(unit)) };
    this.#ports = ports;
    this.#log = new PartitionLog(ports.sql);
    this.#gauge = new StorageGauge(ports.sql);
    this.usage = new PartitionUsage(ports, {
      identity: () => this.identity,
      storedUsage: this.#log.usage,
      storage: () => this.#storage(),
    });
    this.#timers = new Timers(ports);
    this.maintenance = new PartitionMaintenance(ports, {
      identity: () => this.identity,
      log: this.#log,
      timers: this.#timers,
      lastStableOffset: () => this.lastStableOffset,
      abortedRanges: (from, to) => this.transactions.abortedRanges(from, to),
      isLastOfProducer: (header) => isLastOfProducer(this.#producers.get(header.producerId), header),
      reload: () => this.#reload(),
    });
    this.standing = new LogStanding(ports, {
      log: this.#log,
      identity: () => this.identity,
      onRecovered: (leaderEpoch) => {
        this.identity = { ...this.identity, leaderEpoch };
        this.usage.reset(leaderEpoch);
      },
    });
    this.transactions = new TransactionStore(ports.sql);
    this.#producers = new ProducerStore(ports.sql);
    this.#idempotency = new IdempotencyStore(ports.sql);
    this.#queue = new AppendQueue(ports.pacer, (pending) => this.#flush(pending), ports.panic);
    this.deliveries = new RelayDeliveries({
      sql: ports.sql,
      caller: ports.relays,
      source: this.#log,
      ref: identity.ref,
      // That may be long after the alarm that made the call has done its work.
      onFailure: () => {
        if (this.identity.closedAtMs === null) void this.#armUpkeep(ports.clock.nowMs());
      },
    });
    this.fastDoor = new FastDoor<Socket>(this.#fastDoorLog());
    // The platform may have lost the alarm; whoever wakes the object thereby sets it going again.
    if (identity.closedAtMs === null) this.#armTimers();
  }

  /** Offsets below it are durable once an answer that names it arrives, since answers wait for the commit. */
  get highWatermark(): number {
    return this.#log.nextOffset;
  }

  /** Below it every transaction is decided: what a committed reader sees ends here. */
  get lastStableOffset(): number {
    const firstUnstable = this.transactions.firstUnstableOffset;
    return firstUnstable === null ? this.highWatermark : Math.max(firstUnstable, this.identity.logStartOffset);
  }

  /** Checks a request and queues it for the next flush; `settle` is called exactly once. */
  append(request: AppendPayload, depth: BatchCheckDepth, settle: SettleAppend): void {
    const { identity } = this;
    if (identity.closedAtMs !== null) {
      settle(failed('UNKNOWN_TOPIC_ID', `topic ${identity.topic} was deleted`));
      return;
    }
    const checked = checkAppend(request, identity.config, this.#ports.clock.nowMs(), depth);
    if (checked.ok) this.#queue.push({ append: checked.value, settle });
    else settle(checked);
  }

  /** Queues the end of a transaction, behind all that was appended before. */
  writeTxnMarker(marker: TransactionMarker): Promise<Result<null>> {
    return new Promise((resolve) => {
      const settle = (outcome: Result<AppendReply>) => resolve(outcome.ok ? ok(null) : outcome);
      this.#queue.push({ append: markerAppend(marker), settle });
    });
  }

  read(from: ReadFrom, maxBytes: number, isolation: Isolation): Result<ReadReply> {
    const { highWatermark, lastStableOffset, transactions } = this;
    const { logStartOffset, leaderEpoch } = this.identity;
    const bounds = { logStartOffset, highWatermark, lastStableOffset, leaderEpoch };
    return this.#noting(readPartition({ log: this.#log, bounds, transactions }, from, maxBytes, isolation));
  }

  describeProducers(): readonly ProducerDescription[] {
    return this.#producers.describe();
  }

  describe(): PartitionDescription {
    return {
      partition: this.identity.ref.partition,
      logStartOffset: this.identity.logStartOffset,
      highWatermark: this.highWatermark,
      ...this.#storage(),
      segmentCount: this.#log.segmentCount,
      maxTimestampMs: this.#log.maxTimestampMs,
      upkeep: this.maintenance.describe(),
    };
  }

  /** Does all upkeep that is due, or as much of it as one call may, and tells the cluster how the partition stands. */
  async maintain(): Promise<MaintenanceReport> {
    // Relays too may have missed what a lost alarm would have repeated.
    this.deliveries.announce();
    const { jobs } = await this.maintenance.settle();
    if (this.identity.closedAtMs === null) await this.#report();
    await this.usage.report();
    return { jobs, partition: this.describe() };
  }

  /** Makes the log start at `before`; what lies below is freed by the alarm. */
  async deleteRecords(before: DeleteBefore): Promise<Result<{ logStartOffset: number }>> {
    const { config, logStartOffset } = this.identity;
    const decided = decideDeleteRecords(config, { logStartOffset, highWatermark: this.highWatermark }, before);
    if (!decided.ok) return decided;
    if (decided.value > logStartOffset) {
      this.#ports.sql.transaction(() => {
        storeLogStart(this.#ports.sql, decided.value);
        this.maintenance.onLogStartMoved(this.#ports.clock.nowMs());
      });
      this.identity = { ...this.identity, logStartOffset: decided.value };
      await this.#timers.armAlarm();
    }
    return ok({ logStartOffset: decided.value });
  }

  /** Takes over a newer config of the topic. */
  async adoptConfig(grant: PartitionGrant): Promise<void> {
    const { config, configVersion } = grant;
    this.#ports.sql.transaction(() => {
      storeConfig(this.#ports.sql, grant);
      this.maintenance.onConfigChanged(this.#ports.clock.nowMs());
    });
    this.identity = { ...this.identity, config, configVersion };
    await this.#timers.armAlarm();
  }

  registerRelay(relay: string): Result<{ highWatermark: number; logStartOffset: number }> {
    if (!this.deliveries.register(relay)) {
      return failed('LIMIT_REACHED', `the partition serves ${relaysPerPartition} relays already`);
    }
    return ok({ highWatermark: this.highWatermark, logStartOffset: this.identity.logStartOffset });
  }

  /** Ends the partition: nothing is taken or answered any more, and the alarm frees what is stored. */
  async close(): Promise<void> {
    const nowMs = this.#ports.clock.nowMs();
    // A purge that comes early does no harm, and this one may have lost its alarm.
    if (this.identity.closedAtMs !== null) return this.#ports.alarm.armBy(nowMs);
    storeClosed(this.#ports.sql, nowMs);
    this.identity = { ...this.identity, closedAtMs: nowMs };
    this.fastDoor.closeAll();
    // A relay that hears of nothing new looks again, and learns that the topic is gone.
    this.deliveries.announceEnd();
    await this.#ports.alarm.armBy(nowMs);
  }

  /** What the alarm does; answers whether the object is purged and empty. */
  async runDue(): Promise<boolean> {
    const nowMs = this.#ports.clock.nowMs();
    const { closedAtMs } = this.identity;
    if (closedAtMs !== null) return this.#purge(closedAtMs, nowMs);
    this.#upkeepDueMs = null;
    const wasBusy = this.#isBusy;
    this.#isBusy = false;
    // A log that may have lost its end is left as it is: what its upkeep would delete may be what is missing.
    const sound = await this.standing.verify();
    if (!sound.ok) return this.#postpone(sound.error, nowMs);
    this.deliveries.announce();
    this.#prune(nowMs);
    await this.maintenance.runDue(nowMs);
    await this.#report();
    await this.#reportUsage(wasBusy);
    return false;
  }

  /** Accepts a log that lost records as it is, and tells the cluster soon. */
  async recover(): Promise<Result<PartitionRecovery>> {
    const recovered = await this.standing.recover();
    if (recovered.ok && recovered.value.recovered) {
      this.#reported = '';
      await this.#armUpkeep(this.#ports.clock.nowMs());
    }
    return recovered;
  }

  /** Upkeep that must wait for the cluster, or for somebody who looks after a loss. */
  async #postpone(failure: Failure, nowMs: number): Promise<false> {
    // The end of a partition whose topic was deleted is on its way.
    if (failure.code !== 'UNKNOWN_TOPIC_ID') {
      this.#ports.reportIncident({ event: 'partition-upkeep-postponed', failure });
    }
    await this.#ports.alarm.armBy(nowMs + (failure.code === 'LOG_UNVERIFIED' ? unverifiedRetryMs : lossReminderMs));
    return false;
  }

  async #purge(closedAtMs: number, nowMs: number): Promise<boolean> {
    // What was counted goes with the rows: the organization has to know it first.
    if (!(await this.usage.report())) {
      await this.#ports.alarm.armBy(nowMs + unverifiedRetryMs);
      return false;
    }
    // Until a relay answers that nobody there reads on: it may have been out of reach, and its readers would wait for ever.
    this.deliveries.announceEnd();
    if (this.deliveries.hasRelays) await this.#ports.alarm.armBy(nowMs + upkeepIntervalMs);
    return new PartitionPurge(this.#ports).run(this.identity, closedAtMs, nowMs);
  }

  #flush(pending: readonly PendingAppend[]): void {
    const nowMs = this.#ports.clock.nowMs();
    if (this.#gauge.isFull(pending.reduce((sum, { append }) => sum + append.sizeBytes, 0))) {
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
        openTransactions: this.transactions.open,
      },
      pending.map(({ append }) => append),
    );
    this.#isBusy = true;
    const usage = this.usage.stored(plan.usage, nowMs);
    const written = this.#ports.sql.transaction(() => {
      for (const entry of plan.producers) this.#producers.write(entry);
      for (const { claim, ranges } of plan.claims) this.#idempotency.write(claim, ranges);
      this.transactions.write(plan.transactions);
      const rows = this.#log.write(plan.placed, this.identity.config, usage, nowMs);
      if (rows.sealed.length > 0) this.maintenance.onSealed(nowMs);
      if (rows.begunTimestampMs !== null) this.maintenance.onBegun(rows.begunTimestampMs, nowMs);
      return rows;
    });
    this.#log.adopt(written);
    for (const entry of plan.producers) this.#producers.remember(entry);
    this.transactions.adopt(plan.transactions);
    assert(this.#log.nextOffset === plan.nextOffset, 'I-1b offsets are dense: the log ends where the plan does');
    const rowsEach = this.usage.rowsSince / pending.length;
    pending.forEach(({ settle }, index) => {
      const outcome = plan.outcomes[index];
      assert(outcome !== undefined, 'a plan has an outcome for every request');
      settle(outcome, rowsEach);
    });
    this.fastDoor.onFlush(written.rows);
    this.deliveries.deliver();
    if (written.begunTimestampMs !== null) this.#armTimers();
    if (written.sealed.length === 0) void this.#armUpkeep(nowMs);
  }

  /** A reader that comes upon damage is answered with it, and it is not forgotten. */
  #noting<T>(read: Result<T>): Result<T> {
    if (!read.ok) this.maintenance.damage.note(read.error);
    return read;
  }

  /** Reads anew what maintenance changed in the tables. */
  #reload(): void {
    const identity = loadIdentity(this.#ports.sql);
    assert(identity !== null, 'a partition that is led keeps its identity');
    this.identity = identity;
    this.#log.reload();
  }

  /** Of a deleted partition nothing is kept any more. */
  #storage(): { readonly localBytes: number; readonly remoteBytes: number } {
    if (this.identity.closedAtMs !== null) return { localBytes: 0, remoteBytes: 0 };
    return { localBytes: this.#log.localBytes, remoteBytes: this.#log.remote.totals().sizeBytes };
  }

  /** An alarm that could not be armed is not lost for good: the timers stand, and the sweep finds them. */
  #armTimers(): void {
    this.#timers.armAlarm().catch((cause: unknown) => {
      const failure = failed('UNKNOWN_SERVER_ERROR', `The alarm could not be armed: ${String(cause)}`).error;
      this.#ports.reportIncident({ event: 'partition-alarm-not-armed', failure });
    });
  }

  async #armUpkeep(nowMs: number): Promise<void> {
    // An alarm that is long overdue was lost, and is armed once more.
    if (this.#upkeepDueMs !== null && nowMs < this.#upkeepDueMs + upkeepIntervalMs) return;
    this.#upkeepDueMs = nowMs + upkeepIntervalMs;
    await this.#ports.alarm.armBy(nowMs + upkeepIntervalMs);
  }

  #prune(nowMs: number): void {
    if (nowMs - this.#prunedAtMs < pruneIntervalMs) return;
    this.#prunedAtMs = nowMs;
    this.#producers.prune(nowMs - producerExpirationMs);
    this.#idempotency.prune(nowMs);
    this.transactions.prune(this.identity.logStartOffset);
  }

  async #report(): Promise<void> {
    const description = this.describe();
    const text = JSON.stringify(description);
    if (text === this.#reported) return;
    await this.#ports.report(this.identity.ref, description, this.standing.witness, this.usage.written);
    // The cluster's object is called, and keeps the report in a row.
    this.usage.countUnits({ objectRequests: 1, rowsWritten: 1 });
    this.#reported = text;
  }

  /** While there are appends the next upkeep comes soon enough: arming the alarm for later, and anew, is two rows. */
  async #reportUsage(wasBusy: boolean): Promise<void> {
    const nowMs = this.#ports.clock.nowMs();
    const dueMs = await this.usage.reportDue(nowMs);
    if (dueMs === null) return;
    if (wasBusy) await this.#armUpkeep(nowMs);
    else await this.#ports.alarm.armBy(dueMs);
  }

  #fastDoorLog() {
    const leader = this;
    const remote = new RemoteLog(this.#log, this.#ports.blobs);
    return {
      topic: leader.identity.topic,
      authority: leader.#ports.authority,
      quotas: leader.#ports.quotas,
      refused: leader.#ports.refused,
      sent: (...sent: Parameters<PartitionUsage['countSent']>) => leader.usage.countSent(...sent),
      pause: (ms: number) => leader.#ports.pause(ms),
      nowMs: () => leader.#ports.clock.nowMs(),
      get highWatermark() {
        return leader.highWatermark;
      },
      get lastStableOffset() {
        return leader.lastStableOffset;
      },
      get logStartOffset() {
        return leader.identity.logStartOffset;
      },
      read: (offset: number, maxBytes: number, endOffset: number) =>
        leader.#noting(leader.#log.read(offset, maxBytes, endOffset)),
      aborted: (from: number, to: number) => leader.transactions.aborted(from, to),
      isRemote: (offset: number) => leader.#log.isRemote(offset),
      readRemote: async (offset: number, maxBytes: number) => leader.#noting(await remote.read(offset, maxBytes)),
      submit: (payload: AppendPayload, settle: (outcome: Result<AppendReply>) => void) =>
        leader.append(payload, 'records', settle),
      yieldTurn: () => leader.#ports.yieldTurn(),
    };
  }
}
