import type { Result } from '../errors/result.ts';
import type { TopicConfig } from '../topics/topic-config.ts';
import type { DeleteBefore } from './delete-records.ts';
import type { LeaderEpochEnd } from './leader-epochs.ts';
import type { TimelinePoint } from './log-timeline.ts';
import type { MaintenanceReport } from './maintenance/maintenance-job.ts';
import type { PartitionRef } from './partition-ref.ts';
import type { RemoteSegment } from './remote-segments.ts';
import type { AbortedTransaction } from './transactions/open-transaction.ts';
import type { TransactionClaim, TransactionMarker } from './transactions/transaction-marker.ts';
import type { WrittenSoFar } from './usage/written-so-far.ts';
import type { Witness } from './witness.ts';

/**
 * The right to exist: what a cluster object issues for one partition and the partition stores as its first row. The
 * signature is HMAC-SHA-256 over the other fields with the platform's secret, so that nothing else can create one.
 */
export type PartitionGrant = {
  readonly ref: PartitionRef;
  readonly topic: string;
  readonly config: TopicConfig;
  /** Grows with every change of the topic's config; a partition only moves to a higher one. */
  readonly configVersion: number;
  /** After this moment the grant is void: a partition purged later than this cannot be brought back by it. */
  readonly expiresAtMs: number;
  readonly signature: string;
};

/**
 * One request's records for one partition. Exactly one of `looseRecords` and `batches` is set, or neither when only
 * the Idempotency-Key is claimed.
 */
export type AppendRequest = {
  readonly ref: PartitionRef;
  /** The caller's view of the topic's config; a partition that is behind asks for a grant. */
  readonly configVersion: number;
  /** Records without a producer id, in the layout of loose-records.ts; the partition frames them into one batch a flush. */
  readonly looseRecords?: Uint8Array;
  /** Kafka v2 record batches, back to back; stored as they came. */
  readonly batches?: Uint8Array;
  readonly idempotency?: IdempotencyClaim;
  /** Set when the records are written in a transaction; loose records then get its producer's next sequence. */
  readonly transaction?: TransactionClaim;
  /** Whom the records are counted for; absent for nobody. */
  readonly keyId?: string;
  /** Set by who asks for {@link AppendReply.rowsWritten}. */
  readonly tellsRows?: true;
};

export type IdempotencyClaim = {
  /** SHA-256 of the caller's key, hex. */
  readonly keyHash: string;
  /** SHA-256 of the whole request body, hex: the same key with another body is refused. */
  readonly bodyHash: string;
  /** When the request came, in ms: what records without a timestamp get, again in the answer to a retry. */
  readonly requestedAtMs: number;
};

/** A run of consecutive offsets: one for all loose records of a request, one a batch otherwise. */
export type AppendedRange = {
  readonly baseOffset: number;
  readonly recordCount: number;
  /** The LogAppendTime the partition stamped, or -1 when the records keep their own. */
  readonly logAppendTimeMs: number;
};

export type AppendReply = {
  readonly ranges: readonly AppendedRange[];
  /** True when a retry was recognised and the first answer is repeated. */
  readonly duplicate: boolean;
  /** For a retry under an Idempotency-Key: when the first request came, in ms; otherwise null. */
  readonly firstRequestedAtMs: number | null;
  readonly logStartOffset: number;
  /** The request's part of the rows that its flush wrote, divided by how many requests shared it; for who asked for it. */
  readonly rowsWritten?: number;
};

/** Where a read starts. */
export type ReadFrom =
  | { readonly offset: number }
  /** The first record whose timestamp reaches this, at or after `minOffset` when it is given. */
  | { readonly timestampMs: number; readonly minOffset?: number }
  | 'earliest'
  | 'latest';

/** Whether a reader is shown records of transactions that are open or were aborted. */
export type Isolation = 'read_uncommitted' | 'read_committed';

