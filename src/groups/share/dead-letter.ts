import type { Result } from '../../errors/result.ts';
import { countOf, type DeathReason } from './share-range.ts';
import type { SharePartitionRef } from './share-ref.ts';
import type { ShareState } from './share-state.ts';

/** Offsets whose dead letters say the same but for the offset. */
export type DeadLetterSpan = {
  readonly from: number;
  readonly to: number;
  readonly deliveryCount: number;
  readonly reason: DeathReason;
  readonly atMs: number;
};

/** Where dead letters of one source partition go. */
export type DeadLetterTarget = { readonly topic: string; readonly topicId: string; readonly partition: number };

/** Who writes them: an idempotent producer that no one else is, with what it has written so far. */
export type DeadLetterProducer = {
  readonly target: DeadLetterTarget;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly nextSequence: number;
};

/** One record batch of dead letters, stored before it is sent: a second try sends the same sequence numbers. */
export type DeadLetterBatch = {
  readonly spans: readonly DeadLetterSpan[];
  /** False for a record that does not fit the dead-letter topic: its letter says where it is, without its bytes. */
  readonly isCopied: boolean;
};

/** What the object remembers between tries. */
export type DeadLetterOutbox = {
  readonly producer: DeadLetterProducer | null;
  readonly batch: DeadLetterBatch | null;
};

export const emptyOutbox: DeadLetterOutbox = { producer: null, batch: null };

/** Reaches the dead-letter topic. */
export interface DeadLetterDoor {
  /** Where letters of this source partition go; UNKNOWN_TOPIC_OR_PARTITION when there is no such topic. */
  target(ref: SharePartitionRef, topic: string): Promise<Result<DeadLetterTarget>>;
  newProducer(ref: SharePartitionRef): Promise<Result<{ readonly producerId: number; readonly producerEpoch: number }>>;
  /**
   * Reads the records and appends their letters as one batch, unless it was appended before. MESSAGE_TOO_LARGE when it
   * does not fit; an ambiguous failure is repeated with the same batch.
   */
  append(
    source: { readonly ref: SharePartitionRef; readonly topic: string },
    producer: DeadLetterProducer,
    batch: DeadLetterBatch,
  ): Promise<Result<null>>;
}

/** The next batch: the oldest dead records, at most `maxLetters`; null when there are none. */
export function nextBatch(state: ShareState, maxLetters: number): DeadLetterBatch | null {
  const spans: DeadLetterSpan[] = [];
  let left = maxLetters;
  for (const { first, last, state: found, deliveryCount, reason, atMs } of state.ranges) {
    if (left === 0) break;
    if (found !== 'dead' || reason === null) continue;
    const to = Math.min(last, first + left - 1);
    left -= to - first + 1;
    spans.push({ from: first, to, deliveryCount, reason, atMs });
  }
  return spans.length === 0 ? null : { spans, isCopied: true };
}

export function lettersIn({ spans }: DeadLetterBatch): number {
  return spans.reduce((sum, { from, to }) => sum + countOf({ first: from, last: to }), 0);
}

/** The first half of a batch that was too large; one letter that was too large goes without its record. */
export function smallerBatch(batch: DeadLetterBatch, state: ShareState): DeadLetterBatch | null {
  const count = lettersIn(batch);
  if (count > 1) return nextBatch(state, Math.floor(count / 2));
  return batch.isCopied ? { ...batch, isCopied: false } : null;
}
