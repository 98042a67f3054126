import { isRefusal } from '../authorization/access-check.ts';
import type { Principal } from '../authorization/principal.ts';
import type { Failure } from '../errors/result.ts';
import type { GroupMembership } from './group-membership.ts';
import type { RelaySocket } from './ports.ts';
import { errorFrame } from './server-frames.ts';
import type { ShareMembership } from './share-membership.ts';
import { decodeAttachment, encodeAttachment } from './socket-attachment.ts';
import type { Subscription } from './subscription.ts';

/** A subscription that was asked for and not answered yet. */
export type StartingSubscription = {
  readonly id: string;
  readonly session: RelaySession;
  creditBytes: number;
  partitionCount: number;
  isCancelled: boolean;
};

/** One socket: what it subscribes to, and what it waits for. */
export class RelaySession {
  readonly socket: RelaySocket;
  /** The topic its path named, which its frames may leave out; null at `/v1/ws`. */
  readonly topic: string | null;
  /** On whose behalf it asks. */
  principal: Principal;
  /** When the organization last said that the principal is good; 0 when that was before it came into memory. */
  checkedAtMs = 0;
  /** True while nobody vouches for the principal: nothing is sent, and nothing is taken. */
  isHeld = false;
  readonly subscriptions = new Map<string, Subscription>();
  /** Those that were cancelled stay until the work for them has stopped, so that they count as long as they cost. */
  readonly starting = new Set<StartingSubscription>();
  /** The `produce` frames of a socket are stored one after the other, so that their records keep its order. */
  produceTail: Promise<void> = Promise.resolve();
  pendingProduceFrames = 0;
  /** With quotas, frames are let in one after the other. */
  quotaTurn: Promise<void> = Promise.resolve();
  waitingFrames = 0;
  /** Memberships of groups by the id of their subscription, those that are being begun included. */
  readonly memberships = new Map<string, GroupMembership>();
  /** Memberships of share groups by the id of their subscription. */
  readonly shares = new Map<string, ShareMembership>();
  /** When the client last sent a frame that woke the relay; 0 when that was before it came into memory. */
  lastFrameMs = 0;
  isClosed = false;
  /** Until when it was counted that the socket is open. */
  countedToMs: number;
  /** Told of what its principal was refused. */
  onRefusal: (failure: Failure) => void = () => {};
  readonly #changed: Set<RelaySession>;

  /** `changed` collects the sessions whose attachment must be written before the turn ends. */
  constructor(
    socket: RelaySocket,
    topic: string | null,
    principal: Principal,
    countedToMs: number,
    changed: Set<RelaySession>,
  ) {
    this.socket = socket;
    this.topic = topic;
    this.principal = principal;
    this.countedToMs = countedToMs;
    this.#changed = changed;
  }

  /** The session of a socket that was open before the relay came into memory. */
  static restore(socket: RelaySocket, attachment: Uint8Array, changed: Set<RelaySession>): RelaySession {
    return decodeAttachment(
      attachment,
      (topic, principal, countedToMs) => new RelaySession(socket, topic, principal, countedToMs, changed),
    );
  }

  send(text: string): void {
    if (!this.isClosed && !this.socket.send(text)) this.isClosed = true;
  }

  /** What is being started under this id and was not cancelled. */
  startingAs(id: string): StartingSubscription | null {
    for (const starting of this.starting) if (starting.id === id && !starting.isCancelled) return starting;
    return null;
  }

  /** True when a subscription has the id, or is being started under it. */
  isTaken(id: string): boolean {
    return (
      this.subscriptions.has(id) || this.memberships.has(id) || this.shares.has(id) || this.startingAs(id) !== null
    );
  }

  get subscriptionCount(): number {
    return this.subscriptions.size + this.memberships.size + this.shares.size + this.starting.size;
  }

  /** Every part of every subscription that reads a topic. */
  *readers(): Iterable<Subscription> {
    yield* this.subscriptions.values();
    for (const { subscriptions } of this.memberships.values()) yield* subscriptions.values();
  }

  fail(id: string | null, failure: Failure, isFatal: boolean): void {
    if (isRefusal(failure)) this.onRefusal(failure);
    this.send(errorFrame(id, failure, isFatal));
  }

  changed(): void {
    this.#changed.add(this);
  }

  /** Everything that must survive hibernation goes to the platform. */
  save(): void {
    if (!this.isClosed) this.keep();
  }

  /** The same of one that is closed: should the relay come into memory before the socket is gone, it finds this. */
  keep(): void {
    this.socket.attachment = encodeAttachment(this);
  }
}
