import { retryAfterMsOf } from '../authorization/quota-gate.ts';
import {
  type AcknowledgedFrame,
  type AcknowledgeFrame,
  type CreditFrame,
  defaultShareCreditRecords,
  type JoinedFrame,
  type SubscribeFrame,
} from '../contracts/websocket.ts';
import { errorTable } from '../errors/error-codes.ts';
import { type Failure, failed, ok, type Result } from '../errors/result.ts';
import type { FetchStart } from '../gateway/group-fetch.ts';
import type { ShareAcquired } from '../gateway/share/share-consumer.ts';
import { limits } from '../limits.ts';
import type { FeedTable } from './feed-table.ts';
import { checkMember } from './group-subscriber.ts';
import { incidentFailure } from './incident.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { RelayPorts } from './ports.ts';
import {
  maxAttachmentBytes,
  maxFrameTextBytes,
  maxParallelRegistrations,
  maxReadAttempts,
  readRetryPauseMs,
  shareHeartbeatMs,
} from './relay-limits.ts';
import type { RelaySession } from './relay-session.ts';
import { throttleFrame } from './server-frames.ts';
import { ShareMembership, type ShareTerms, type WatchedPartition } from './share-membership.ts';
import { maxAttachmentSize } from './socket-attachment.ts';
import { idInUse, tooLargeToKeep, tooManySubscriptions } from './subscriber.ts';

/** What a relay does around its members of share groups. */
export type ShareWork = {
  /** Called when work outside a turn is done: what changed is kept with the sockets. */
  readonly save: () => void;
  /** Whether something may be done now on behalf of a session. */
  readonly isGood: (session: RelaySession) => Promise<boolean>;
};

/**
 * Memberships of share groups for the relay's sockets: a loop for each, which acquires while there is credit, and else
 * waits for credit, records, locks that run out, or the next heartbeat. While it lasts, the relay stays in memory.
 */
export class ShareSubscriber {
  readonly #ports: Pick<RelayPorts, 'shares' | 'groups' | 'quotas' | 'usage' | 'keepAlive' | 'pause'>;
  readonly #reader: PartitionReader;
  readonly #feeds: FeedTable;
  readonly #work: ShareWork;

  constructor(ports: RelayPorts, reader: PartitionReader, feeds: FeedTable, work: ShareWork) {
    this.#ports = ports;
    this.#reader = reader;
    this.#feeds = feeds;
    this.#work = work;
  }

  /** Answers with `joined` once the group knows the member, or with a fatal `error`. */
  subscribe(session: RelaySession, frame: SubscribeFrame & { readonly share_group: string }): void {
    const { id } = frame;
    if (session.isTaken(id)) {
      session.fail(id, idInUse(id).error, false);
      return;
    }
    const membership = this.#enter(session, frame);
    if (membership.ok) this.begin(membership.value);
    else session.fail(id, membership.error, true);
  }

  /** Sets a membership going: a new one, or one that the relay finds with a socket when it comes into memory. */
  begin(membership: ShareMembership): void {
    this.#ports.keepAlive(this.#live(membership));
  }

  grant(membership: ShareMembership, { id, records }: CreditFrame): void {
    const { session, creditRecords } = membership;
    if (records === undefined) {
      session.fail(id, noRecords, false);
    } else if (creditRecords + records > limits.shareAcquireRecords.max) {
      session.fail(id, tooMuchCredit(creditRecords), false);
    } else {
      membership.creditRecords += records;
      session.changed();
      membership.wake();
    }
  }

