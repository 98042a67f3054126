import { errorTable } from '../errors/error-codes.ts';
import { type Failure, failed, type Result } from '../errors/result.ts';
import type { Isolation, ReadReply } from '../log/partition-rpc.ts';
import { incidentFailure } from './incident.ts';
import type { PartitionFeed } from './partition-feed.ts';
import type { PartitionReader, Registration } from './partition-reader.ts';
import type { RelayPorts } from './ports.ts';
import { catchUpReadBytes, maxParallelReads, maxReadAttempts, readRetryPauseMs } from './relay-limits.ts';

/** What catching up brings about; all of it happens synchronously. */
export interface CatchUpOutcome {
  /** Batches that begin at or below `from` were read, for readers of this isolation. */
  onRead(feed: PartitionFeed, from: number, reply: ReadReply, isolation: Isolation): void;
  /** The log now begins at `logStartOffset`: readers below it skip to it. */
  onRetention(feed: PartitionFeed, logStartOffset: number): void;
  /** The topic must be looked at again: it may have grown. */
  onLookAgain(feed: PartitionFeed): Promise<Result<null>>;
  /** Reading failed for good: at `from`, or for everyone there when it is null. */
  onFailure(feed: PartitionFeed, failure: Failure, from: number | null): void;
}

/**
 * Brings cursors that are behind to where pushes reach them: one bounded read a partition at a time, a few partitions
 * at once, in turn. What is read for one cursor serves all that stand in the same range.
 */
export class CatchUp {
  readonly #reader: PartitionReader;
  readonly #ports: Pick<RelayPorts, 'pause' | 'keepAlive'>;
  readonly #outcome: CatchUpOutcome;
  readonly #queue = new Set<PartitionFeed>();
  #running = 0;

  constructor(reader: PartitionReader, ports: Pick<RelayPorts, 'pause' | 'keepAlive'>, outcome: CatchUpOutcome) {
    this.#reader = reader;
    this.#ports = ports;
    this.#outcome = outcome;
  }

  /** Reads for this partition if anyone there needs it. */
  wake(feed: PartitionFeed): void {
    if (feed.isReading || !(feed.mustLookAgain || feed.hasReader())) return;
    this.#queue.add(feed);
    this.#fill();
  }

  #fill(): void {
    for (const feed of this.#queue) {
      if (this.#running === maxParallelReads) return;
      this.#queue.delete(feed);
      this.#running++;
      feed.isReading = true;
      this.#ports.keepAlive(this.#run(feed));
    }
  }

  async #run(feed: PartitionFeed): Promise<void> {
    try {
      await this.#attempt(feed);
      feed.isReading = false;
      this.wake(feed);
    } catch (thrown) {
      feed.isReading = false;
      this.#outcome.onFailure(feed, incidentFailure(thrown, 'catch-up'), null);
    } finally {
      this.#running--;
      this.#fill();
    }
  }

  async #attempt(feed: PartitionFeed): Promise<void> {
    const looked = feed.mustLookAgain || !feed.isRegistered ? await this.#lookAgain(feed) : null;
    if (looked !== null) return this.#recover(feed, looked, null);
    const cursor = feed.takeReader();
    if (cursor === null) return;
    const from = cursor.next;
    const failure = await this.#read(feed, from, cursor.subscription.isolation);
    if (failure === null) feed.failedAttempts = 0;
    else await this.#recover(feed, failure, from);
  }

  async #read(feed: PartitionFeed, from: number, isolation: Isolation): Promise<Failure | null> {
    const announcedEnd = feed.knownEnd;
    const reply = await this.#reader.read(feed, { offset: from }, catchUpReadBytes, isolation);
    if (!reply.ok)
      return reply.error.code === 'OFFSET_OUT_OF_RANGE' ? this.#skipDeleted(feed, reply.error, from) : reply.error;
    feed.learnEnd(reply.value.highWatermark);
    // Where something is not decided, a committed reader is led no further than it is.
    const end = isolation === 'read_committed' ? reply.value.lastStableOffset : reply.value.highWatermark;
    const hasMore = Math.max(isolation === 'read_committed' ? 0 : announcedEnd, end) > from;
    if (reply.value.nextOffset <= from && hasMore) return readCameBackEmpty(feed, from, announcedEnd);
    this.#outcome.onRead(feed, from, reply.value, isolation);
    return null;
  }

  async #lookAgain(feed: PartitionFeed): Promise<Failure | null> {
    const isTopicSuspect = feed.mustLookAgain;
    feed.mustLookAgain = false;
    const registration = await this.#register(feed);
    if (!registration.ok) {
      feed.mustLookAgain = isTopicSuspect;
      return registration.error;
    }
    if (!isTopicSuspect) return null;
    const looked = await this.#outcome.onLookAgain(feed);
    return looked.ok ? null : looked.error;
  }

  async #register(feed: PartitionFeed): Promise<Result<Registration>> {
    const registration = await this.#reader.register(feed);
    if (!registration.ok) return registration;
    feed.isRegistered = true;
    feed.learnEnd(registration.value.highWatermark);
    for (const cursor of feed.cursors) cursor.isBehind ||= cursor.next < feed.knownEnd;
    return registration;
  }

  async #recover(feed: PartitionFeed, failure: Failure, from: number | null): Promise<void> {
    feed.failedAttempts++;
    if (isWorthRetrying(failure) && feed.failedAttempts < maxReadAttempts) {
      return this.#ports.pause(readRetryPauseMs * 2 ** (feed.failedAttempts - 1));
    }
    feed.failedAttempts = 0;
    feed.mustLookAgain = false;
    this.#outcome.onFailure(feed, failure, from);
  }

  /**
   * A reader is outside the log: below its start it skips to the start, above its end it cannot be served. Who that
   * concerns is said at once: one that comes a moment later at the same offset has not been compared with the start.
   */
  async #skipDeleted(feed: PartitionFeed, failure: Failure, from: number): Promise<Failure | null> {
    const registration = await this.#register(feed);
    if (!registration.ok) return registration.error;
    const { logStartOffset } = registration.value;
    const isAnyBelow = [...feed.cursors].some((cursor) => cursor.next < logStartOffset);
    if (!isAnyBelow) {
      this.#outcome.onFailure(feed, failure, from);
      return null;
    }
    this.#outcome.onRetention(feed, logStartOffset);
    return null;
  }
}

/** Codes that mean the partition as such is gone, whatever Kafka says about retrying them, and a reader it has no answer for. */
const finalCodes: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'OFFSET_OUT_OF_RANGE',
]);

const isWorthRetrying = (failure: Failure): boolean =>
  errorTable[failure.code].retriable && !finalCodes.has(failure.code);

const readCameBackEmpty = (feed: PartitionFeed, from: number, announcedEnd: number): Failure =>
  failed(
    'KAFKA_STORAGE_ERROR',
    `Partition ${feed.partition} of topic "${feed.topic}" has no records at offset ${from}, although it announced offsets up to ${announcedEnd}.`,
    { partition: feed.partition, offset: from },
  ).error;
