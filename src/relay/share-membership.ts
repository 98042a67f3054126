import type { ValueRendering } from '../contracts/record-json.ts';
import type { PartitionFeed } from './partition-feed.ts';
import type { RelaySession } from './relay-session.ts';

/** What a membership was begun with, and keeps. */
export type ShareTerms = {
  readonly groupId: string;
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly as: ValueRendering;
};

/** A partition that a member waits at: how far its log reached when the member last looked. */
export type WatchedPartition = { readonly feed: PartitionFeed; seenEnd: number };

/**
 * One socket's membership of a share group. The relay acquires on its behalf while there is credit; what was acquired
 * is nobody's but the client's, who proves it by the lock, over this socket or any other door.
 */
export class ShareMembership {
  readonly session: RelaySession;
  /** The subscription's id. */
  readonly id: string;
  readonly terms: ShareTerms;
  /** How many records may still be sent. */
  creditRecords: number;
  /** The client was told that it is a member. */
  hasJoined = false;
  hasEnded = false;
  /** What it was sent is not paid for: nothing more is acquired for it. */
  isThrottled = false;
  /** By topic id and partition; they deliver here as long as the membership lasts. */
  readonly watched = new Map<string, WatchedPartition>();
  /** Acknowledgements are made one after the other. */
  turn: Promise<void> = Promise.resolve();
  #wakeUp: () => void = () => {};

  constructor(session: RelaySession, id: string, terms: ShareTerms, creditRecords: number) {
    this.session = session;
    this.id = id;
    this.terms = terms;
    this.creditRecords = creditRecords;
  }

  /** Ends the wait that is under way, if there is one: there may be something to do. */
  readonly wake = (): void => this.#wakeUp();

  /** Resolves at the next {@link wake}. */
  nextWake(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeUp = resolve;
    });
  }
}