  async acknowledge(session: RelaySession, { id, acknowledgements, ref }: AcknowledgeFrame): Promise<void> {
    const membership = session.shares.get(id);
    if (membership === undefined) return session.fail(id, noMembership(id), false);
    const entries = acknowledgements.map(
      ({ topic, partition, from, to, lock_id: lockId, type, delay_ms: delayMs }) => ({
        topic,
        partition,
        from,
        to: to ?? from,
        lockId,
        type,
        delayMs: delayMs ?? null,
      }),
    );
    const allowed = checkMember(
      session.principal,
      membership.terms.groupId,
      entries.map(({ topic }) => topic),
    );
    const work = async () => {
      const answered = !allowed.ok
        ? allowed
        : await this.#ports.shares.consumer.acknowledge(membership.terms.groupId, entries);
      const results: AcknowledgedFrame['results'] = entries.map((_, index) => {
        const result = answered.ok ? answered.value[index]! : answered;
        return result.ok ? { ok: true } : { code: result.error.code, message: result.error.message };
      });
      session.send(JSON.stringify({ type: 'acknowledged', id, ref, results } satisfies AcknowledgedFrame));
    };
    membership.turn = membership.turn.then(work).catch((thrown) => {
      this.#end(membership, incidentFailure(thrown, 'share group'));
    });
    await membership.turn;
  }

  /** Leaves at the client's wish, or because its socket is gone. What it holds stays locked until its locks run out. */
  leave(membership: ShareMembership): void {
    if (membership.hasEnded) return;
    membership.hasEnded = true;
    const { session, id, watched } = membership;
    session.shares.delete(id);
    session.changed();
    for (const { feed } of watched.values()) {
      feed.listeners.delete(membership.wake);
      this.#feeds.leave(feed);
    }
    watched.clear();
    membership.wake();
  }

