import { checkEach } from '../authorization/access-check.ts';
import type { Principal } from '../authorization/principal.ts';
import {
  type AssignFrame,
  type CommitFrame,
  type CommittedFrame,
  defaultCreditBytes,
  type RevokedFrame,
  type RevokeFrame,
  type SubscribeFrame,
} from '../contracts/websocket.ts';
import { type Failure, failed, ok, type Result } from '../errors/result.ts';
import { commitsOf, partitionTable, refusedJson, wishOf } from '../gateway/group-json.ts';
import type { GroupRef } from '../groups/group-ref.ts';
import type { AssignedPartition, FirstOffset, HeartbeatReply } from '../groups/group-rpc.ts';
import { limits } from '../limits.ts';
import type { CatchUp } from './catch-up.ts';
import type { FeedTable } from './feed-table.ts';
import { GroupMembership, type MembershipTerms } from './group-membership.ts';
import { incidentFailure } from './incident.ts';
import type { PartitionFeed } from './partition-feed.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { RelayPorts } from './ports.ts';
import { maxAttachmentBytes, maxParallelRegistrations } from './relay-limits.ts';
import type { RelaySession } from './relay-session.ts';
import { gapFrame, type PartitionStart } from './server-frames.ts';
import { maxAttachmentSize } from './socket-attachment.ts';
import { idInUse, partitionsOf, tooLargeToKeep, tooManyPartitions, tooManySubscriptions } from './subscriber.ts';
import { type Cursor, type Subscription, subscriptionOfMembership } from './subscription.ts';

type AssignedStart = PartitionStart & { readonly assigned: AssignedPartition; readonly isFirst: boolean };

/**
 * Memberships of consumer groups for the relay's sockets. The group knows the relay as the member: it tells it when
 * there is news, asks it before a session ends, and takes its next call for the confirmation of a revocation. So that
 * call is made only after the client has said that it stopped.
 */
export class GroupSubscriber {
  readonly #ports: Pick<RelayPorts, 'relay' | 'routes' | 'groups' | 'keepAlive'>;
  readonly #reader: PartitionReader;
  readonly #feeds: FeedTable;
  readonly #catchUp: CatchUp;
  /** Called when a membership's work outside a turn is done: what changed is kept with the sockets. */
  readonly #save: () => void;

  constructor(ports: RelayPorts, reader: PartitionReader, feeds: FeedTable, catchUp: CatchUp, save: () => void) {
    this.#ports = ports;
    this.#reader = reader;
    this.#feeds = feeds;
    this.#catchUp = catchUp;
    this.#save = save;
  }

  /** Joins; answers with `assign`, which may be empty, or with a fatal `error`. */
  async subscribe(session: RelaySession, frame: SubscribeFrame & { readonly group: string }): Promise<void> {
    if (session.isTaken(frame.id)) return session.fail(frame.id, idInUse(frame.id).error, false);
    const terms = await this.#termsOf(session, frame);
    if (!terms.ok) return session.fail(frame.id, terms.error, true);
    if (session.isTaken(frame.id)) return session.fail(frame.id, idInUse(frame.id).error, false);
    const membership = new GroupMembership(session, frame.id, terms.value, frame.credit ?? defaultCreditBytes);
    session.memberships.set(frame.id, membership);
    await this.#inTurn(membership, () => this.#beat(membership, true));
  }

