import { assert } from '../../errors/assert.ts';
import { type Failed, failed, ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import type { AlarmClock } from '../../platform/alarm.ts';
import type { Clock } from '../../platform/clock.ts';
import { isInitialized, openSchema } from '../../platform/migrations.ts';
import type { SqlStore } from '../../platform/sql-store.ts';
import { Timers } from '../../platform/timers.ts';
import type { DeadLetterDoor } from './dead-letter.ts';
import { DeadLetterSender } from './dead-letter-sender.ts';
import type { ShareStart } from './share-config.ts';
import type {
  ShareAcquireReply,
  ShareAcquireRequest,
  ShareCall,
  SharePartitionDescription,
  SharePartitionRpc,
  ShareSettleRequest,
} from './share-partition-rpc.ts';
import { sharePartitionMigrations } from './share-partition-schema.ts';
import { type SharePartitionRow, SharePartitionStore } from './share-partition-store.ts';
import { countOf, type ShareRecordState } from './share-range.ts';
import { isSameSharePartition, type SharePartitionRef } from './share-ref.ts';
import {
  type AcknowledgeCommand,
  acknowledge,
  acquire,
  archiveGap,
  dropDead,
  emptyShareState,
  expire,
  giveBack,
  nextChangeMs,
  nextExpiryMs,
  type ShareState,
} from './share-state.ts';
import { encodeShareState } from './share-state-text.ts';

/** The log that is shared, as far as its object must know it. */
export interface SourceLog {
  /** UNKNOWN_TOPIC_ID once the topic is deleted. */
  ends(ref: SharePartitionRef, topic: string): Promise<Result<LogEnds>>;
  /** The first offset whose record reaches the timestamp, or the end of the log. */
  offsetAt(ref: SharePartitionRef, topic: string, timestampMs: number): Promise<Result<number>>;
}

export type LogEnds = { readonly logStartOffset: number; readonly highWatermark: number };

/** What a share partition needs of the platform. */
export type SharePartitionPorts = {
  readonly sql: SqlStore;
  readonly alarm: AlarmClock;
  readonly clock: Clock;
  /** Whether the object that runs this is the one that `ref` names. */
  readonly isOwn: (ref: SharePartitionRef) => boolean;
  readonly source: SourceLog;
  readonly deadLetters: DeadLetterDoor;
  readonly reportError: (error: unknown) => void;
};

/** A closed one refuses for as long as an edge may still believe in the group; then it frees what it has stored. */
const purgeDelayMs = 600_000;

/** After a failure of the alarm itself (its storage, a bug) the next run waits this long. */
const alarmRetryMs = 30_000;

/** Decisions that are answered the same again when their call is repeated, as after an answer that was lost. */
const rememberedDecisions = 2_000;

/** The names of the object's timers. */
const timer = { locks: 'locks', deadLetters: 'dead-letters', purge: 'purge' } as const;

/**
 * The verbs of the object that shares one partition. Every command is decided on the state in memory and written in one
 * transaction before anyone hears of it: a delivery is counted before the record is handed out.
 */
export class SharePartitionService implements SharePartitionRpc {
  readonly #ports: SharePartitionPorts;
  readonly #store: SharePartitionStore;
  readonly #timers: Timers;
  readonly #sender: DeadLetterSender;
  /** Set when the stored data cannot be served; every verb answers with it. */
  readonly #refusal: Failed | null;
  readonly #decided = new Set<string>();
  #row: SharePartitionRow | null = null;
  #state: ShareState = emptyShareState(0);
  #storedText = '';
  #alarmRun: Promise<void> | null = null;
  #ends: LogEnds = { logStartOffset: 0, highWatermark: 0 };

  constructor(ports: SharePartitionPorts) {
    this.#ports = ports;
    this.#store = new SharePartitionStore(ports.sql);
    this.#timers = new Timers(ports);
    this.#sender = new DeadLetterSender(ports, this.#store, {
      row: () => this.#row,
      state: () => this.#state,
      change: (state, also) => this.#write(state, also),
    });
    const opened = openSchema(ports.sql, sharePartitionMigrations);
    this.#refusal = opened.ok ? null : opened;
    if (opened.ok && opened.value) this.#load();
  }

  async open(call: ShareCall): Promise<Result<null>> {
    const row = await this.#begun(call);
    return row.ok ? ok(null) : row;
  }

  async acquire({ call, memberId, lockId, maxRecords }: ShareAcquireRequest): Promise<Result<ShareAcquireReply>> {
    const begun = await this.#begun(call);
    if (!begun.ok) return begun;
    const known = await this.#learnEnds(call, maxRecords);
    if (!known.ok) return known;
    const row = this.#find(call.ref);
    if (!row.ok) return row;
    const nowMs = this.#ports.clock.nowMs();
    const bounded = Math.min(maxRecords, limits.shareAcquireRecords.max);
    const command = { memberId, lockId, maxRecords: bounded, ...this.#ends };
    const { state, acquired } = acquire(this.#state, command, row.value.config, nowMs);
    this.#write(state);
    await this.#timers.armAlarm();
    const nextMs = nextChangeMs(this.#state, nowMs);
    return ok({
      acquired,
      highWatermark: this.#ends.highWatermark,
      nextChangeInMs: nextMs === null ? null : Math.max(0, nextMs - nowMs),
    });
  }

  async settle({ ref, lockId, undelivered, gaps }: ShareSettleRequest): Promise<Result<null>> {
    const row = this.#find(ref);
    if (!row.ok) return row;
    let state = this.#state;
    for (const span of undelivered) state = giveBack(state, lockId, span);
    for (const span of gaps) state = archiveGap(state, lockId, span);
    this.#write(state);
    return ok(null);
  }

  async acknowledge(call: ShareCall, entries: readonly AcknowledgeCommand[]): Promise<Result<readonly Result<null>[]>> {
    const found = this.#find(call.ref);
    if (!found.ok) return found;
    const row = this.#adopt(found.value, call);
    const nowMs = this.#ports.clock.nowMs();
    let state = this.#state;
    const decisions: string[] = [];
    const results = entries.map((entry): Result<null> => {
      const decision = `${entry.lockId} ${entry.from} ${entry.to} ${entry.type}`;
      if (entry.type !== 'renew' && this.#decided.has(decision)) return ok(null);
      const decided = acknowledge(state, entry, row.config, nowMs);
      if (!decided.ok) return decided;
      state = decided.value;
      decisions.push(decision);
      return ok(null);
    });
    this.#write(state);
    for (const decision of decisions) this.#remember(decision);
    await this.#timers.armAlarm();
    return ok(results);
  }

  async describe(ref: SharePartitionRef): Promise<Result<SharePartitionDescription | null>> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    if (this.#row === null) return ok(null);
    const row = this.#find(ref);
    if (!row.ok) return row;
    const ends = await this.#ports.source.ends(ref, row.value.topic);
    if (!ends.ok) return ends;
    const nowMs = this.#ports.clock.nowMs();
    const state = expire(this.#state, row.value.config, nowMs);
    const count = (wanted: ShareRecordState) =>
      state.ranges.reduce((sum, range) => sum + (range.state === wanted ? countOf(range) : 0), 0);
    return ok({
      partition: ref.partition,
      startOffset: state.startOffset,
      endOffset: state.endOffset,
      ...ends.value,
      available: count('available') + Math.max(0, ends.value.highWatermark - state.endOffset),
      acquired: count('acquired'),
      deadLetters: count('dead'),
      deadLetterFailure: this.#sender.lastFailure,
      accepted: state.acceptedCount,
      archived: state.archivedCount,
      deadLettered: state.deadLetteredCount,
    });
  }

  async reset(call: ShareCall): Promise<Result<{ startOffset: number }>> {
    const begun = await this.#begun(call);
    if (!begun.ok) return begun;
    const start = await this.#startOffset(call, call.config.start);
    if (!start.ok) return start;
    const row = this.#find(call.ref);
    if (!row.ok) return row;
    if (this.#state.ranges.some(({ state }) => state === 'dead')) {
      return failed('INVALID_RECORD_STATE', 'Dead letters are on their way; move the group once they are written.');
    }
    const { acceptedCount, archivedCount, deadLetteredCount } = this.#state;
    this.#write({ ...emptyShareState(start.value), acceptedCount, archivedCount, deadLetteredCount });
    return ok({ startOffset: start.value });
  }

  async close(ref: SharePartitionRef): Promise<Result<null>> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    if (this.#row === null || this.#row.closedAtMs !== null) return ok(null);
    const nowMs = this.#ports.clock.nowMs();
    this.#ports.sql.transaction(() => {
      this.#store.saveClosed(nowMs);
      this.#timers.cancel(timer.locks);
      this.#timers.cancel(timer.deadLetters);
      this.#timers.arm(timer.purge, nowMs + purgeDelayMs);
    });
    this.#row = { ...this.#row, closedAtMs: nowMs };
    await this.#timers.armAlarm();
    return ok(null);
  }

  /**
   * The object's alarm. Never throws: the platform gives up on an alarm that keeps throwing. One that comes while another
   * is at work joins it: two at once would each write the same dead letters.
   */
  runAlarm(): Promise<void> {
    this.#alarmRun ??= this.#runDue().finally(() => {
      this.#alarmRun = null;
    });
    return this.#alarmRun;
  }

  async #runDue(): Promise<void> {
    if (this.#row === null) return;
    try {
      for (const kind of this.#timers.due(this.#ports.clock.nowMs())) {
        this.#timers.begin(kind);
        if (kind === timer.purge) return await this.#purge();
        if (kind === timer.locks) this.#runLocks();
        if (kind === timer.deadLetters) await this.#runDeadLetters();
      }
      await this.#timers.armAlarm();
    } catch (error) {
      this.#ports.reportError(error);
      await this.#ports.alarm.armBy(this.#ports.clock.nowMs() + alarmRetryMs).catch(this.#ports.reportError);
    }
  }

  #runLocks(): void {
    assert(this.#row !== null, 'a share partition has timers once it has begun');
    const state = expire(this.#state, this.#row.config, this.#ports.clock.nowMs());
    this.#write(state, () => this.#timers.finish(timer.locks, nextExpiryMs(state)), 'locks-are-run');
  }

  async #runDeadLetters(): Promise<void> {
    const retryInMs = await this.#sender.run();
    const hasNew = this.#state.ranges.some(({ state }) => state === 'dead');
    const waitMs = retryInMs ?? (hasNew ? 0 : null);
    const nextMs = waitMs === null ? null : this.#ports.clock.nowMs() + waitMs;
    this.#ports.sql.transaction(() => this.#timers.finish(timer.deadLetters, nextMs));
  }

  async #purge(): Promise<void> {
    await this.#ports.sql.deleteAll();
    this.#row = null;
    this.#state = emptyShareState(0);
  }

  #read(): void {
    this.#row = this.#store.loadRow();
    this.#state = this.#store.loadState();
    this.#storedText = encodeShareState(this.#state);
  }

  #load(): void {
    this.#read();
    this.#ends = { logStartOffset: 0, highWatermark: this.#state.endOffset };
    // The platform may have lost the alarm; whoever wakes the object thereby sets it going again.
    this.#timers.armAlarm().catch(this.#ports.reportError);
  }

  /** The partition as this group reads it; begun where the config says if it was not yet. */
  async #begun(call: ShareCall): Promise<Result<SharePartitionRow>> {
    const own = this.#checkOwn(call.ref);
    if (!own.ok) return own;
    if (this.#row === null) {
      const start = await this.#startOffset(call, call.isAdded ? 'earliest' : call.config.start);
      if (!start.ok) return start;
      // Another call may have begun it meanwhile.
      if (this.#row === null) this.#create(call, start.value);
    }
    const row = this.#find(call.ref);
    return row.ok ? ok(this.#adopt(row.value, call)) : row;
  }

  async #startOffset({ ref, topic }: ShareCall, start: ShareStart): Promise<Result<number>> {
    if (typeof start !== 'string') return this.#ports.source.offsetAt(ref, topic, start.timestampMs);
    const ends = await this.#ports.source.ends(ref, topic);
    if (!ends.ok) return ends;
    return ok(start === 'earliest' ? ends.value.logStartOffset : ends.value.highWatermark);
  }

  #create({ ref, topic, config, configVersion }: ShareCall, startOffset: number): void {
    const row = { ref, topic, config, configVersion, closedAtMs: null };
    try {
      this.#ports.sql.transaction(() => this.#store.create(row, emptyShareState(startOffset)));
    } finally {
      // Also after a failure: the transaction may have been carried out.
      if (isInitialized(this.#ports.sql)) this.#load();
    }
  }

  /** Takes over a newer config of the group. */
  #adopt(row: SharePartitionRow, { config, configVersion }: ShareCall): SharePartitionRow {
    if (configVersion <= row.configVersion) return row;
    const adopted = { ...row, config, configVersion };
    const state = config.deadLetterTopic === null ? dropDead(this.#state) : this.#state;
    this.#row = adopted;
    this.#write(state, () => this.#store.saveConfig(config, configVersion));
    return adopted;
  }

  /** Asks the log how far it reaches, unless enough is known to be there. */
  async #learnEnds({ ref, topic }: ShareCall, maxRecords: number): Promise<Result<null>> {
    const available = this.#state.ranges.reduce(
      (sum, range) => sum + (range.state === 'available' && range.atMs === 0 ? countOf(range) : 0),
      Math.max(0, this.#ends.highWatermark - this.#state.endOffset),
    );
    if (available >= maxRecords) return ok(null);
    const ends = await this.#ports.source.ends(ref, topic);
    if (!ends.ok) return ends;
    // Answers may overtake each other, and a log only grows.
    this.#ends = {
      logStartOffset: Math.max(this.#ends.logStartOffset, ends.value.logStartOffset),
      highWatermark: Math.max(this.#ends.highWatermark, ends.value.highWatermark),
    };
    return ok(null);
  }

  /** Stores a state, with what else belongs to it, and the times that follow from it; memory follows the rows. */
  #write(state: ShareState, also: () => void = () => {}, run: 'locks-are-run' | null = null): void {
    assert(state.startOffset >= this.#state.startOffset || state.ranges.length === 0, 'I-4c the start only moves on');
    const text = encodeShareState(state);
    try {
      this.#ports.sql.transaction(() => {
        if (text !== this.#storedText) this.#store.saveState(text);
        const expiryMs = nextExpiryMs(state);
        if (expiryMs !== null && run === null) this.#timers.arm(timer.locks, expiryMs);
        if (state.ranges.some(({ state: found }) => found === 'dead') && this.#timers.dueMs(timer.deadLetters) === null)
          this.#timers.arm(timer.deadLetters, this.#ports.clock.nowMs());
        also();
      });
    } catch (error) {
      // A transaction that failed may have been carried out: what is stored is the truth, not what was meant.
      this.#read();
      throw error;
    }
    this.#state = state;
    this.#storedText = text;
  }

  #find(ref: SharePartitionRef): Result<SharePartitionRow> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    const row = this.#row;
    if (row === null)
      return failed('INVALID_RECORD_STATE', 'Nothing of this partition was ever acquired in the group.');
    if (row.closedAtMs !== null) return failed('GROUP_ID_NOT_FOUND', 'The share group or the topic was deleted.');
    return ok(row);
  }

  #checkOwn(ref: SharePartitionRef): Result<null> {
    if (this.#refusal !== null) return this.#refusal;
    const isOwn = (this.#row === null || isSameSharePartition(this.#row.ref, ref)) && this.#ports.isOwn(ref);
    return isOwn ? ok(null) : failed('WRONG_OBJECT', 'This object shares another partition, or none.');
  }

  #remember(decision: string): void {
    if (this.#decided.size >= rememberedDecisions) {
      const [oldest] = this.#decided;
      if (oldest !== undefined) this.#decided.delete(oldest);
    }
    this.#decided.add(decision);
  }
}
