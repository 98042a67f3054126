import { checkEach } from '../authorization/access-check.ts';
import { defaultCreditBytes, type SubscribeFrame } from '../contracts/websocket.ts';
import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { Isolation } from '../log/partition-rpc.ts';
import type { TopicRoute } from '../topics/catalog-rpc.ts';
import type { CatchUp } from './catch-up.ts';
import type { FeedTable } from './feed-table.ts';
import type { PartitionFeed } from './partition-feed.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { RelayPorts } from './ports.ts';
import { maxAttachmentBytes, maxParallelRegistrations } from './relay-limits.ts';
import type { RelaySession, StartingSubscription } from './relay-session.ts';
import { gapFrame, type PartitionStart, subscribedFrame } from './server-frames.ts';
import { maxAttachmentSize } from './socket-attachment.ts';
import { parseStartAt, resolveStart, type StartAt } from './start-offsets.ts';
import { Subscription } from './subscription.ts';

/**
 * Begins subscriptions. The relay registers at each partition first, and takes the high watermark of that moment as
 * what is known of its end: what was appended before is read, what is appended later is pushed, so that nothing falls
 * between.
 */
export class Subscriber {
  readonly #routes: RelayPorts['routes'];
  readonly #reader: PartitionReader;
  readonly #feeds: FeedTable;
  readonly #catchUp: CatchUp;

  constructor(routes: RelayPorts['routes'], reader: PartitionReader, feeds: FeedTable, catchUp: CatchUp) {
    this.#routes = routes;
    this.#reader = reader;
    this.#feeds = feeds;
    this.#catchUp = catchUp;
  }

  /** Answers with `subscribed`, and a `gap` for each partition whose start was deleted, or with a fatal `error`. */
  async subscribe(session: RelaySession, frame: SubscribeFrame): Promise<void> {
    const { id } = frame;
    if (session.isTaken(id)) {
      session.fail(id, idInUse(id).error, false);
      return;
    }
    const creditBytes = frame.credit ?? defaultCreditBytes;
    const starting: StartingSubscription = { id, session, creditBytes, partitionCount: 0, isCancelled: false };
    session.starting.add(starting);
    const route = await this.#check(session, frame, starting);
    const started = route.ok ? await this.#start(session, frame, starting, route.value) : route;
    session.starting.delete(starting);
    if (!started.ok && !starting.isCancelled) session.fail(id, started.error, true);
  }

  /** Takes in the partitions that were added to a topic since; their records are read from the beginning. */
  async extend(subscription: Subscription, route: TopicRoute): Promise<Result<null>> {
    const partitions = range(subscription.cursors.length, route.partitionCount);
    const joined = partitions.map((partition) => this.#feeds.join({ ...route, partition }));
    const starts = await this.#resolveAll(
      joined,
      { kind: 'offsets', offsets: new Map(), whenMissing: 0 },
      subscription.isolation,
      () => subscription.hasEnded,
    );
    if (starts.ok && !subscription.hasEnded) {
      // Another look at the topic may have added some of them meanwhile.
      const missing = starts.value.filter(({ partition }) => partition >= subscription.cursors.length);
      this.#addCursors(subscription, missing);
      subscription.session.changed();
    }
    for (const feed of joined) {
      this.#feeds.leave(feed);
      this.#catchUp.wake(feed);
    }
    return starts.ok ? ok(null) : starts;
  }

