import type { ValueRendering } from '../contracts/record-json.ts';
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
};

export type SubscriptionInit = {
  readonly session: RelaySession;
  readonly id: string;
  readonly topic: string;
  readonly topicId: string;
  readonly as: ValueRendering;
  /** True when it named no partitions: it then also follows those that are added later. */
  readonly coversTopic: boolean;
  readonly creditBytes: number;
};

/** What to do for a cursor when a range of offsets arrives: send it now, leave it to a read, or nothing. */
export type DeliveryDecision = 'send' | 'read' | 'skip';

/**
 * One subscription of one socket: for each partition the next offset, and the credit they share. It decides what may
 * be sent and remembers what was; it sends nothing itself. Whatever order things happen in, a cursor only moves from
 * `next` to the end of a range that begins there, so every offset is covered once and in order.
 */
export class Subscription {
  readonly session: RelaySession;
  readonly id: string;
  readonly topic: string;
  readonly topicId: string;
  readonly as: ValueRendering;
  readonly coversTopic: boolean;
  /** How every `records` frame of it begins. */
  readonly frameHead: string;
  readonly frameHeadBytes: number;
  /** At zero or below nothing is sent. */
  creditBytes: number;
  /** True once it may send nothing more, whatever is still under way for it. */
  hasEnded = false;
  /** In ascending order of partition, as a position wants them. */
  readonly #cursors: Cursor[] = [];

  constructor(init: SubscriptionInit) {
    this.session = init.session;
    this.id = init.id;
    this.topic = init.topic;
    this.topicId = init.topicId;
    this.as = init.as;
    this.coversTopic = init.coversTopic;
    this.creditBytes = init.creditBytes;
    this.frameHead = `{"type":"records","id":${JSON.stringify(init.id)},`;
    this.frameHeadBytes = new TextEncoder().encode(this.frameHead).length;
  }

  get cursors(): readonly Cursor[] {
    return this.#cursors;
  }

  /** Adds a partition; partitions are added in ascending order. */
  addCursor(partition: number, next: number, isBehind: boolean): Cursor {
    const cursor: Cursor = { subscription: this, partition, next, isBehind };
    this.#cursors.push(cursor);
    return cursor;
  }

  /** The position after everything that was sent. */
  position(): string {
    return encodePosition(this.topicId, positionEntries(this.#cursors));
  }
}

/** Decides what a pushed range means for a cursor; `hasBatches` is false when only the range was announced. */
export function decideDelivery(cursor: Cursor, from: number, to: number, hasBatches: boolean): DeliveryDecision {
  if (cursor.next >= to) return 'skip';
  const isContiguous = cursor.next >= from;
  return isContiguous && hasBatches && cursor.subscription.creditBytes > 0 ? 'send' : 'read';
}

/** True when a read on behalf of this cursor can bring something that may be sent. */
export function canCatchUp(cursor: Cursor): boolean {
  return cursor.isBehind && cursor.subscription.creditBytes > 0;
}

function* positionEntries(cursors: readonly Cursor[]): Iterable<readonly [number, number]> {
  for (const cursor of cursors) yield [cursor.partition, cursor.next];
}