export type ReadRequest = {
  readonly ref: PartitionRef;
  readonly configVersion: number;
  readonly from: ReadFrom;
  /** Soft bound: the first batch always comes, even if larger (KIP-74). */
  readonly maxBytes: number;
  /** Default `read_uncommitted`. With `read_committed` the read ends, and `latest` is, at the last stable offset. */
  readonly isolation?: Isolation;
  /**
   * The leader epoch that the reader takes to be in force; -1, the default, when it does not say. FENCED_LEADER_EPOCH or
   * UNKNOWN_LEADER_EPOCH when another one is.
   */
  readonly currentLeaderEpoch?: number;
};

export type ReadReply = {
  /** Whole record batches back to back; the first may begin below `startOffset`. Empty at the high watermark. */
  readonly batches: Uint8Array;
  /** The offset the request's `from` resolved to. */
  readonly startOffset: number;
  /** The offset after the last batch returned, or `startOffset` when none was. */
  readonly nextOffset: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  /** Where the oldest open transaction begins; the high watermark when none is open. */
  readonly lastStableOffset: number;
  /** The epoch in force: it grows when a loss of records is accepted. */
  readonly leaderEpoch: number;
  /**
   * With `read_committed`: transactions that were aborted, of which some batches may be among these. Whoever decodes
   * them leaves those out (committedBatches in transactions/aborted-ranges.ts). Never set beside a plan.
   */
  readonly abortedTransactions?: readonly AbortedTransaction[];
  /**
   * Set when what was asked for is in objects: the reader gets it from there (src/gateway/tiered-reader.ts). `batches`
   * is empty then and `nextOffset` is `startOffset`.
   */
  readonly plan?: ReadPlan;
};

/** Where a read that reaches tiered segments goes on. */
export type ReadPlan = {
  /** Consecutive segments in offset order, the first being the one to begin in; at least one. */
  readonly segments: readonly RemoteSegment[];
  /** Where in them: for a timestamp, at the first record that reaches it and has at least this offset. */
  readonly from: { readonly offset: number } | { readonly timestampMs: number; readonly minOffset: number };
  /** Whether the segments have batches of aborted transactions: a committed reader asks which ({@link PartitionRpc.abortedTransactions}). */
  readonly hasAborted: boolean;
};

export type PartitionDescription = {
  readonly partition: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** Bytes of batches in the partition's own rows, */
  readonly localBytes: number;
  /** and in objects. */
  readonly remoteBytes: number;
  readonly segmentCount: number;
  readonly maxTimestampMs: number;
  readonly upkeep: PartitionUpkeep;
};

/** A partition with how the time of records grows along its log, where that was asked for. */
export type DescribedPartition = PartitionDescription & { readonly timeline?: readonly TimelinePoint[] };

/** A producer that the partition remembers. */
export type ProducerDescription = {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** The last sequence of its current epoch, or -1. */
  readonly lastSequence: number;
  readonly lastTimestampMs: number;
  /** Where its open transaction begins here; null when none is open. */
  readonly transactionFirstOffset: number | null;
};

/** How a partition's maintenance stands. */
export type PartitionUpkeep = {
  /** When something is due next; null when nothing is. */
  readonly nextDueMs: number | null;
  /** Null when the topic is not compacted. */
  readonly compaction: CompactionUpkeep | null;
  /** What was found not to be what was stored, and is not restored yet. */
  readonly damaged: readonly DamagedRange[];
};

/** Offsets, both inclusive, of which some cannot be read. */
export type DamagedRange = { readonly offset: number; readonly lastOffset: number };

export type CompactionUpkeep = {
  /** The share of bytes that may be compacted and are not; what min.cleanable.dirty.ratio is compared with. */
  readonly cleanableRatio: number;
  /** Of two records of one key below it, the earlier is gone. */
  readonly cleanedOffset: number;
  /** Null before the first time. */
  readonly cleanedAtMs: number | null;
};

/** What accepting a loss came to. */
export type PartitionRecovery = {
  /** False when the log was whole, and nothing was changed. */
  readonly recovered: boolean;
  readonly leaderEpoch: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** The end of the log as it was last seen before the loss. */
  readonly witnessedHighWatermark: number | null;
};

