import type { Principal } from '../authorization/principal.ts';
import { type CreditFrame, closeCodes, pongText, type UnsubscribeFrame } from '../contracts/websocket.ts';
import { type Failure, ok, type Result } from '../errors/result.ts';
import type { GroupRef } from '../groups/group-ref.ts';
import { limits } from '../limits.ts';
import type { Delivery, DeliveryReply, Isolation, ReadReply } from '../log/partition-rpc.ts';
import { transactionsIn } from '../log/transactions/aborted-ranges.ts';
import { CatchUp, type CatchUpOutcome } from './catch-up.ts';
import { type ReadFrame, type RefusedFrame, readClientFrame } from './client-frames.ts';
import { FeedTable } from './feed-table.ts';
import { FrameBodies, type FrameSource } from './frame-bodies.ts';
import type { GroupMembership } from './group-membership.ts';
import { GroupSubscriber } from './group-subscriber.ts';
import { incidentFailure } from './incident.ts';
import type { PartitionFeed } from './partition-feed.ts';
import { PartitionReader } from './partition-reader.ts';
import type { RelayPorts, RelaySocket } from './ports.ts';
import { ProduceQueue } from './produce-queue.ts';
import { isLongerThan, noBytes, noSubscription, tooMuchCredit } from './relay-refusals.ts';
import { RelaySession } from './relay-session.ts';
import { gapFrame, unsubscribedFrame } from './server-frames.ts';
import { SessionCredentials } from './session-credentials.ts';
import { SessionQuotas } from './session-quotas.ts';
import { ShareSubscriber } from './share-subscriber.ts';
import { Subscriber } from './subscriber.ts';
import { type Cursor, canCatchUp, decideDelivery, type Subscription } from './subscription.ts';

/**
 * One relay: the sockets it holds, and what it owes each of them. Partitions push every flush here once; whatever a
 * push cannot bring (a hole, a late start, credit that ran out) is read. All state can be rebuilt from the sockets'
 * attachments, which are written before a turn ends, so a relay may leave memory between any two turns.
 */
export class RelayService implements CatchUpOutcome {
  readonly #ports: RelayPorts;
  readonly #feeds = new FeedTable();
  readonly #reader: PartitionReader;
  readonly #catchUp: CatchUp;
  readonly #subscriber: Subscriber;
  readonly #groups: GroupSubscriber;
  readonly #shares: ShareSubscriber;
  readonly #produceQueue: ProduceQueue;
  readonly #credentials: SessionCredentials;
  readonly #quotas: SessionQuotas;
  readonly #changed = new Set<RelaySession>();
  #sessions: Map<RelaySocket, RelaySession> | null = null;

