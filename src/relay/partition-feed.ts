import { type Cursor, canCatchUp } from './subscription.ts';

/** What a relay knows about one partition that its sockets read. */
export class PartitionFeed {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** Subscriptions on their way here: deliveries must go on although no cursor stands yet. */
  joining = 0;
  /** The highest end of the log heard of; the log may be longer. */
  knownEnd = 0;
  /** False after the relay came back into memory: whether the partition still knows it is then asked before a read. */
  isRegistered = false;
  /** True when the topic itself may have changed and must be looked at. */
  mustLookAgain = false;
  isReading = false;
  failedAttempts = 0;
  /** Called after each delivery: members of share groups look for records that are theirs to take. */
  readonly listeners = new Set<() => void>();
  readonly #cursors = new Set<Cursor>();

  constructor(topic: string, topicId: string, partition: number) {
    this.topic = topic;
    this.topicId = topicId;
    this.partition = partition;
  }

  get cursors(): ReadonlySet<Cursor> {
    return this.#cursors;
  }

  get isWanted(): boolean {
    return this.#cursors.size > 0 || this.joining > 0;
  }

  add(cursor: Cursor): void {
    this.#cursors.add(cursor);
    this.learnEnd(cursor.next);
  }

  remove(cursor: Cursor): void {
    this.#cursors.delete(cursor);
  }

  learnEnd(offset: number): void {
    this.knownEnd = Math.max(this.knownEnd, offset);
  }

  /**
   * The cursor to read for next. It moves behind the others, so that one reader at the log's start does not keep
   * those further on waiting.
   */
  takeReader(): Cursor | null {
    for (const cursor of this.#cursors) {
      if (!canCatchUp(cursor)) continue;
      this.#cursors.delete(cursor);
      this.#cursors.add(cursor);
      return cursor;
    }
    return null;
  }

  hasReader(): boolean {
    for (const cursor of this.#cursors) if (canCatchUp(cursor)) return true;
    return false;
  }
}
