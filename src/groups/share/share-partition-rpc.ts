import type { Result } from '../../errors/result.ts';
import type { ShareGroupConfig } from './share-config.ts';
import type { SharePartitionRef } from './share-ref.ts';
import type { AcknowledgeCommand, AcquiredRange, OffsetSpan } from './share-state.ts';

/** What every call of an edge carries: which partition of which group, and what the group asks of it. */
export type ShareCall = {
  readonly ref: SharePartitionRef;
  readonly topic: string;
  readonly config: ShareGroupConfig;
  /** Grows with every change of the group's config; a partition only moves to a higher one. */
  readonly configVersion: number;
  /** True for a partition that was added after the group had begun its topic: it is read from its beginning. */
  readonly isAdded: boolean;
};

export type ShareAcquireRequest = {
  readonly call: ShareCall;
  readonly memberId: string;
  /** New for each acquisition; the same again is answered with the same records. */
  readonly lockId: string;
  readonly maxRecords: number;
};

export type ShareAcquireReply = {
  readonly acquired: readonly AcquiredRange[];
  /** Where the log ended: what comes from here on is news. */
  readonly highWatermark: number;
  /** In how long a record may become available by itself; null when none will. */
  readonly nextChangeInMs: number | null;
};

/** What an edge found when it read what it had acquired. */
export type ShareSettleRequest = {
  readonly ref: SharePartitionRef;
  readonly lockId: string;
  /** Not handed out: their delivery does not count. */
  readonly undelivered: readonly OffsetSpan[];
  /** No record is there (compaction, retention). */
  readonly gaps: readonly OffsetSpan[];
};

export type SharePartitionDescription = {
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** Records in the window by what they wait for. */
  readonly available: number;
  readonly acquired: number;
  readonly deadLetters: number;
  /** Why dead letters could not be written when that was last tried; null when all is well. */
  readonly deadLetterFailure: string | null;
  readonly accepted: number;
  readonly archived: number;
  readonly deadLettered: number;
};

/** The verbs of the object that shares one partition among the members of a group. */
export interface SharePartitionRpc {
  /** Fixes where the group begins, if it has not begun. */
  open(call: ShareCall): Promise<Result<null>>;
  acquire(request: ShareAcquireRequest): Promise<Result<ShareAcquireReply>>;
  settle(request: ShareSettleRequest): Promise<Result<null>>;
  /** Each entry has a result of its own; INVALID_RECORD_STATE changes nothing. */
  acknowledge(call: ShareCall, entries: readonly AcknowledgeCommand[]): Promise<Result<readonly Result<null>[]>>;
  /** Null before the group has begun here. */
  describe(ref: SharePartitionRef): Promise<Result<SharePartitionDescription | null>>;
  /** Begins anew elsewhere; what was locked is locked no more. */
  reset(call: ShareCall): Promise<Result<{ readonly startOffset: number }>>;
  /** Ends it for good: the group or the topic is gone. */
  close(ref: SharePartitionRef): Promise<Result<null>>;
}
