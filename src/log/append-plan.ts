import { ok, type Result } from '../errors/result.ts';
import type { TopicConfig } from '../topics/topic-config.ts';
import { type FirstAnswer, matchClaim } from './idempotency-store.ts';
import { frameLooseRecords, maxLooseRecordBytes } from './loose-records.ts';
import type { AppendedRange, AppendReply, IdempotencyClaim } from './partition-rpc.ts';
import {
  appendedRangeOf,
  judgeProducerBatch,
  nextSequence,
  type ProducerEntry,
  withEndedTransaction,
  withProducedBatch,
} from './producer-state.ts';
import { recompressFramed } from './recompress.ts';
import {
  type BatchHeader,
  type CheckedBatch,
  patchBatch,
  readBatchHeader,
  stampLogAppendTime,
} from './record-batch.ts';
import { judgeTransaction, type OpenTransaction } from './transactions/open-transaction.ts';
import {
  encodeControlBatch,
  type TransactionClaim,
  type TransactionMarker,
} from './transactions/transaction-marker.ts';
import { type TransactionChanges, TransactionPlan } from './transactions/transaction-plan.ts';
import { FlushUsage, type StoredUsage } from './usage/flush-usage.ts';
import { nobodysKey } from './usage/usage-counts.ts';

/** A request whose bytes were checked when it arrived; what is left to decide depends on the log's state. */
export type CheckedAppend = {
  /** Loose records and how many they are, or null. */
  readonly loose: { readonly bytes: Uint8Array; readonly recordCount: number } | null;
  readonly batches: { readonly bytes: Uint8Array; readonly checked: readonly CheckedBatch[] } | null;
  readonly claim: IdempotencyClaim | null;
  /** Set for records that are written in a transaction. */
  readonly transaction: TransactionClaim | null;
  /** The end of a transaction; then there are no records. */
  readonly marker: TransactionMarker | null;
  /** The key that its records are counted for. */
  readonly keyId: string;
  readonly sizeBytes: number;
};

/** The state a flush decides on. */
export type FlushState = {
  readonly config: TopicConfig;
  readonly nextOffset: number;
  readonly logStartOffset: number;
  readonly leaderEpoch: number;
  readonly nowMs: number;
  readonly producer: (producerId: number) => ProducerEntry | null;
  readonly findClaim: (claim: IdempotencyClaim) => Result<FirstAnswer | null>;
  /** Open transactions by producer, in the order of their first offsets. */
  readonly openTransactions: ReadonlyMap<number, OpenTransaction>;
};

/** A batch that goes into the log, with its final offsets in place. */
export type PlacedBatch = {
  readonly bytes: Uint8Array;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestampMs: number;
};

/** Everything a flush changes, decided before anything is written. */
export type FlushPlan = {
  /** One outcome a request, in the order of the requests. */
  readonly outcomes: readonly Result<AppendReply>[];
  readonly placed: readonly PlacedBatch[];
  readonly producers: readonly ProducerEntry[];
  readonly claims: readonly { readonly claim: IdempotencyClaim; readonly ranges: readonly AppendedRange[] }[];
  readonly transactions: TransactionChanges;
  /** What is stored for whom: together the records and bytes of all that is placed. */
  readonly usage: readonly StoredUsage[];
  readonly nextOffset: number;
};

/**
 * Decides a flush: requests keep their order, neighbouring loose requests share one batch, a request that fails takes
 * no offset, and a recognised retry repeats its first answer.
 */
export function planFlush(state: FlushState, requests: readonly CheckedAppend[]): FlushPlan {
  return new FlushPlanner(state).plan(requests);
}

class FlushPlanner {
  readonly #state: FlushState;
  readonly #outcomes: Result<AppendReply>[] = [];
  readonly #placed: PlacedBatch[] = [];
  readonly #producers = new Map<number, ProducerEntry>();
  readonly #claims = new Map<string, { claim: IdempotencyClaim; ranges: readonly AppendedRange[] }>();
  readonly #transactions: TransactionPlan;
  readonly #usage = new FlushUsage();
  #nextOffset: number;
  /** Neighbouring loose requests that will share a batch. */
  #run: { index: number; loose: NonNullable<CheckedAppend['loose']>; keyId: string; baseOffset: number }[] = [];
  #runBytes = 0;
  #runRecordCount = 0;

  constructor(state: FlushState) {
    this.#state = state;
    this.#nextOffset = state.nextOffset;
    this.#transactions = new TransactionPlan(state.openTransactions);
  }