  /** The client has stopped with what was taken away: others may have it now. */
  async confirm(session: RelaySession, { id, member_epoch: memberEpoch }: RevokedFrame): Promise<void> {
    const membership = session.memberships.get(id);
    if (membership === undefined) return session.fail(id, noMembership(id), false);
    await this.#inTurn(membership, async () => {
      if (memberEpoch !== membership.memberEpoch) return;
      membership.isRevoking = false;
      session.changed();
      await this.#beat(membership, false);
    });
  }

  async commit(session: RelaySession, { id, offsets, ref }: CommitFrame): Promise<void> {
    const membership = session.memberships.get(id);
    if (membership === undefined) return session.fail(id, noMembership(id), false);
    await this.#inTurn(membership, async () => {
      const { rpc, ends } = this.#ports.groups;
      const commits = commitsOf(offsets);
      const topics = commits.map(({ topic }) => topic);
      const allowed = checkMember(session.principal, membership.terms.groupId, topics);
      if (!allowed.ok) return this.end(membership, allowed.error);
      const checked = await ends.check(commits);
      const { claim } = membership;
      const committed = await rpc.commit({ ref: this.#refOf(membership), claim, commits: checked.existing });
      if (!committed.ok) return this.end(membership, committed.error);
      const refused = refusedJson([...checked.refused, ...committed.value.refused]);
      session.send(JSON.stringify({ type: 'committed', id, ref, refused } satisfies CommittedFrame));
    });
  }

  /** Leaves at the client's wish, or because its socket is gone; a static member keeps its place for a while. */
  leave(membership: GroupMembership, isAway: boolean): void {
    if (membership.hasEnded) return;
    this.#remove(membership);
    this.#ports.keepAlive(
      this.#inTurn(membership, async () => {
        if (membership.memberEpoch === 0) return;
        const { rpc } = this.#ports.groups;
        await rpc.leave({ ref: this.#refOf(membership), claim: membership.claim, commits: [], isAway });
      }),
    );
  }

  /** Ends a membership with an error that the client is told. */
  end(membership: GroupMembership, failure: Failure): void {
    if (membership.hasEnded) return;
    membership.session.fail(membership.id, failure, true);
    this.leave(membership, false);
  }

  /** The group has news for this member, or has taken it out. */
  tell(membership: GroupMembership): void {
    this.#ports.keepAlive(
      this.#inTurn(membership, async () => {
        // What was taken away is not given back yet; the confirmation looks for news anyway.
        if (!membership.isRevoking) await this.#beat(membership, false);
      }),
    );
  }

  async #termsOf(
    session: RelaySession,
    frame: SubscribeFrame & { readonly group: string },
  ): Promise<Result<MembershipTerms>> {
    const { from = 'earliest', partitions, topic = session.topic } = frame;
    if (from !== 'earliest' && from !== 'latest') {
      return failed(
        'INVALID_REQUEST',
        'In a group, "from" is "earliest" or "latest", for partitions without an offset.',
      );
    }
    if (partitions !== undefined) return failed('INVALID_REQUEST', 'In a group, the group chooses the partitions.');
    if (session.subscriptionCount >= limits.subscriptionsPerSocket.value) return tooManySubscriptions();
    const topics = frame.topics ?? (topic === null || frame.topics_pattern !== undefined ? undefined : [topic]);
    const wish = wishOf({ ...frame, topics });
    if (!wish.ok) return wish;
    if (wish.value === null) return failed('INVALID_REQUEST', 'In a group, name "topics" or a "topics_pattern".');
    const allowed = checkMember(session.principal, frame.group, wish.value.subscription.topics);
    if (!allowed.ok) return allowed;
    for (const name of wish.value.subscription.topics) {
      const route = await this.#ports.routes.find(name);
      if (!route.ok) return route;
    }
    return ok({
      groupId: frame.group,
      memberId: frame.member_id ?? this.#ports.groups.newMemberId(),
      instanceId: frame.instance_id ?? null,
      wish: wish.value,
      as: frame.as ?? 'auto',
      isolation: frame.isolation,
      reset: from,
    });
  }

  /** One call to the group, and what it says put into force. */
  async #beat(membership: GroupMembership, isJoining: boolean): Promise<void> {
    if (membership.hasEnded) return;
    const { memberId, instanceId, wish } = membership.terms;
    const reply = await this.#ports.groups.rpc.heartbeat({
      ref: this.#refOf(membership),
      memberId,
      instanceId,
      memberEpoch: membership.memberEpoch,
      wish: isJoining ? wish : null,
      clientId: 'websocket',
      relay: this.#ports.relay,
      commits: [],
      mayRejoin: false,
    });
    if (!reply.ok) return this.end(membership, reply.error);
    if (reply.value.memberEpoch === membership.memberEpoch) return;
    membership.memberEpoch = reply.value.memberEpoch;
    membership.session.changed();
    // A socket that went away meanwhile could not be left with; its membership is.
    if (membership.hasEnded) return;
    this.#revoke(membership, reply.value);
    const assigned = await this.#assign(membership, reply.value, isJoining);
    if (!assigned.ok) this.end(membership, assigned.error);
  }

  /** Nothing more of these partitions is sent from here on. */
  #revoke(membership: GroupMembership, { assigned, memberEpoch }: HeartbeatReply): void {
    const kept = new Set(assigned.map(({ topicId, partition }) => `${topicId}/${partition}`));
    const lost: Cursor[] = [];
    for (const subscription of [...membership.subscriptions.values()]) {
      for (const cursor of [...subscription.cursors]) {
        if (kept.has(`${subscription.topicId}/${cursor.partition}`)) continue;
        lost.push(cursor);
        this.#feeds.remove(cursor);
        subscription.removeCursor(cursor);
      }
      if (subscription.cursors.length === 0) this.#drop(membership, subscription);
    }
    if (lost.length === 0) return;
    membership.isRevoking = true;
    const partitions = partitionTable(lost.map(({ subscription: { topic }, partition }) => ({ topic, partition })));
    const { id, session } = membership;
    session.send(JSON.stringify({ type: 'revoke', id, member_epoch: memberEpoch, partitions } satisfies RevokeFrame));
  }

  /** Registers at what was granted first, so that nothing falls between what is read and what is pushed. */
  async #assign(membership: GroupMembership, reply: HeartbeatReply, isJoining: boolean): Promise<Result<null>> {
    const { session } = membership;
    const added = reply.assigned.filter(
      ({ topicId, partition, isPending }) =>
        // An offset that is about to change is no place to begin at; a later heartbeat says what it became.
        !isPending &&
        membership.subscriptions.get(topicId)?.cursors.some((cursor) => cursor.partition === partition) !== true,
    );
    if (added.length === 0 && !isJoining) return ok(null);
    // A pattern may bring topics that the member may not read.
    const allowed = checkEach(
      session.principal,
      'READ',
      'TOPIC',
      added.map(({ topic }) => topic),
    );
    if (!allowed.ok) return allowed;
    if (partitionsOf(session) + added.length > limits.subscribedPartitionsPerSocket.value) return tooManyPartitions();
    const feeds = added.map((assigned) => this.#feeds.join(assigned));
    try {
      const starts = await this.#resolveAll(membership, added, feeds);
      if (!starts.ok || membership.hasEnded) return starts.ok ? ok(null) : starts;
      const kept = await this.#keepFirsts(membership, starts.value);
      if (!kept.ok || membership.hasEnded) return kept;
      return this.#begin(membership, starts.value);
    } finally {
      for (const feed of feeds) {
        this.#feeds.leave(feed);
        this.#catchUp.wake(feed);
      }
    }
  }

  /** Synchronous: from here on deliveries and reads reach the member. */
  #begin(membership: GroupMembership, starts: readonly AssignedStart[]): Result<null> {
    const { session, id, terms, memberEpoch } = membership;
    const cursors = starts.map((start) => this.#cursorFor(membership, start));
    if (maxAttachmentSize(session) > maxAttachmentBytes) return tooLargeToKeep();
    const partitions: Record<string, AssignFrame['partitions'][string]> = {};
    for (const { assigned, from, highWatermark, logStartOffset } of starts) {
      const place = { from, high_watermark: highWatermark, log_start_offset: logStartOffset };
      partitions[assigned.topic] = { ...partitions[assigned.topic], [assigned.partition]: place };
    }
    const member = { member_id: terms.memberId, member_epoch: memberEpoch };
    session.send(JSON.stringify({ type: 'assign', id, ...member, partitions } satisfies AssignFrame));
    for (const [index, cursor] of cursors.entries()) this.#place(cursor, starts[index]!);
    session.changed();
    return ok(null);
  }

  #cursorFor(membership: GroupMembership, { assigned, from }: AssignedStart): Cursor {
    const { topic, topicId, partition } = assigned;
    const subscription = membership.subscriptions.get(topicId) ?? subscriptionOfMembership(membership, topic, topicId);
    return subscription.insertCursor(partition, from);
  }

  #place(cursor: Cursor, { from, logStartOffset }: AssignedStart): void {
    const { subscription, partition } = cursor;
    if (from < logStartOffset) {
      cursor.next = logStartOffset;
      subscription.session.send(gapFrame(subscription, partition, from, logStartOffset));
    }
    const feed = this.#feeds.add(cursor);
    cursor.isBehind = cursor.next < feed.knownEnd;
  }

  async #resolveAll(
    membership: GroupMembership,
    added: readonly AssignedPartition[],
    feeds: readonly PartitionFeed[],
  ): Promise<Result<AssignedStart[]>> {
    const starts: AssignedStart[] = [];
    for (let at = 0; at < added.length && !membership.hasEnded; at += maxParallelRegistrations) {
      const wave = added.slice(at, at + maxParallelRegistrations);
      const { reset } = membership.terms;
      const resolved = await Promise.all(
        wave.map((assigned, index) => this.#resolve(assigned, feeds[at + index]!, reset)),
      );
      for (const start of resolved) {
        if (!start.ok) return start;
        starts.push(start.value);
      }
    }
    return ok(starts);
  }

  async #resolve(
    assigned: AssignedPartition,
    feed: PartitionFeed,
    reset: MembershipTerms['reset'],
  ): Promise<Result<AssignedStart>> {
    const registration = await this.#reader.register(feed);
    if (!registration.ok) return registration;
    const { highWatermark, logStartOffset } = registration.value;
    feed.isRegistered = true;
    feed.learnEnd(highWatermark);
    const isLatest = assigned.offset === null && reset === 'latest' && !assigned.isAdded;
    const from = assigned.offset ?? (isLatest ? highWatermark : logStartOffset);
    if (from > highWatermark) {
      return failed(
        'OFFSET_OUT_OF_RANGE',
        `Offset ${from} of partition ${assigned.partition} of topic "${assigned.topic}" lies beyond its end, ${highWatermark}; reset the group's offsets.`,
        { log_start_offset: logStartOffset, high_watermark: highWatermark },
      );
    }
    return ok({ partition: assigned.partition, from, highWatermark, logStartOffset, assigned, isFirst: isLatest });
  }

  /** Where a partition was begun at its end, a crash must not move that. */
  async #keepFirsts(membership: GroupMembership, starts: readonly AssignedStart[]): Promise<Result<null>> {
    const firsts = starts
      .filter(({ isFirst }) => isFirst)
      .map(
        ({ assigned: { topic, topicId, partition }, from }): FirstOffset => ({
          topic,
          topicId,
          partition,
          offset: from,
        }),
      );
    if (firsts.length === 0) return ok(null);
    return this.#ports.groups.rpc.keepFirstOffsets(this.#refOf(membership), membership.claim, firsts);
  }

  #remove(membership: GroupMembership): void {
    membership.hasEnded = true;
    for (const subscription of [...membership.subscriptions.values()]) this.#drop(membership, subscription);
    membership.session.memberships.delete(membership.id);
    membership.session.changed();
  }

  #drop(membership: GroupMembership, subscription: Subscription): void {
    subscription.hasEnded = true;
    this.#feeds.removeAll(subscription);
    membership.subscriptions.delete(subscription.topicId);
  }

  /** A member's calls are made one after the other; whatever happens in one, the next is made. */
  #inTurn(membership: GroupMembership, work: () => Promise<void>): Promise<void> {
    membership.turn = membership.turn
      .then(work)
      .catch((thrown) => this.end(membership, incidentFailure(thrown, 'group')));
    return membership.turn.finally(() => this.#save());
  }

  #refOf({ terms }: GroupMembership): GroupRef {
    const { orgId, clusterId } = this.#ports.groups.cluster;
    return { orgId, clusterId, groupId: terms.groupId };
  }
}

/** A member must be allowed to use the group, and to read the topics that it names. */
export function checkMember(principal: Principal, groupId: string, topics: readonly string[]): Result<null> {
  const allowed = checkEach(principal, 'READ', 'GROUP', [groupId]);
  return allowed.ok ? checkEach(principal, 'READ', 'TOPIC', topics) : allowed;
}

const noMembership = (id: string): Failure =>
  failed('INVALID_REQUEST', `This socket has no membership of a group "${id}".`).error;