  #end(membership: ShareMembership, failure: Failure): void {
    if (membership.hasEnded) return;
    membership.session.fail(membership.id, failure, true);
    this.leave(membership);
    this.#work.save();
  }

  #enter(session: RelaySession, frame: SubscribeFrame & { readonly share_group: string }): Result<ShareMembership> {
    const { id, credit = defaultShareCreditRecords } = frame;
    const terms = this.#termsOf(session, frame);
    if (!terms.ok) return terms;
    if (credit > limits.shareAcquireRecords.max) return { ok: false, error: tooMuchCredit(0) };
    const membership = new ShareMembership(session, id, terms.value, credit);
    session.shares.set(id, membership);
    if (maxAttachmentSize(session) > maxAttachmentBytes) {
      session.shares.delete(id);
      return tooLargeToKeep();
    }
    session.changed();
    return ok(membership);
  }

  #termsOf(session: RelaySession, frame: SubscribeFrame & { readonly share_group: string }): Result<ShareTerms> {
    const { topic = session.topic, from, partitions, group, topics_pattern: pattern, isolation } = frame;
    if (group !== undefined)
      return failed('INVALID_REQUEST', 'A subscription names a "group" or a "share_group", not both.');
    if (from !== undefined || partitions !== undefined || pattern !== undefined) {
      return failed(
        'INVALID_REQUEST',
        'In a share group, "from", "partitions" and "topics_pattern" mean nothing: its "start" says where it begins, and all partitions of its "topics" are shared.',
      );
    }
    if (isolation === 'read_committed') {
      return failed('INVALID_REQUEST', 'A share group reads what is there; "isolation" is no matter of its members.');
    }
    if (session.subscriptionCount >= limits.subscriptionsPerSocket.value) return tooManySubscriptions();
    const topics = frame.topics ?? (topic === null ? [] : [topic]);
    if (topics.length === 0) return failed('INVALID_REQUEST', 'In a share group, name its "topics".');
    const allowed = checkMember(session.principal, frame.share_group, topics);
    if (!allowed.ok) return allowed;
    const memberId = frame.member_id ?? this.#ports.groups.newMemberId();
    return ok({ groupId: frame.share_group, memberId, topics: [...new Set(topics)], as: frame.as ?? 'auto' });
  }

  /** The group hears that the member has left once no call is under way that would bring it back. */
  async #live(membership: ShareMembership): Promise<void> {
    try {
      await this.#run(membership);
    } catch (thrown) {
      this.#end(membership, incidentFailure(thrown, 'share group'));
    }
    const { groupId, memberId } = membership.terms;
    // When this is lost, the group forgets the member after its session.
    await this.#ports.shares.groups.leave({ ...this.#ports.groups.cluster, groupId }, memberId).catch(() => undefined);
  }

  async #run(membership: ShareMembership): Promise<void> {
    const sinceMs = this.#ports.groups.clock.nowMs();
    for (let failures = 0; !membership.hasEnded; ) {
      if (this.#isSilent(membership, sinceMs)) return this.#end(membership, fellSilent(membership));
      const pauseMs = await this.#unpaidMs(membership);
      if (membership.hasEnded) return;
      const wanted = pauseMs > 0 ? 0 : Math.max(0, membership.creditRecords);
      const acquired = await this.#acquire(
        membership,
        wanted,
        membership.hasJoined && wanted > 0 ? shareHeartbeatMs : 0,
      );
      if (membership.hasEnded) return;
      if (acquired.ok) {
        failures = 0;
        this.#send(membership, acquired.value);
        const isIdle = acquired.value.texts.length === 0 && (wanted === 0 || membership.creditRecords <= 0);
        if (isIdle) await this.#wait(membership, Math.min(pauseMs || shareHeartbeatMs, shareHeartbeatMs));
      } else {
        failures += 1;
        if (!isWorthRetrying(acquired.error) || failures >= maxReadAttempts) {
          return this.#end(membership, acquired.error);
        }
        await this.#wait(membership, readRetryPauseMs * 2 ** failures);
      }
    }
  }

  /**
   * How long nothing may be acquired for it, because nobody vouches for its credential or what it was sent is not paid
   * for; it stays a member meanwhile. 0 when it may go on.
   */
  async #unpaidMs(membership: ShareMembership): Promise<number> {
    const { session, id } = membership;
    if (!(await this.#work.isGood(session))) return shareHeartbeatMs;
    if (session.principal.quotas === undefined || membership.creditRecords <= 0) return 0;
    const use = { topic: topicOf(membership), requests: 0, produceBytes: 0, isFetch: true } as const;
    const paid = await this.#ports.quotas.admit(session.principal, use);
    const wasThrottled = membership.isThrottled;
    membership.isThrottled = !paid.ok;
    if (paid.ok) return 0;
    if (paid.error.code !== 'THROTTLING_QUOTA_EXCEEDED') this.#end(membership, paid.error);
    else if (!wasThrottled) session.send(throttleFrame(id, paid.error, retryAfterMsOf(paid.error)));
    return retryAfterMsOf(paid.error);
  }

  #acquire(membership: ShareMembership, wanted: number, waitMs: number): Promise<Result<ShareAcquired>> {
    const { terms } = membership;
    const request = {
      ...terms,
      clientId: 'websocket',
      maxRecords: Math.min(wanted, limits.shareAcquireRecords.value),
      maxBytes: maxFrameTextBytes,
      waitMs,
      isAbandoned: () => membership.hasEnded,
    };
    return this.#ports.shares.consumer.acquire(request, (starts, ms) => this.#untilNews(membership, starts, ms));
  }

  #send(membership: ShareMembership, { group, memberId, texts }: ShareAcquired): void {
    const { session, id, terms } = membership;
    const lockMs = group.config.lockDurationMs;
    if (!membership.hasJoined) {
      membership.hasJoined = true;
      const member = { share_group: terms.groupId, member_id: memberId, lock_duration_ms: lockMs };
      session.send(JSON.stringify({ type: 'joined', id, ...member } satisfies JoinedFrame));
    }
    if (texts.length > 0) {
      membership.creditRecords -= texts.length;
      const head = JSON.stringify({ type: 'acquired', id, lock_duration_ms: lockMs });
      const frame = `${head.slice(0, -1)},"records":[${texts.join(',')}]}`;
      session.send(frame);
      if (!session.isClosed) {
        const bytes = new TextEncoder().encode(frame).length;
        const counts = { recordsOut: texts.length, bytesOut: bytes };
        this.#ports.quotas.spendFetchBytes(session.principal, topicOf(membership), bytes);
        this.#ports.usage.count(session.principal, topicOf(membership), counts);
      }
    }
    session.changed();
    this.#work.save();
  }

  /** Until something was appended to one of these partitions that the member has not looked at, or the time is up. */
  async #untilNews(membership: ShareMembership, starts: readonly FetchStart[], waitMs: number): Promise<void> {
    await this.#watch(membership, starts);
    if (membership.hasEnded) return;
    let hasNews = false;
    for (const { topicId, partition, from } of starts) {
      const watched = membership.watched.get(keyOf(topicId, partition));
      if (watched === undefined) continue;
      // What is beyond its reach (the window is full) is news once, and not again and again.
      hasNews ||= watched.feed.knownEnd > Math.max(from ?? 0, watched.seenEnd);
      watched.seenEnd = watched.feed.knownEnd;
    }
    if (!hasNews) await this.#wait(membership, waitMs);
  }

  /** Has these partitions deliver here. One that cannot be reached now is looked at again by the clock alone. */
  async #watch(membership: ShareMembership, starts: readonly FetchStart[]): Promise<void> {
    const { watched } = membership;
    const fresh = starts.filter(({ topicId, partition }) => !watched.has(keyOf(topicId, partition)));
    const room = Math.max(0, limits.subscribedPartitionsPerSocket.value - watched.size);
    for (let at = 0; at < Math.min(fresh.length, room); at += maxParallelRegistrations) {
      const wave = fresh.slice(at, Math.min(at + maxParallelRegistrations, room));
      await Promise.all(wave.map((start) => this.#watchOne(membership, start)));
      if (membership.hasEnded) return;
    }
  }

  async #watchOne(membership: ShareMembership, { topic, topicId, partition }: FetchStart): Promise<void> {
    const feed = this.#feeds.join({ topic, topicId, partition });
    const registration = await this.#reader.register(feed);
    if (!registration.ok || membership.hasEnded) {
      this.#feeds.leave(feed);
      return;
    }
    feed.isRegistered = true;
    feed.learnEnd(registration.value.highWatermark);
    feed.listeners.add(membership.wake);
    membership.watched.set(keyOf(topicId, partition), { feed, seenEnd: 0 } satisfies WatchedPartition);
  }

  #wait(membership: ShareMembership, waitMs: number): Promise<void> {
    return Promise.race([membership.nextWake(), this.#ports.pause(waitMs)]);
  }

  /** A host that vanished closes nothing: its client is found out by the pings that do not come. */
  #isSilent({ session }: ShareMembership, sinceMs: number): boolean {
    const heardMs = Math.max(session.lastFrameMs, session.socket.lastPingMs ?? 0, sinceMs);
    return this.#ports.groups.clock.nowMs() - heardMs >= limits.sessionTimeoutMs.value;
  }
}