  async #check(
    session: RelaySession,
    frame: SubscribeFrame,
    starting: StartingSubscription,
  ): Promise<Result<TopicRoute>> {
    const topic = frame.topic ?? session.topic;
    if (topic === null) return failed('INVALID_REQUEST', 'A subscribe frame on this path must name a "topic".');
    if (session.subscriptionCount > limits.subscriptionsPerSocket.value) return tooManySubscriptions();
    // Past the cache: the client may know more of the topic than was remembered here, and a subscription that began
    // without the newest partitions would take them out of the position that the client had come to.
    this.#routes.forget(topic);
    const allowed = checkEach(session.principal, 'READ', 'TOPIC', [topic]);
    if (!allowed.ok) return allowed;
    const route = await this.#routes.find(topic);
    if (!route.ok) return route;
    const { partitionCount } = route.value;
    const unknown = frame.partitions?.find((partition) => partition >= partitionCount);
    if (unknown !== undefined) return unknownPartition(topic, unknown, partitionCount);
    starting.partitionCount = frame.partitions === undefined ? partitionCount : new Set(frame.partitions).size;
    return partitionsOf(session) > limits.subscribedPartitionsPerSocket.value ? tooManyPartitions() : route;
  }

  async #start(
    session: RelaySession,
    frame: SubscribeFrame,
    starting: StartingSubscription,
    route: TopicRoute,
  ): Promise<Result<null>> {
    const startAt = parseStartAt(frame.from, route);
    if (!startAt.ok) return startAt;
    const partitions = [...new Set(frame.partitions ?? range(0, route.partitionCount))].sort((a, b) => a - b);
    const joined = partitions.map((partition) => this.#feeds.join({ ...route, partition }));
    const starts = await this.#resolveAll(joined, startAt.value, isolationOf(frame), () => starting.isCancelled);
    const begun =
      !starts.ok || starting.isCancelled ? starts : this.#begin(session, frame, starting, route, starts.value);
    for (const feed of joined) {
      this.#feeds.leave(feed);
      this.#catchUp.wake(feed);
    }
    return begun.ok ? ok(null) : begun;
  }

  /** Synchronous: from here on deliveries and reads reach the subscription. */
  #begin(
    session: RelaySession,
    frame: SubscribeFrame,
    starting: StartingSubscription,
    route: TopicRoute,
    starts: readonly PartitionStart[],
  ): Result<null> {
    const subscription = new Subscription({
      session,
      id: frame.id,
      topic: route.topic,
      topicId: route.topicId,
      as: frame.as ?? 'auto',
      isolation: isolationOf(frame),
      coversTopic: frame.partitions === undefined,
      creditBytes: starting.creditBytes,
    });
    for (const { partition, from } of starts) subscription.addCursor(partition, from, false);
    const position = subscription.position();
    if (maxAttachmentSize(session, [subscription]) > maxAttachmentBytes) return tooLargeToKeep();
    session.starting.delete(starting);
    session.subscriptions.set(frame.id, subscription);
    session.send(subscribedFrame(subscription, starts, position));
    for (const start of starts) this.#place(subscription, start);
    session.changed();
    return ok(null);
  }

  #addCursors(subscription: Subscription, starts: readonly PartitionStart[]): void {
    for (const start of starts) {
      subscription.addCursor(start.partition, start.from, false);
      this.#place(subscription, start);
    }
  }

  /** Puts a cursor to where there are records, and among the readers of its partition. */
  #place(subscription: Subscription, start: PartitionStart): void {
    const cursor = subscription.cursors.find(({ partition }) => partition === start.partition);
    if (cursor === undefined) return;
    if (start.from < start.logStartOffset) {
      cursor.next = start.logStartOffset;
      subscription.session.send(gapFrame(subscription, start.partition, start.from, start.logStartOffset));
    }
    const feed = this.#feeds.add(cursor);
    cursor.isBehind = cursor.next < feed.knownEnd;
  }

  /** Stops early once nobody wants the answer, which is then not whole. */
  async #resolveAll(
    feeds: readonly PartitionFeed[],
    startAt: StartAt,
    isolation: Isolation,
    isUnwanted: () => boolean,
  ): Promise<Result<PartitionStart[]>> {
    const starts: PartitionStart[] = [];
    for (let index = 0; index < feeds.length && !isUnwanted(); index += maxParallelRegistrations) {
      const wave = feeds.slice(index, index + maxParallelRegistrations);
      for (const start of await Promise.all(wave.map((feed) => this.#resolve(feed, startAt, isolation)))) {
        if (!start.ok) return start;
        starts.push(start.value);
      }
    }
    return ok(starts);
  }

  async #resolve(feed: PartitionFeed, startAt: StartAt, isolation: Isolation): Promise<Result<PartitionStart>> {
    const registration = await this.#reader.register(feed);
    if (!registration.ok) return registration;
    feed.isRegistered = true;
    feed.learnEnd(registration.value.highWatermark);
    return resolveStart(this.#reader, feed, startAt, registration.value, isolation);
  }
}

const isolationOf = ({ isolation }: SubscribeFrame): Isolation => isolation ?? 'read_uncommitted';

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);

export function partitionsOf(session: RelaySession): number {
  let count = 0;
  for (const { cursors } of session.readers()) count += cursors.length;
  for (const { partitionCount } of session.starting) count += partitionCount;
  return count;
}

export const idInUse = (id: string): Failed =>
  failed('INVALID_REQUEST', `This socket has a subscription "${id}" already; choose another id, or unsubscribe first.`);

export const tooManySubscriptions = (): Failed =>
  failed(
    'LIMIT_REACHED',
    `A socket holds ${limits.subscriptionsPerSocket.value} subscriptions at most; unsubscribe, or open another socket.`,
  );

export const tooManyPartitions = (): Failed =>
  failed(
    'LIMIT_REACHED',
    `The subscriptions of a socket cover ${limits.subscribedPartitionsPerSocket.value} partitions at most; name fewer, or open another socket.`,
  );

export const tooLargeToKeep = (): Failed =>
  failed(
    'LIMIT_REACHED',
    'The subscriptions of this socket take more space than is kept for a sleeping one; choose shorter ids, or open another socket.',
  );

const unknownPartition = (topic: string, partition: number, partitionCount: number): Failed =>
  failed(
    'UNKNOWN_TOPIC_OR_PARTITION',
    `Topic "${topic}" has no partition ${partition}; its partitions are 0 to ${partitionCount - 1}.`,
    { partition },
  );