  plan(requests: readonly CheckedAppend[]): FlushPlan {
    requests.forEach((request, index) => {
      this.#outcomes.push(this.#place(request, index));
    });
    this.#closeRun();
    return {
      outcomes: this.#outcomes,
      placed: this.#placed,
      producers: [...this.#producers.values()],
      claims: [...this.#claims.values()],
      transactions: this.#transactions.changes,
      usage: this.#usage.stored,
      nextOffset: this.#nextOffset,
    };
  }

  #place(request: CheckedAppend, index: number): Result<AppendReply> {
    if (request.claim !== null) {
      const earlier = this.#earlierAnswer(request.claim);
      if (!earlier.ok) return earlier;
      if (earlier.value !== null) return this.#reply(earlier.value.ranges, true, earlier.value.requestedAtMs);
    }
    const placed = this.#placeRecords(request, index);
    if (placed.ok && request.claim !== null) {
      this.#claims.set(request.claim.keyHash, { claim: request.claim, ranges: placed.value.ranges });
    }
    return placed;
  }

  #placeRecords(request: CheckedAppend, index: number): Result<AppendReply> {
    const { loose, batches, transaction, marker, keyId } = request;
    if (loose !== null && transaction !== null) return this.#placeInTransaction(loose, transaction, keyId);
    if (loose !== null) return this.#placeLoose(loose, keyId, index);
    if (batches !== null) return this.#placeBatches(batches.bytes, batches.checked, transaction, keyId);
    return marker === null ? this.#reply([], false) : this.#placeMarker(marker);
  }