  constructor(ports: RelayPorts) {
    this.#ports = ports;
    this.#reader = new PartitionReader(ports);
    this.#catchUp = new CatchUp(this.#reader, ports, this);
    this.#subscriber = new Subscriber(ports.routes, this.#reader, this.#feeds, this.#catchUp);
    this.#groups = new GroupSubscriber(ports, this.#reader, this.#feeds, this.#catchUp, () => this.#saveChanged());
    this.#shares = new ShareSubscriber(ports, this.#reader, this.#feeds, {
      save: () => this.#saveChanged(),
      isGood: (session) => this.#credentials.isGood(session),
    });
    this.#credentials = new SessionCredentials(ports, {
      sessions: () => this.#restored().values(),
      close: (...closing) => this.#close(...closing),
      end: (subscription, failure) => this.#end(subscription, failure),
      leave: (share) => this.#shares.leave(share),
      wake: (readers) => this.#wakeReaders(readers),
      save: () => this.#saveChanged(),
    });
    this.#quotas = new SessionQuotas(ports, {
      end: (subscription, failure) => {
        this.#end(subscription, failure);
        this.#saveChanged();
      },
      wake: (readers) => this.#wakeReaders(readers),
    });
    this.#produceQueue = new ProduceQueue(ports.producer);
  }

  /** Takes in a new socket, on behalf of a principal; `topic` is the one its path named. */
  open(socket: RelaySocket, topic: string | null, principal: Principal): void {
    const sessions = this.#restored();
    if (sessions.size >= limits.socketsPerRelay.value) {
      socket.close(closeCodes.tooMany, 'this relay is full; connect again');
      return;
    }
    const session = new RelaySession(socket, topic, principal, this.#ports.groups.clock.nowMs(), this.#changed);
    sessions.set(socket, session);
    this.#credentials.open(session);
    session.save();
  }

  /** Handles one text message; resolves when it is answered. */
  async receive(socket: RelaySocket, text: string): Promise<void> {
    const session = this.#restored().get(socket);
    if (session === undefined) return;
    session.lastFrameMs = this.#ports.groups.clock.nowMs();
    this.#credentials.touch();
    if (session.isHeld && !(await this.#credentials.vouch(session))) return;
    if (session.isClosed) return;
    try {
      await this.#receive(session, text);
    } catch (thrown) {
      session.fail(null, incidentFailure(thrown, 'relay'), true);
      this.#close(session, closeCodes.internalError, 'the platform failed; connect again and resume');
    }
    this.#saveChanged();
  }

  /** A binary message: this door speaks JSON only. */
  receiveBinary(socket: RelaySocket): void {
    const session = this.#restored().get(socket);
    if (session !== undefined) this.#close(session, closeCodes.wrongFrameKind, 'frames on this door are text');
  }

  closed(socket: RelaySocket): void {
    const session = this.#restored().get(socket);
    if (session !== undefined) this.#forget(session);
    // The socket's end may be what woke the relay, which then does not find it among the open ones.
    else if (socket.attachment !== null) {
      this.#credentials.left(RelaySession.restore(socket, socket.attachment, this.#changed));
    }
  }

  /** A flush of a partition, pushed once for all its subscribers here. */
  deliver(delivery: Delivery): DeliveryReply {
    this.#restored();
    this.#credentials.touch();
    const { ref, from, to, batches } = delivery;
    const feed = this.#feeds.find(ref.topicId, ref.partition);
    if (feed === null) return { subscribed: false };
    if (to <= from) feed.mustLookAgain = true;
    else this.#push(feed, from, to, batches);
    this.#catchUp.wake(feed);
    for (const hear of feed.listeners) hear();
    this.#saveChanged();
    return { subscribed: feed.isWanted };
  }

  /** A group has news for members whose sockets are here. */
  groupChanged({ groupId }: GroupRef, memberIds: readonly string[]): void {
    for (const membership of this.#membershipsOf(groupId, memberIds)) this.#groups.tell(membership);
  }

  /** The members whose sockets are here and were heard of within their session, by a frame or a ping. */
  confirmMembers({ groupId }: GroupRef, memberIds: readonly string[]): string[] {
    this.#credentials.touch();
    const nowMs = this.#ports.groups.clock.nowMs();
    const alive = this.#membershipsOf(groupId, memberIds).filter(({ session, terms }) => {
      const heardMs = Math.max(session.lastFrameMs, session.socket.lastPingMs ?? 0);
      return nowMs - heardMs < terms.wish.sessionTimeoutMs;
    });
    return alive.map(({ terms }) => terms.memberId);
  }

  /** Somebody's rights were taken; answers whether any socket here is left that has some. */
  rightsTaken(): Promise<Result<boolean>> {
    return this.#credentials.lookAgain();
  }

  onRead(feed: PartitionFeed, from: number, reply: ReadReply, isolation: Isolation): void {
    const source = {
      partition: feed.partition,
      batches: reply.batches,
      to: reply.nextOffset,
      highWatermark: feed.knownEnd,
    };
    const bodies = new FrameBodies(source, this.#ports.render);
    for (const cursor of feed.cursors) {
      if (cursor.subscription.isolation !== isolation) continue;
      if (cursor.next >= from) this.#sendAll(feed, cursor, source, bodies);
      if (isolation === 'read_committed') this.#noteStable(feed, cursor, reply);
      else this.#setBehind(cursor, cursor.next < feed.knownEnd);
    }
    this.#saveChanged();
  }

  /** A committed reader waits at the last stable offset, until something is appended: a marker, mostly. */
  #noteStable(feed: PartitionFeed, cursor: Cursor, { lastStableOffset, highWatermark }: ReadReply): void {
    cursor.isStable ||= cursor.next <= lastStableOffset;
    const hasNews = feed.knownEnd > highWatermark && cursor.next < feed.knownEnd;
    this.#setBehind(cursor, cursor.next < lastStableOffset || hasNews);
  }

  onRetention(feed: PartitionFeed, logStartOffset: number): void {
    feed.learnEnd(logStartOffset);
    for (const cursor of feed.cursors) {
      if (cursor.next >= logStartOffset) continue;
      const { subscription, partition, next } = cursor;
      subscription.session.send(gapFrame(subscription, partition, next, logStartOffset));
      cursor.next = logStartOffset;
      this.#setBehind(cursor, logStartOffset < feed.knownEnd);
      subscription.session.changed();
    }
    this.#saveChanged();
  }

  /** Only the first partition looks at the whole topic, so that a topic of many is not asked for once each. */
  async onLookAgain(feed: PartitionFeed): Promise<Result<null>> {
    if (feed.partition !== 0) return ok(null);
    const route = await this.#reader.freshRoute(feed);
    if (!route.ok) return route;
    for (const { subscription } of [...feed.cursors]) {
      if (!subscription.coversTopic || subscription.cursors.length >= route.value.partitionCount) continue;
      const extended = await this.#subscriber.extend(subscription, route.value);
      if (!extended.ok) this.#end(subscription, extended.error);
    }
    this.#saveChanged();
    return ok(null);
  }

  onFailure(feed: PartitionFeed, failure: Failure, from: number | null): void {
    if (failure.code === 'UNKNOWN_TOPIC_OR_PARTITION' || failure.code === 'UNKNOWN_TOPIC_ID') {
      this.#endTopic(feed, failure);
    } else {
      const isHit = (cursor: Cursor) =>
        canCatchUp(cursor) && (failure.code !== 'OFFSET_OUT_OF_RANGE' || cursor.next === from);
      for (const cursor of [...feed.cursors].filter(isHit)) this.#end(cursor.subscription, failure);
    }
    this.#saveChanged();
  }

  async #receive(session: RelaySession, text: string): Promise<void> {
    if (isLongerThan(text, limits.webSocketFrameBytes.value)) {
      this.#close(session, closeCodes.frameTooLarge, `a frame holds ${limits.webSocketFrameBytes.value} bytes at most`);
      return;
    }
    const outcome = readClientFrame(text);
    if ('refused' in outcome) this.#refuse(session, outcome.refused);
    else if (session.principal.quotas === undefined || (await this.#quotas.admits(session, outcome.read)))
      await this.#answer(session, outcome.read);
  }

  #refuse(session: RelaySession, { id, failure, isUnreadable }: RefusedFrame): void {
    session.fail(isUnreadable ? null : id, failure.error, isUnreadable);
    if (isUnreadable) this.#close(session, closeCodes.unreadableFrame, 'a frame could not be read');
  }

  async #answer(session: RelaySession, read: ReadFrame): Promise<void> {
    const { frame } = read;
    switch (frame.type) {
      case 'subscribe': {
        const { group, share_group: shareGroup } = frame;
        if (shareGroup !== undefined) this.#shares.subscribe(session, { ...frame, share_group: shareGroup });
        else if (group === undefined) await this.#subscriber.subscribe(session, frame);
        else await this.#groups.subscribe(session, { ...frame, group });
        return;
      }
      case 'commit':
        await this.#groups.commit(session, frame);
        return;
      case 'revoked':
        await this.#groups.confirm(session, frame);
        return;
      case 'acknowledge':
        await this.#shares.acknowledge(session, frame);
        return;
      case 'credit':
        this.#grant(session, frame);
        return;
      case 'unsubscribe':
        this.#unsubscribe(session, frame);
        return;
      case 'produce':
        await this.#produceQueue.produce(session, frame, read);
        return;
      case 'auth':
        await this.#credentials.renew(session, frame);
        return;
      case 'ping':
        session.send(pongText);
        return;
    }
  }

  #wakeReaders(readers: Iterable<Subscription>): void {
    for (const { cursors, topicId } of readers) {
      for (const cursor of cursors) {
        const feed = canCatchUp(cursor) ? this.#feeds.find(topicId, cursor.partition) : null;
        if (feed !== null) this.#catchUp.wake(feed);
      }
    }
  }

  #grant(session: RelaySession, frame: CreditFrame): void {
    const { id, bytes } = frame;
    const share = session.shares.get(id);
    if (share !== undefined) {
      this.#shares.grant(share, frame);
      return;
    }
    if (bytes === undefined) {
      session.fail(id, noBytes, false);
      return;
    }
    const subscription = session.subscriptions.get(id);
    const membership = session.memberships.get(id);
    const granted = subscription ?? membership?.credit ?? session.startingAs(id);
    if (granted === null) {
      session.fail(id, noSubscription(id), false);
      return;
    }
    if (granted.creditBytes + bytes > limits.subscriptionCreditBytes.max) {
      session.fail(id, tooMuchCredit(granted.creditBytes), false);
      return;
    }
    granted.creditBytes += bytes;
    session.changed();
    const readers = subscription === undefined ? (membership?.subscriptions.values() ?? []) : [subscription];
    this.#wakeReaders(readers);
  }

  #unsubscribe(session: RelaySession, { id }: UnsubscribeFrame): void {
    const starting = session.startingAs(id);
    const subscription = session.subscriptions.get(id);
    const membership = session.memberships.get(id);
    const share = session.shares.get(id);
    if (starting === null && subscription === undefined && membership === undefined && share === undefined) {
      session.fail(id, noSubscription(id), false);
      return;
    }
    if (starting !== null) starting.isCancelled = true;
    if (subscription !== undefined) this.#remove(subscription);
    if (membership !== undefined) this.#groups.leave(membership, false);
    if (share !== undefined) this.#shares.leave(share);
    session.send(unsubscribedFrame(id));
  }

  #push(feed: PartitionFeed, from: number, to: number, batches: Uint8Array | null): void {
    feed.isRegistered = true;
    feed.learnEnd(to);
    const source = { partition: feed.partition, batches: batches ?? nothing, to, highWatermark: feed.knownEnd };
    const bodies = new FrameBodies(source, this.#ports.render);
    const range = { from, to, hasBatches: batches !== null, hasTransactions: transactionsIn(source.batches) };
    for (const cursor of feed.cursors) {
      const decision = decideDelivery(cursor, range);
      if (decision === 'send') this.#sendAll(feed, cursor, source, bodies);
      if (decision !== 'skip') this.#setBehind(cursor, cursor.next < feed.knownEnd);
    }
  }

  /** Sends what the source has from the cursor on, in frames of bounded size, while there is credit. */
  #sendAll(feed: PartitionFeed, cursor: Cursor, source: FrameSource, bodies: FrameBodies): void {
    const { subscription } = cursor;
    while (cursor.next < source.to && subscription.maySend) {
      const body = bodies.at(cursor.next, subscription.as, subscription.keys);
      if (!body.ok) {
        this.#end(subscription, body.error);
        return;
      }
      cursor.next = body.value.to;
      const { text, bytes } = body.value.frameFor(subscription, subscription.position());
      subscription.creditBytes -= bytes;
      subscription.session.send(text);
      subscription.session.changed();
      this.#quotas.pushed(subscription, body.value.count, bytes);
    }
    feed.learnEnd(cursor.next);
  }

  #setBehind(cursor: Cursor, isBehind: boolean): void {
    if (cursor.isBehind === isBehind) return;
    cursor.isBehind = isBehind;
    cursor.subscription.session.changed();
  }

  #endTopic(feed: PartitionFeed, failure: Failure): void {
    const sessions = new Set<RelaySession>();
    for (const { cursors } of this.#feeds.ofTopic(feed.topicId)) {
      for (const { subscription } of [...cursors]) {
        sessions.add(subscription.session);
        // Of a group's member the topic is taken away by the group, which hears of it too.
        if (subscription.membership === null) this.#end(subscription, failure);
        else this.#feeds.removeAll(subscription);
      }
    }
    for (const session of sessions) {
      if (session.topic === feed.topic) this.#close(session, closeCodes.topicDeleted, 'the topic was deleted');
    }
  }

  #end(subscription: Subscription, failure: Failure): void {
    if (subscription.hasEnded) return;
    if (subscription.membership !== null) {
      this.#groups.end(subscription.membership, failure);
      return;
    }
    subscription.session.fail(subscription.id, failure, true);
    this.#remove(subscription);
  }

  #remove(subscription: Subscription): void {
    subscription.hasEnded = true;
    this.#feeds.removeAll(subscription);
    subscription.session.subscriptions.delete(subscription.id);
    subscription.session.changed();
  }

  #close(session: RelaySession, code: number, reason: string): void {
    this.#forget(session);
    session.socket.close(code, reason);
  }

  #forget(session: RelaySession): void {
    session.isClosed = true;
    for (const subscription of session.subscriptions.values()) this.#remove(subscription);
    for (const membership of session.memberships.values()) {
      this.#groups.leave(membership, membership.terms.instanceId !== null);
    }
    for (const share of session.shares.values()) this.#shares.leave(share);
    for (const starting of session.starting) starting.isCancelled = true;
    this.#restored().delete(session.socket);
    this.#credentials.left(session);
  }

  /** Ends the turn: what changed is kept with the sockets, and sockets that turned out to be gone are forgotten. */
  #saveChanged(): void {
    for (const session of this.#changed) {
      if (session.isClosed) this.#forget(session);
      else session.save();
    }
    this.#changed.clear();
  }

  /** The sessions; the first call after the relay came into memory rebuilds them from the open sockets. */
  #restored(): Map<RelaySocket, RelaySession> {
    if (this.#sessions !== null) return this.#sessions;
    this.#sessions = new Map();
    for (const socket of this.#ports.openSockets()) {
      if (socket.attachment === null) continue;
      const session = RelaySession.restore(socket, socket.attachment, this.#changed);
      this.#sessions.set(socket, session);
      this.#credentials.restore(session);
      for (const subscription of session.readers()) this.#resume(subscription);
      for (const share of session.shares.values()) this.#shares.begin(share);
    }
    return this.#sessions;
  }

  #membershipsOf(groupId: string, memberIds: readonly string[]): GroupMembership[] {
    const all = [...this.#restored().values()].flatMap(({ memberships }) => [...memberships.values()]);
    return all.filter(({ terms }) => terms.groupId === groupId && memberIds.includes(terms.memberId));
  }

  #resume(subscription: Subscription): void {
    for (const cursor of subscription.cursors) this.#catchUp.wake(this.#feeds.add(cursor));
  }
}

const nothing = new Uint8Array(0);
