import type { PushedReader } from '../authorization/push-throttle.ts';
import { RecordKeyMatcher, recordKeyFilter } from '../authorization/record-key-rules.ts';
import type { ValueRendering } from '../contracts/record-json.ts';
import type { Isolation } from '../log/partition-rpc.ts';
import type { CreditAccount, GroupMembership } from './group-membership.ts';
import { encodePosition } from './position.ts';
import type { RelaySession } from './relay-session.ts';

/** How far one subscription has come in one partition. */
export type Cursor = {
  readonly subscription: Subscription;
  readonly partition: number;
  /** The next offset to send. */
  next: number;
  /** True from the moment something it must send could not be pushed until a read brought it to the end. */
  isBehind: boolean;
  /**
   * Of a committed reader: whether everything below `next` is known to be decided. Only then may it be pushed to; not
   * kept while the relay is out of memory, since a read finds it out.
   */
  isStable: boolean;
};

export type SubscriptionInit = {
  readonly session: RelaySession;
  readonly id: string;
  readonly topic: string;
  readonly topicId: string;
  readonly as: ValueRendering;
  /** `read_uncommitted` by default. */
  readonly isolation?: Isolation | undefined;
  /** True when it named no partitions: it then also follows those that are added later. */
  readonly coversTopic: boolean;
  readonly creditBytes: number;
  /** The membership of a group that this is the part of one topic of. */
  readonly membership?: GroupMembership;
};

/** A range of offsets that a partition pushed. */
export type PushedRange = {
  readonly from: number;
  readonly to: number;
  /** False when the range was only announced. */
  readonly hasBatches: boolean;
  /** Whether any batch of it is a marker, or part of a transaction. */
  readonly hasTransactions: () => boolean;
};

/** What to do for a cursor when a range of offsets arrives: send it now, leave it to a read, or nothing. */
export type DeliveryDecision = 'send' | 'read' | 'skip';

/**
 * One subscription of one socket: for each partition the next offset, and the credit they share. It decides what may
 * be sent and remembers what was; it sends nothing itself. Whatever order things happen in, a cursor only moves from
 * `next` to the end of a range that begins there, so every offset is covered once and in order.
 */
export class Subscription implements PushedReader {
  readonly session: RelaySession;
  readonly id: string;
  readonly topic: string;
  readonly topicId: string;
  readonly as: ValueRendering;
  readonly isolation: Isolation;
  readonly coversTopic: boolean;
  /** The keys that its principal is held to; null when it sees all records. */
  keys: RecordKeyMatcher | null = null;
  /** How every `records` frame of it begins. */
  readonly frameHead: string;
  readonly frameHeadBytes: number;
  readonly membership: GroupMembership | null;
  /** True once it may send nothing more, whatever is still under way for it. */
  hasEnded = false;
  isThrottled = false;
  isPaying = false;
  /** In ascending order of partition, as a position wants them. */
  readonly #cursors: Cursor[] = [];
  readonly #credit: CreditAccount;

  constructor(init: SubscriptionInit) {
    this.session = init.session;
    this.id = init.id;
    this.topic = init.topic;
    this.topicId = init.topicId;
    this.as = init.as;
    this.isolation = init.isolation ?? 'read_uncommitted';
    this.coversTopic = init.coversTopic;
    this.holdToKeys();
    this.membership = init.membership ?? null;
    this.#credit = init.membership?.credit ?? { creditBytes: init.creditBytes };
    const topic = this.membership === null ? '' : `"topic":${JSON.stringify(init.topic)},`;
    this.frameHead = `{"type":"records","id":${JSON.stringify(init.id)},${topic}`;
    this.frameHeadBytes = new TextEncoder().encode(this.frameHead).length;
  }

  /** At zero or below nothing is sent. The topics of a membership share theirs. */
  get creditBytes(): number {
    return this.#credit.creditBytes;
  }

  set creditBytes(bytes: number) {
    this.#credit.creditBytes = bytes;
  }

  get maySend(): boolean {
    return this.creditBytes > 0 && !this.isThrottled && !this.session.isHeld;
  }

  get isOver(): boolean {
    return this.hasEnded || this.session.isClosed;
  }

  /** Holds it to the keys of its session's principal. */
  holdToKeys(): void {
    const prefixes = recordKeyFilter(this.session.principal, 'READ', this.topic);
    this.keys = prefixes === null ? null : new RecordKeyMatcher(prefixes);
  }

  get cursors(): readonly Cursor[] {
    return this.#cursors;
  }

  /** Adds a partition; partitions are added in ascending order. */
  addCursor(partition: number, next: number, isBehind: boolean): Cursor {
    const cursor: Cursor = { subscription: this, partition, next, isBehind, isStable: false };
    this.#cursors.push(cursor);
    return cursor;
  }

  /** Adds a partition of a group's member, whatever its number. */
  insertCursor(partition: number, next: number): Cursor {
    const cursor = this.addCursor(partition, next, false);
    this.#cursors.sort((one, other) => one.partition - other.partition);
    return cursor;
  }

  removeCursor(cursor: Cursor): void {
    this.#cursors.splice(this.#cursors.indexOf(cursor), 1);
  }

  /** The position after everything that was sent. */
  position(): string {
    return encodePosition(this.topicId, positionEntries(this.#cursors));
  }
}

/**
 * Decides what a pushed range means for a cursor. A committed reader is sent what follows decided offsets and has no
 * transactions in it: then that is decided too. Everything else a read finds out.
 */
export function decideDelivery(cursor: Cursor, range: PushedRange): DeliveryDecision {
  if (cursor.next >= range.to) return 'skip';
  const { isolation, maySend } = cursor.subscription;
  if (cursor.next < range.from || !range.hasBatches || !maySend) return 'read';
  if (isolation === 'read_uncommitted') return 'send';
  return cursor.isStable && !range.hasTransactions() ? 'send' : 'read';
}

/** True when a read on behalf of this cursor can bring something that may be sent. */
export function canCatchUp(cursor: Cursor): boolean {
  return cursor.isBehind && cursor.subscription.maySend;
}

function* positionEntries(cursors: readonly Cursor[]): Iterable<readonly [number, number]> {
  for (const cursor of cursors) yield [cursor.partition, cursor.next];
}

/** The part that a membership of a group has of one topic: it begins without partitions, which are assigned to it. */
export function subscriptionOfMembership(membership: GroupMembership, topic: string, topicId: string): Subscription {
  const { session, id, terms, credit } = membership;
  const { as, isolation } = terms;
  const { creditBytes } = credit;
  const init = { session, id, topic, topicId, as, isolation, coversTopic: false, creditBytes, membership };
  const subscription = new Subscription(init);
  membership.subscriptions.set(topicId, subscription);
  return subscription;
}