  #earlierAnswer(claim: IdempotencyClaim): Result<FirstAnswer | null> {
    const inThisFlush = this.#claims.get(claim.keyHash);
    if (inThisFlush !== undefined) return matchClaim(claim, { ...inThisFlush.claim, ranges: inThisFlush.ranges });
    return this.#state.findClaim(claim);
  }

  #placeLoose(loose: NonNullable<CheckedAppend['loose']>, keyId: string, index: number): Result<AppendReply> {
    // A framed batch must stay within max.message.bytes, as any other batch; framing adds less than the loose header takes.
    const budgetBytes = maxLooseRecordBytes(this.#state.config.maxMessageBytes);
    if (this.#runBytes > 0 && this.#runBytes + loose.bytes.length > budgetBytes) this.#closeRun();
    const baseOffset = this.#nextOffset + this.#runRecordCount;
    this.#run.push({ index, loose, keyId, baseOffset });
    this.#runBytes += loose.bytes.length;
    this.#runRecordCount += loose.recordCount;
    return this.#reply([this.#range(baseOffset, loose.recordCount)], false);
  }

  #closeRun(): void {
    if (this.#run.length === 0) return;
    const { config, leaderEpoch, nowMs } = this.#state;
    const baseOffset = this.#nextOffset;
    const framed = frameLooseRecords(
      this.#run.map((member) => member.loose.bytes),
      { baseOffset, leaderEpoch, nowMs, timestampType: config.messageTimestampType },
    );
    const bytes = recompressFramed(framed.batch, config);
    this.#nextOffset += framed.recordCount;
    const shares = this.#run.map(({ loose, keyId }) => ({
      keyId,
      records: loose.recordCount,
      bytes: loose.bytes.length,
    }));
    this.#usage.addShared(shares, bytes.length);
    this.#placed.push({
      bytes,
      baseOffset,
      lastOffset: this.#nextOffset - 1,
      maxTimestampMs: framed.maxTimestampMs,
    });
    this.#run = [];
    this.#runBytes = 0;
    this.#runRecordCount = 0;
  }

  /** Loose records of a transaction are a batch of their own, under the next sequence of their producer. */
  #placeInTransaction(
    { bytes }: NonNullable<CheckedAppend['loose']>,
    transaction: TransactionClaim,
    keyId: string,
  ): Result<AppendReply> {
    this.#closeRun();
    const { producerId, producerEpoch } = transaction;
    const { config, leaderEpoch, nowMs } = this.#state;
    const baseSequence = nextSequence(this.#producer(producerId), producerEpoch);
    const framed = frameLooseRecords([bytes], {
      baseOffset: 0,
      leaderEpoch,
      nowMs,
      timestampType: config.messageTimestampType,
      transactional: { producerId, producerEpoch, baseSequence },
    });
    const batch = recompressFramed(framed.batch, config);
    return this.#placeBatches(batch, [{ at: 0, header: readBatchHeader(batch, 0) }], transaction, keyId);
  }

  /** Ends a transaction, as far as it has a part here; what ended before, or was never begun, changes nothing in the log. */
  #placeMarker(marker: TransactionMarker): Result<AppendReply> {
    this.#closeRun();
    const { leaderEpoch, nowMs } = this.#state;
    const entry = this.#producer(marker.producerId);
    if (marker.transactionNumber <= (entry?.endedTransaction ?? 0)) return this.#reply([], true);
    this.#producers.set(marker.producerId, withEndedTransaction(entry, marker, nowMs));
    const open = this.#transactions.find(marker.producerId);
    if (open === undefined) return this.#reply([], false);
    const baseOffset = this.#nextOffset;
    const bytes = encodeControlBatch(marker, { baseOffset, leaderEpoch, nowMs });
    this.#placed.push({ bytes, baseOffset, lastOffset: baseOffset, maxTimestampMs: nowMs });
    this.#nextOffset += 1;
    this.#usage.add(nobodysKey, 1, bytes.length);
    this.#transactions.end(open, baseOffset, marker.committed);
    return this.#reply([{ baseOffset, recordCount: 1, logAppendTimeMs: -1 }], false);
  }

  #placeBatches(
    bytes: Uint8Array,
    checked: readonly CheckedBatch[],
    transaction: TransactionClaim | null,
    keyId: string,
  ): Result<AppendReply> {
    this.#closeRun();
    const verdicts = this.#judge(checked, transaction);
    if (!verdicts.ok) return verdicts;
    const ranges: AppendedRange[] = [];
    let duplicates = 0;
    checked.forEach(({ at, header }, position) => {
      const duplicateOf = verdicts.value[position] ?? null;
      if (duplicateOf !== null) {
        duplicates += 1;
        ranges.push(duplicateOf);
        return;
      }
      const range = this.#range(this.#nextOffset, header.lastOffsetDelta + 1);
      this.#beginTransaction(header, transaction);
      this.#usage.add(keyId, range.recordCount, header.sizeBytes);
      this.#placeBatch(bytes.subarray(at, at + header.sizeBytes), header.maxTimestampMs, header.lastOffsetDelta);
      ranges.push(range);
      if (header.producerId >= 0) {
        const entry = this.#producer(header.producerId);
        const placed = { ...range, nowMs: this.#state.nowMs };
        this.#producers.set(header.producerId, withProducedBatch(entry, header, placed));
      }
    });
    return this.#reply(ranges, duplicates === checked.length);
  }

  /** The first batch of a transaction here begins it, at the offset that the batch gets. */
  #beginTransaction({ isTransactional, producerId }: BatchHeader, transaction: TransactionClaim | null): void {
    const transactionNumber = transaction?.transactionNumber ?? null;
    if (!isTransactional || transactionNumber === null || this.#transactions.find(producerId) !== undefined) return;
    this.#transactions.begin({ producerId, transactionNumber, firstOffset: this.#nextOffset });
  }

  /** Judges all batches of a request before any is placed: they are appended together or not at all. */
  #judge(checked: readonly CheckedBatch[], transaction: TransactionClaim | null): Result<(AppendedRange | null)[]> {
    const provisional = new Map<number, ProducerEntry>();
    const verdicts: (AppendedRange | null)[] = [];
    // Where each batch will stand, since a later one of the same request may be a repeat of it.
    let nextOffset = this.#nextOffset;
    for (const { header } of checked) {
      const range = this.#range(nextOffset, header.lastOffsetDelta + 1);
      if (header.producerId < 0) {
        verdicts.push(null);
        nextOffset += range.recordCount;
        continue;
      }
      const entry = provisional.get(header.producerId) ?? this.#producer(header.producerId);
      const verdict = judgeProducerBatch(entry, header);
      if (!verdict.ok) return verdict;
      const duplicateOf = verdict.value.duplicateOf;
      verdicts.push(duplicateOf === null ? null : appendedRangeOf(duplicateOf));
      if (duplicateOf === null) {
        const allowed = judgeTransaction(header, transaction, entry, this.#transactions.find(header.producerId));
        if (!allowed.ok) return allowed;
        provisional.set(header.producerId, withProducedBatch(entry, header, { ...range, nowMs: this.#state.nowMs }));
        nextOffset += range.recordCount;
      }
    }
    return ok(verdicts);
  }

  #placeBatch(bytes: Uint8Array, maxTimestampMs: number, lastOffsetDelta: number): void {
    const { config, leaderEpoch, nowMs } = this.#state;
    const stamped = config.messageTimestampType === 'LogAppendTime';
    if (stamped) stampLogAppendTime(bytes, 0, nowMs);
    patchBatch(bytes, 0, this.#nextOffset, leaderEpoch);
    this.#placed.push({
      bytes,
      baseOffset: this.#nextOffset,
      lastOffset: this.#nextOffset + lastOffsetDelta,
      maxTimestampMs: stamped ? nowMs : maxTimestampMs,
    });
    this.#nextOffset += lastOffsetDelta + 1;
  }

  #producer(producerId: number): ProducerEntry | null {
    return this.#producers.get(producerId) ?? this.#state.producer(producerId);
  }

  #range(baseOffset: number, recordCount: number): AppendedRange {
    const stamped = this.#state.config.messageTimestampType === 'LogAppendTime';
    return { baseOffset, recordCount, logAppendTimeMs: stamped ? this.#state.nowMs : -1 };
  }

  #reply(
    ranges: readonly AppendedRange[],
    duplicate: boolean,
    firstRequestedAtMs: number | null = null,
  ): Result<AppendReply> {
    return ok({ ranges, duplicate, firstRequestedAtMs, logStartOffset: this.#state.logStartOffset });
  }
}