/** The topic whose quotas count, when it is one. */
const topicOf = ({ terms }: ShareMembership): string | null =>
  terms.topics.length === 1 ? (terms.topics[0] ?? null) : null;

const keyOf = (topicId: string, partition: number): string => `${topicId}/${partition}`;

/** What passes by itself; a topic or group that is not there does not. */
const isWorthRetrying = ({ code }: Failure): boolean =>
  errorTable[code].retriable && code !== 'UNKNOWN_TOPIC_OR_PARTITION' && code !== 'UNKNOWN_TOPIC_ID';

const fellSilent = ({ terms }: ShareMembership): Failure =>
  failed(
    'UNKNOWN_MEMBER_ID',
    `Member "${terms.memberId}" was silent for ${limits.sessionTimeoutMs.value} ms: send the ping. Subscribe again to go on.`,
  ).error;

const noMembership = (id: string): Failure =>
  failed('INVALID_REQUEST', `This socket has no membership of a share group "${id}".`).error;

const noRecords: Failure = failed(
  'INVALID_REQUEST',
  'Field "records" of the credit frame is missing: how many records more may be sent. A share group counts no bytes.',
  { field: 'records' },
).error;

const tooMuchCredit = (creditRecords: number): Failure =>
  failed(
    'INVALID_REQUEST',
    `A member of a share group holds ${limits.shareAcquireRecords.max} records of credit at most, and this one has ${creditRecords}; grant what was used.`,
    { credit: creditRecords, max: limits.shareAcquireRecords.max },
  ).error;
