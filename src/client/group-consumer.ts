import { backoffMs, defaultBackoff, pause } from './backoff.ts';
import { callWaitMs } from './call-wait.ts';
import type { ConsumedRecord } from './consumed-record.ts';
import type { Gap } from './consumer.ts';
import type { GroupDoor, GroupMembership, GroupPage, GroupWish, OffsetTable, RefusedCommit } from './group-door.ts';
import { GroupProgress } from './group-progress.ts';
import { closedError, MillraceError } from './millrace-error.ts';
import { recordOfJson } from './record-json-source.ts';
import { type RepeatOptions, repeatCall } from './repeated-call.ts';

/** Partitions by topic. */
export type GroupPartitions = Readonly<Record<string, readonly number[]>>;

export type GroupOptions = RepeatOptions & {
  /** The topics to read. */
  readonly topics?: readonly string[];
  /** A regular expression that names of topics match whole: those that are created later are read too. */
  readonly pattern?: string;
  /** Where partitions begin that the group has no offset of: `earliest` by default. */
  readonly from?: 'earliest' | 'latest';
  /**
   * True, the default: a record is committed once the loop has asked for the next one. False: what is not given to
   * {@link GroupConsumer.commit} is read again by whoever comes next.
   */
  readonly autoCommit?: boolean;
  /** Awaited before anything is committed: what was made of the records is brought into safety here. */
  readonly beforeCommit?: () => Promise<void>;
  /** Makes this a static member: restarted within its session it finds its partitions again, and nobody else moves. */
  readonly instanceId?: string;
  /** `sticky` by default. */
  readonly assignor?: 'sticky' | 'uniform' | 'range';
  /** Silent for longer, the member loses its partitions: 45,000 by default. */
  readonly sessionTimeoutMs?: number;
  /** For so long the loop may hold on to a record of a partition that another member is to have: 60,000 by default. */
  readonly rebalanceTimeoutMs?: number;
  readonly maxBytes?: number;
  readonly maxRecords?: number;
  /** `read_committed` leaves out records of transactions that are not committed (docs/transactions.md). */
  readonly isolation?: 'read_uncommitted' | 'read_committed';
  /** Ends the loop once this member's partitions have brought nothing new for a second. */
  readonly stopAtEnd?: boolean;
  /** Told of the partitions this member has from now on. */
  readonly onAssigned?: (partitions: GroupPartitions) => void;
  /** Told of partitions that were taken away; records of theirs that were read and not handed out are dropped. */
  readonly onRevoked?: (partitions: GroupPartitions) => void;
  /** Told when the member was taken out and had to join again: what was not committed is read again by someone. */
  readonly onRejoined?: (error: MillraceError) => void;
  /** Told of offsets that were not committed because their partition is someone else's by now. */
  readonly onRefused?: (commits: readonly RefusedCommit[]) => void;
  /** Told of offsets that are gone. Without it a gap ends the loop with OFFSET_OUT_OF_RANGE. */
  readonly onGap?: (gap: Gap) => void;
  /** Ends the loop by throwing the signal's reason. */
  readonly signal?: AbortSignal;
};

/** Fenced so often in a row, another program has the same ids, and trying again would only take turns with it. */
const fencesMax = 5;

/**
 * A member of a consumer group, as an async iterable: the group's partitions are divided among its members, and a
 * record is handed to one of them, at least once. It joins when the loop begins; leaving (`close`, or `await using`)
 * commits and gives its partitions to the others at once.
 */
export class GroupConsumer implements AsyncIterable<ConsumedRecord>, AsyncDisposable {
  readonly group: string;
  readonly memberId: string;
  readonly #options: GroupOptions;
  readonly #door: GroupDoor;
  readonly #progress = new GroupProgress();
  readonly #stop = new AbortController();
  #memberEpoch = 0;
  #assignment: GroupPartitions = {};
  #heartbeatIntervalMs = 5_000;
  #fences = 0;
  /** The last answer told of no other assignment. */
  #isUnchanged = false;
  /** Calls of a member come one after the other: two at once could not be put in order. */
  #turn: Promise<unknown> = Promise.resolve();
  /** How often it went back to what is committed: pages read before that are dropped. */
  #rewinds = 0;
  #isStarted = false;
  #isClosed = false;

  constructor(group: string, memberId: string, options: GroupOptions, door: GroupDoor) {
    this.group = group;
    this.memberId = memberId;
    this.#options = options;
    this.#door = door;
    if (options.topics === undefined && options.pattern === undefined) {
      throw new MillraceError({
        code: 'INVALID_REQUEST',
        message: 'a member of a group reads topics or a pattern',
        status: null,
      });
    }
  }

  /** What this member reads now, and no other. */
  get assignment(): GroupPartitions {
    return this.#assignment;
  }

