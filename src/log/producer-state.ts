import { failed, ok, type Result } from '../errors/result.ts';
import type { AppendedRange } from './partition-rpc.ts';
import type { BatchHeader } from './record-batch.ts';
import type { TransactionMarker } from './transactions/transaction-marker.ts';

/** How many batches a producer's retry is recognised over (Kafka's ProducerStateEntry.NUM_BATCHES_TO_RETAIN). */
export const retainedProducerBatches = 5;

/** Sequence numbers wrap to 0 after this one. */
const lastSequenceNumber = 2_147_483_647;

/** A batch of a producer that was appended: enough to answer its retry with the first answer. */
export type ProducedBatch = {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
  readonly recordCount: number;
  readonly logAppendTimeMs: number;
};

/** The first answer that a batch got. */
export function appendedRangeOf(batch: ProducedBatch): AppendedRange {
  return { baseOffset: batch.baseOffset, recordCount: batch.recordCount, logAppendTimeMs: batch.logAppendTimeMs };
}

/** What a partition remembers of an idempotent producer (KIP-98). */
export type ProducerEntry = {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** At most {@link retainedProducerBatches}, oldest first; empty right after an epoch began. */
  readonly batches: readonly ProducedBatch[];
  readonly lastTimestampMs: number;
  /** The number of its last transaction that was ended here; 0 when none was. */
  readonly endedTransaction: number;
};

export type ProducerVerdict = { readonly duplicateOf: ProducedBatch | null };

/**
 * Kafka's rules for a batch that carries a producer id: an exact repeat of one of the last five batches is answered
 * with its first offset; otherwise its sequence must follow the last one. An unknown producer may begin anywhere.
 */
export function judgeProducerBatch(entry: ProducerEntry | null, header: BatchHeader): Result<ProducerVerdict> {
  if (header.producerEpoch < 0 || header.baseSequence < 0) {
    return failed(
      'INVALID_RECORD',
      `producer ${header.producerId} sent epoch ${header.producerEpoch} and sequence ${header.baseSequence}; both must be 0 or more`,
    );
  }
  if (entry === null) return ok({ duplicateOf: null });
  if (header.producerEpoch < entry.producerEpoch) {
    return failed(
      'INVALID_PRODUCER_EPOCH',
      `producer ${header.producerId} sent epoch ${header.producerEpoch}, but epoch ${entry.producerEpoch} is in force: a newer instance has taken over`,
      { producer_id: header.producerId, producer_epoch: entry.producerEpoch },
    );
  }
  if (header.producerEpoch > entry.producerEpoch) {
    return header.baseSequence === 0 ? ok({ duplicateOf: null }) : outOfOrder(header, 0);
  }
  const lastSequence = sequenceAfter(header.baseSequence, header.lastOffsetDelta);
  const duplicateOf = entry.batches.find(
    (batch) => batch.firstSequence === header.baseSequence && batch.lastSequence === lastSequence,
  );
  if (duplicateOf !== undefined) return ok({ duplicateOf });
  const expected = nextSequence(entry, header.producerEpoch);
  return header.baseSequence === expected ? ok({ duplicateOf: null }) : outOfOrder(header, expected);
}

/** The producer's state once the batch is in the log at `baseOffset`. */
export function withProducedBatch(
  entry: ProducerEntry | null,
  header: BatchHeader,
  placed: { readonly baseOffset: number; readonly logAppendTimeMs: number; readonly nowMs: number },
): ProducerEntry {
  const earlier = entry !== null && entry.producerEpoch === header.producerEpoch ? entry.batches : [];
  const batch: ProducedBatch = {
    firstSequence: header.baseSequence,
    lastSequence: sequenceAfter(header.baseSequence, header.lastOffsetDelta),
    baseOffset: placed.baseOffset,
    recordCount: header.recordCount,
    logAppendTimeMs: placed.logAppendTimeMs,
  };
  return {
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    batches: [...earlier, batch].slice(-retainedProducerBatches),
    lastTimestampMs: placed.nowMs,
    endedTransaction: entry?.endedTransaction ?? 0,
  };
}

/** The producer's state once the marker of a transaction is in the log; a newer epoch than it had begins with the marker. */
export function withEndedTransaction(
  entry: ProducerEntry | null,
  marker: TransactionMarker,
  nowMs: number,
): ProducerEntry {
  const isNewEpoch = entry === null || marker.producerEpoch > entry.producerEpoch;
  return {
    producerId: marker.producerId,
    producerEpoch: isNewEpoch ? marker.producerEpoch : entry.producerEpoch,
    batches: isNewEpoch ? [] : entry.batches,
    lastTimestampMs: nowMs,
    endedTransaction: marker.transactionNumber,
  };
}

/** The sequence that a producer's next batch has in an epoch. */
export function nextSequence(entry: ProducerEntry | null, producerEpoch: number): number {
  const newest = entry?.producerEpoch === producerEpoch ? entry.batches.at(-1) : undefined;
  return newest === undefined ? 0 : sequenceAfter(newest.lastSequence, 1);
}

function sequenceAfter(sequence: number, distance: number): number {
  return (sequence + distance) % (lastSequenceNumber + 1);
}

function outOfOrder(header: BatchHeader, expected: number): Result<never> {
  return failed(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `producer ${header.producerId} sent sequence ${header.baseSequence}, but ${expected} comes next`,
    { producer_id: header.producerId, expected_sequence: expected, sent_sequence: header.baseSequence },
  );
}

/** Whether a stored batch is the newest one that its producer is known by. */
export function isLastOfProducer(entry: ProducerEntry | null, header: BatchHeader): boolean {
  const newest = entry?.batches.at(-1);
  if (newest === undefined || header.producerId < 0 || entry?.producerEpoch !== header.producerEpoch) return false;
  return newest.baseOffset + newest.recordCount === header.baseOffset + header.lastOffsetDelta + 1;
}