/** A range of offsets on its way to a relay; see docs/websocket.md. */
export type Delivery = {
  readonly ref: PartitionRef;
  /** First offset covered, inclusive. */
  readonly from: number;
  /** Last offset covered, exclusive. */
  readonly to: number;
  /** The batches of the range, or null when it is too large to push: the relay then reads it. */
  readonly batches: Uint8Array | null;
};

/** What a relay answers to a delivery; the partition forgets a relay that has no subscriber left. */
export type DeliveryReply = { readonly subscribed: boolean };

/** The verbs of a partition's object. Every one answers GRANT_REQUIRED when the object has no identity or an older config. */
export interface PartitionRpc {
  initialize(grant: PartitionGrant): Promise<Result<PartitionDescription>>;
  append(request: AppendRequest): Promise<Result<AppendReply>>;
  readRecords(request: ReadRequest): Promise<Result<ReadReply>>;
  /** With `timelinePoints`, up to so many points of its timeline as well (log-timeline.ts). */
  describe(ref: PartitionRef, configVersion: number, timelinePoints?: number): Promise<Result<DescribedPartition>>;
  /**
   * Ends a transaction: whatever it has in this log becomes visible to committed readers, or never will be. May be
   * repeated, by whoever and however late: it never touches a later transaction.
   */
  writeTxnMarker(ref: PartitionRef, marker: TransactionMarker): Promise<Result<null>>;
  /** Aborted transactions that reach into the offsets from `from` up to, not including, `to`. */
  abortedTransactions(
    ref: PartitionRef,
    configVersion: number,
    from: number,
    to: number,
  ): Promise<Result<readonly AbortedTransaction[]>>;
  /** The producers the partition remembers, by their ids. */
  describeProducers(ref: PartitionRef, configVersion: number): Promise<Result<readonly ProducerDescription[]>>;
  /** Where the log stops being what a reader of the epoch knew (KIP-320), null when nobody can say; and the epoch in force. */
  endOfLeaderEpoch(
    ref: PartitionRef,
    configVersion: number,
    leaderEpoch: number,
  ): Promise<Result<{ readonly leaderEpoch: number; readonly end: LeaderEpochEnd | null }>>;
  /** From now on every flush is delivered to this relay; answers the high watermark at the moment of registration. */
  registerRelay(
    ref: PartitionRef,
    configVersion: number,
    relay: string,
  ): Promise<Result<{ highWatermark: number; logStartOffset: number }>>;
  unregisterRelay(ref: PartitionRef, relay: string): Promise<Result<null>>;
  /**
   * Makes the log start at an offset (Kafka's DeleteRecords); answers where it starts now. POLICY_VIOLATION unless the
   * topic's cleanup.policy contains delete; OFFSET_OUT_OF_RANGE above the high watermark.
   */
  deleteRecords(
    ref: PartitionRef,
    configVersion: number,
    before: DeleteBefore,
  ): Promise<Result<{ logStartOffset: number }>>;
  /** Runs all upkeep that is due now and says how each kind stands. */
  maintain(ref: PartitionRef, configVersion: number): Promise<Result<MaintenanceReport>>;
  /** Accepts a log that was answered with LOG_TRUNCATED as it is, under a higher leader epoch. */
  recover(ref: PartitionRef, configVersion: number): Promise<Result<PartitionRecovery>>;
  /**
   * Ends the partition for good: appends fail from here on, storage is freed, the object purges itself later. Repeated
   * until `isPurged` says that nothing is left of it, which also brings back an alarm that was lost meanwhile.
   */
  close(ref: PartitionRef): Promise<Result<{ readonly isPurged: boolean }>>;
}

export interface RelayRpc {
  deliver(delivery: Delivery): Promise<DeliveryReply>;
}

/** Tells the cluster how a partition stands, what its log is held against after its next start, and what it wrote. */
export type ReportPartition = (
  ref: PartitionRef,
  description: PartitionDescription,
  witness: Witness,
  written: WrittenSoFar,
) => Promise<void>;
