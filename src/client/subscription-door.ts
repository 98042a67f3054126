import type { ConsumedRecord } from './consumed-record.ts';
import type { MillraceError } from './millrace-error.ts';

/** Where a subscription starts. Partitions that `offsets` does not name start at their earliest record. */
export type SubscriptionStart =
  | { readonly kind: 'earliest' | 'latest' }
  | { readonly kind: 'timestamp'; readonly timestampMs: number }
  | {
      readonly kind: 'offsets';
      /** The next offset wanted, by partition. */
      readonly offsets: ReadonlyMap<number, number>;
      /** Guards against a topic that was deleted and created again; null when it is not known. */
      readonly topicId: string | null;
    };

export type SubscriptionRequest = {
  readonly topic: string;
  /** All of the topic when absent. */
  readonly partitions?: readonly number[];
  readonly start: SubscriptionStart;
  readonly creditBytes: number;
  /** `read_uncommitted` when absent. */
  readonly isolation?: 'read_uncommitted' | 'read_committed' | undefined;
};

/** Where a partition's part of a subscription begins, as the platform resolved it. */
export type PartitionStart = { readonly from: number; readonly highWatermark: number };

/** A run of offsets, `from` inclusive to `to` exclusive: either everything in it, or the news that it is gone. */
export type RecordsFrame = {
  readonly kind: 'records';
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly records: readonly ConsumedRecord[];
  /** What the frame costs in credit. */
  readonly bytes: number;
};

export type GapFrame = {
  readonly kind: 'gap';
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  /** `retention`: the records were deleted before this reader came. */
  readonly reason: string;
};

/** Nothing comes for about so long, because a quota is used up: it goes on by itself, on the same socket. */
export type Throttle = { readonly throttleMs: number; readonly code: string; readonly message: string };

export type StreamFrame = RecordsFrame | GapFrame;

export interface SubscriptionEvents {
  /** The platform took the subscription; the topic's id is null on a door that does not tell it. */
  subscribed(starts: ReadonlyMap<number, PartitionStart>, topicId: string | null): void;
  frame(frame: StreamFrame): void;
  throttled(throttle: Throttle): void;
  /** Called exactly once, last. `opened` is false when no connection came about. */
  ended(error: MillraceError, opened: boolean): void;
}

export interface Subscription {
  /** Allows this many more bytes. */
  grant(bytes: number): void;
  /** Ends it now; `ended` is called before this returns. */
  close(): void;
}

/** One way to subscribe, over one socket. It does not reconnect: see {@link ResumingSubscription}. */
export interface SubscriptionDoor {
  subscribe(request: SubscriptionRequest, events: SubscriptionEvents): Subscription;
}