  /**
   * Commits, durably: up to and with this record in its partition, or everything that was handed out. Answers what was
   * refused because its partition is someone else's by now.
   */
  async commit(record?: Pick<ConsumedRecord, 'topic' | 'partition' | 'offset'>): Promise<readonly RefusedCommit[]> {
    if (record === undefined) this.#progress.finishAll();
    else this.#progress.finish(record.topic, record.partition, record.offset + 1);
    return this.#inTurn(() => this.#commitFinished());
  }

  /**
   * What a transaction commits for this member: up to and with this record in its partition, or everything that was
   * handed out. The transaction's own {@link Transaction.sendOffsets} asks for it.
   */
  offsetsToCommit(record?: Pick<ConsumedRecord, 'topic' | 'partition' | 'offset'>) {
    if (this.#options.autoCommit !== false) {
      throw new MillraceError({
        code: 'INVALID_REQUEST',
        message: 'a member whose offsets are committed in transactions reads with autoCommit: false',
        status: null,
      });
    }
    const offsets: OffsetTable =
      record === undefined ? this.#progress.positions : { [record.topic]: { [record.partition]: record.offset + 1 } };
    return { group: this.group, ...this.#call(), offsets };
  }

  /** A transaction has committed these offsets. */
  wasCommitted(offsets: OffsetTable): void {
    this.#progress.committedElsewhere(offsets);
  }

  /** Goes back to what is committed: what was handed out since comes again. */
  rewind(): void {
    this.#rewinds += 1;
    this.#progress.clear();
  }

  /** Commits what is dealt with, leaves the group and ends the loop quietly. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stop.abort();
    await this.#turn.catch(() => undefined);
    if (this.#memberEpoch === 0) return;
    const away = this.#options.instanceId !== undefined;
    const commit = await this.#toCommit();
    try {
      await this.#door.leave({ ...this.#call(), commit, away });
    } catch (thrown) {
      // Whoever is fenced or out already has left; otherwise the session ends by itself.
      if (!(thrown instanceof MillraceError)) throw thrown;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ConsumedRecord, void, undefined> {
    if (this.#isStarted || this.#isClosed) {
      throw new MillraceError({
        code: 'INVALID_REQUEST',
        message: 'a member of a group can be looped over once',
        status: null,
      });
    }
    this.#isStarted = true;
    const { signal } = this.#options;
    const abort = () => this.#stop.abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      while (!this.#stop.signal.aborted && signal?.aborted !== true) {
        const page = await this.#inTurn(() => this.#read());
        if (page !== null) yield* this.#handOut(page);
        if (page !== null && this.#isAtEnd(page)) break;
      }
      signal?.throwIfAborted();
    } finally {
      signal?.removeEventListener('abort', abort);
      await this.close();
    }
  }

  /** Hands out a page, and keeps the member alive meanwhile, however long the loop takes over a record. */
  async *#handOut(page: GroupPage): AsyncGenerator<ConsumedRecord, void, undefined> {
    const timer = setInterval(() => this.#beat(), this.#heartbeatIntervalMs);
    const isAutomatic = this.#options.autoCommit ?? true;
    const rewinds = this.#rewinds;
    try {
      for (const json of page.records) {
        const { topic, partition, offset } = json;
        if (this.#stop.signal.aborted) return;
        if (this.#assignment[topic]?.includes(partition) !== true) continue;
        this.#progress.handOut(topic, partition, offset);
        yield recordOfJson(topic, json);
        if (this.#rewinds !== rewinds) return;
        if (isAutomatic) this.#progress.finish(topic, partition, offset + 1);
      }
      // Offsets without a record (compacted away, or marks of transactions) are passed over with the page.
      for (const [topic, partitions] of Object.entries(page.positions)) {
        for (const [partition, offset] of Object.entries(partitions)) {
          if (this.#assignment[topic]?.includes(Number(partition)) !== true) continue;
          this.#progress.reach(topic, Number(partition), offset);
          if (isAutomatic && page.records.length > 0) this.#progress.finish(topic, Number(partition), offset);
        }
      }
    } finally {
      clearInterval(timer);
    }
  }

  /** One call that commits and reads; null when the member has to start anew, or was closed. */
  async #read(): Promise<GroupPage | null> {
    const { positions } = this.#progress;
    const commit = await this.#toCommit();
    const call = { ...this.#call(), ...this.#wish(), commit, positions };
    const waitMs = callWaitMs(this.#options.stopAtEnd === true);
    const epoch = this.#memberEpoch;
    const page = await this.#persist(() => this.#door.consume(call, waitMs, this.#stop.signal));
    if (page === null) return null;
    this.#take(page, commit);
    this.#isUnchanged = page.member_epoch === epoch;
    for (const gap of page.gaps ?? []) this.#pass(gap);
    return page;
  }

  /** An answer that says something new about the member came at once, and proves nothing. */
  #isAtEnd({ records, gaps }: GroupPage): boolean {
    return this.#options.stopAtEnd === true && this.#isUnchanged && records.length === 0 && gaps === undefined;
  }

  #beat(): void {
    void this.#inTurn(async () => {
      const commit = await this.#toCommit();
      const membership = await this.#door.heartbeat({ ...this.#call(), commit }, this.#stop.signal);
      this.#take(membership, commit);
    }).catch(() => undefined); // The next call meets the same failure, and has someone to tell.
  }

  async #commitFinished(): Promise<readonly RefusedCommit[]> {
    const offsets = await this.#toCommit();
    if (Object.keys(offsets).length === 0) return [];
    const call = { ...this.#call(), offsets };
    const { refused } = await this.#repeat(() => this.#door.commit(call, this.#stop.signal));
    this.#progress.committed(offsets);
    return refused;
  }

  /** Takes over what an answer says about this member. */
  #take(answer: GroupMembership, sent: OffsetTable): void {
    const { assignment, refused, rejoined } = answer;
    const before = this.#assignment;
    this.#fences = 0;
    this.#memberEpoch = answer.member_epoch;
    this.#heartbeatIntervalMs = answer.heartbeat_interval_ms;
    this.#assignment = assignment;
    if (rejoined !== undefined) {
      this.#progress.clear();
      this.#options.onRejoined?.(new MillraceError(rejoined));
    } else {
      this.#progress.committed(sent);
    }
    const lost = without(before, assignment);
    this.#progress.forget(lost);
    if (Object.keys(lost).length > 0) this.#options.onRevoked?.(lost);
    if (Object.keys(without(assignment, before)).length > 0) this.#options.onAssigned?.(assignment);
    if (refused !== undefined) this.#options.onRefused?.(refused);
  }

  /** As {@link GroupConsumer.#repeat}; null when the member was fenced and must join anew, or was closed. */
  async #persist<T>(call: () => Promise<T>): Promise<T | null> {
    try {
      return await this.#repeat(call);
    } catch (thrown) {
      if (this.#stop.signal.aborted) return null;
      const isFenced = thrown instanceof MillraceError && thrown.code === 'FENCED_MEMBER_EPOCH';
      if (!isFenced || this.#fences >= fencesMax) throw thrown;
      return this.#startAnew(thrown);
    }
  }

  async #repeat<T>(call: () => Promise<T>): Promise<T> {
    const { signal } = this.#stop;
    try {
      return await repeatCall(call, this.#options, signal);
    } catch (thrown) {
      throw signal.aborted ? closedError('the member of the group') : thrown;
    }
  }

  async #toCommit(): Promise<OffsetTable> {
    const offsets = this.#progress.uncommitted;
    if (Object.keys(offsets).length > 0) await this.#options.beforeCommit?.();
    return offsets;
  }

  async #startAnew(error: MillraceError): Promise<null> {
    this.#fences += 1;
    this.#memberEpoch = 0;
    this.#progress.clear();
    this.#assignment = {};
    this.#options.onRejoined?.(error);
    await pause(backoffMs(this.#options.backoff ?? defaultBackoff, this.#fences, Math.random()), this.#stop.signal);
    return null;
  }

  #pass(gap: Gap): void {
    const { onGap } = this.#options;
    if (onGap !== undefined) {
      onGap(gap);
      return;
    }
    const { topic, partition, from, to, reason } = gap;
    throw new MillraceError({
      code: 'OFFSET_OUT_OF_RANGE',
      message: `offsets ${from} to ${to - 1} of partition ${partition} of "${topic}" are gone (${reason}); pass onGap to go on behind them`,
      detail: { topic, partition, from, to, reason },
    });
  }

  #call() {
    const { instanceId } = this.#options;
    return {
      member_id: this.memberId,
      member_epoch: this.#memberEpoch,
      ...(instanceId === undefined ? {} : { instance_id: instanceId }),
    };
  }

  #wish(): GroupWish {
    const { topics, pattern, assignor, sessionTimeoutMs, rebalanceTimeoutMs, from, maxBytes, maxRecords, isolation } =
      this.#options;
    return {
      topics,
      topics_pattern: pattern,
      assignor,
      session_timeout_ms: sessionTimeoutMs,
      rebalance_timeout_ms: rebalanceTimeoutMs,
      from,
      max_bytes: maxBytes,
      max_records: maxRecords,
      isolation,
    };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** The partitions of `one` that are not in `other`; topics without any are left out. */
function without(one: GroupPartitions, other: GroupPartitions): GroupPartitions {
  const rest = Object.entries(one).map(([topic, partitions]) => {
    return [topic, partitions.filter((partition) => other[topic]?.includes(partition) !== true)] as const;
  });
  return Object.fromEntries(rest.filter(([, partitions]) => partitions.length > 0));
}
