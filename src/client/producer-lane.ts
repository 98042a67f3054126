import { type BackoffPolicy, backoffMs, pause } from './backoff.ts';
import type { BatchAck, BatchDoor, ProducerIdentity } from './batch-door.ts';
import type { Delivery } from './delivery.ts';
import { closedError, isRefusedUnstored, isTransient, MillraceError, networkError } from './millrace-error.ts';
import { ProducerBatch } from './producer-batch.ts';
import type { PreparedRecord } from './producer-record.ts';

/** What all lanes of a producer share. */
export type LaneContext = {
  readonly topic: string;
  readonly door: BatchDoor;
  readonly idempotent: boolean;
  readonly maxInFlightBatches: number;
  readonly lingerMs: number;
  readonly deliveryTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly backoff: BackoffPolicy;
  /** Aborts when the producer gives up what is still under way. */
  readonly signal: AbortSignal;
  /** The producer's id; `worn` is one that cannot be used any more. Rejects with a MillraceError. */
  readonly identify: (worn: ProducerIdentity | null) => Promise<ProducerIdentity>;
  /** Whether the topic gives records its own timestamps. */
  readonly isLogAppendTime: () => boolean;
  /** A batch's outcome is known: its bytes are free. */
  readonly onLanded: (sizeBytes: number) => void;
};

/** The platform forgets an idle producer after a day; well before, the first batch is sent alone again. */
const establishedForMs = 3_600_000;

/** Sequences wrap to 0 after 2^31 - 1, epochs end at 2^15 - 1 (Kafka). */
const sequenceCount = 2 ** 31;
const producerEpochMax = 2 ** 15 - 1;

/** A batch whose sequence is void again and again meets a platform that lost its mind. */
const renumberMax = 3;

/** The attempt decides: an ack, an error that stands, or another attempt. */
type Outcome = BatchAck | MillraceError | null;

/**
 * One partition's way out: batches leave in order, several at once, each with the sequence that lets the platform
 * recognise a repeat. A batch is repeated with the same sequence until its outcome is known or its time is up. When a
 * sequence is lost for good, the epoch moves on (as in Kafka's idempotent producer), which also fences off whatever
 * of the old one may still be under way, and the batches behind it are numbered again.
 */
export class ProducerLane {
  readonly #partition: number;
  readonly #context: LaneContext;
  /** Batches that wait to leave; the last one is open to more records. */
  readonly #queue: ProducerBatch[] = [];
  /**
   * What has left since the oldest batch in flight, that one first. Batches that have landed count until those before
   * them have: the platform recognises a repeat of the last five only, so one that is repeated holds up the others.
   */
  readonly #window: ProducerBatch[] = [];
  /** Certainly not stored, and their sequences are void. */
  readonly #renumbered: ProducerBatch[] = [];
  #identity: ProducerIdentity | null = null;
  #worn: ProducerIdentity | null = null;
  #isIdentifying = false;
  #nextSequence = 0;
  #establishedAtMs = Number.NEGATIVE_INFINITY;
  #isSequenceLost = false;
  #isFlushing = false;
  #isPumpScheduled = false;
  #lingerTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(partition: number, context: LaneContext) {
    this.#partition = partition;
    this.#context = context;
  }

  /** Takes a record up; `batchBytesMax` is what a batch may have. */
  add(prepared: PreparedRecord, delivery: Delivery, index: number, batchBytesMax: number): void {
    let batch = this.#queue.at(-1);
    if (batch === undefined || !batch.hasRoomFor(prepared.sizeBytes, batchBytesMax)) {
      batch = new ProducerBatch();
      this.#queue.push(batch);
    }
    batch.add(prepared, delivery, index);
    this.#schedulePump();
  }

  /** Sends what is waiting without lingering. */
  flush(): void {
    this.#isFlushing = true;
    this.#schedulePump();
  }

  /** Fails what has not left; what is in flight ends through the context's signal. */
  abandonQueue(): void {
    if (this.#lingerTimer !== null) clearTimeout(this.#lingerTimer);
    for (const batch of this.#queue.splice(0)) this.#fail(batch, closedError('the producer'));
  }

  /** Sends of one turn of the event loop share a batch. */
  #schedulePump(): void {
    if (this.#isPumpScheduled) return;
    this.#isPumpScheduled = true;
    queueMicrotask(() => {
      this.#isPumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#maySend()) {
      const batch = this.#queue[0]!;
      if (this.#isExpired(batch)) {
        this.#queue.shift();
        this.#fail(batch, this.#notSentInTime());
      } else if (this.#context.idempotent && this.#identity === null) {
        void this.#identify();
        return;
      } else {
        this.#queue.shift();
        void this.#deliver(batch);
      }
    }
    if (this.#queue.length === 0) this.#isFlushing = false;
  }

  #maySend(): boolean {
    const head = this.#queue[0];
    if (head === undefined || this.#isSequenceLost || this.#isIdentifying || this.#context.signal.aborted) return false;
    // A partition that does not know a producer takes any first sequence, so nothing may overtake the first batch.
    const isEstablished = performance.now() - this.#establishedAtMs < establishedForMs;
    const { maxInFlightBatches, idempotent } = this.#context;
    if (this.#window.length >= (isEstablished && idempotent ? maxInFlightBatches : 1)) return false;
    return this.#queue.length > 1 || this.#isFlushing || this.#hasLingered(head);
  }

  #hasLingered(batch: ProducerBatch): boolean {
    const waitMs = batch.openedAtMs + this.#context.lingerMs - performance.now();
    if (this.#context.lingerMs === 0 || waitMs <= 0) return true;
    this.#lingerTimer ??= setTimeout(() => {
      this.#lingerTimer = null;
      this.#pump();
    }, waitMs);
    return false;
  }

  async #identify(): Promise<void> {
    this.#isIdentifying = true;
    for (let failureCount = 1; this.#identity === null && this.#queue.length > 0; failureCount++) {
      try {
        this.#identity = await this.#context.identify(this.#worn);
        this.#nextSequence = 0;
      } catch (thrown) {
        const error = asMillraceError(thrown);
        const head = this.#queue[0];
        if (head === undefined) break;
        if (!isTransient(error) || this.#isExpired(head)) this.#fail(this.#queue.shift()!, error);
        else await pause(backoffMs(this.#context.backoff, failureCount, Math.random()), this.#context.signal);
      }
    }
    this.#isIdentifying = false;
    this.#pump();
  }

  async #deliver(batch: ProducerBatch): Promise<void> {
    batch.depart(this.#nextSequence);
    this.#nextSequence = (this.#nextSequence + batch.recordCount) % sequenceCount;
    this.#window.push(batch);
    const bytes = batch.encode(this.#identity);
    let outcome: Outcome = null;
    while (outcome === null) outcome = await this.#attempt(batch, bytes);

    batch.land();
    while (this.#window[0]?.isLanded) this.#window.shift();
    if (!(outcome instanceof MillraceError)) {
      this.#establishedAtMs = performance.now();
      batch.acknowledge(this.#partition, outcome, this.#context.isLogAppendTime());
      this.#context.onLanded(batch.sizeBytes);
    } else {
      this.#isSequenceLost = this.#context.idempotent;
      if (this.#mayRenumber(batch, outcome)) this.#renumbered.push(batch);
      else this.#fail(batch, batch.isAmbiguous ? this.#unknownOutcome(batch, outcome) : outcome);
      if (outcome.code === 'INVALID_PRODUCER_EPOCH') this.#worn = this.#identity;
    }
    if (this.#isSequenceLost && this.#window.length === 0) this.#moveOn();
    this.#pump();
  }

  /** One attempt at an append. */
  async #attempt(batch: ProducerBatch, bytes: Uint8Array): Promise<Outcome> {
    const { door, deliveryTimeoutMs, requestTimeoutMs, idempotent, backoff, signal } = this.#context;
    if (signal.aborted) return closedError('the producer');
    const leftMs = batch.openedAtMs + deliveryTimeoutMs - performance.now();
    const isFirst = this.#window[0] === batch;
    try {
      return await door.append(
        this.#partition,
        bytes,
        Math.ceil(Math.max(1, Math.min(leftMs, requestTimeoutMs))),
        signal,
      );
    } catch (thrown) {
      const error = signal.aborted ? closedError('the producer') : asMillraceError(thrown);
      if (signal.aborted) batch.isAmbiguous = true;
      if (isSequenceError(error)) {
        // Decided before the predecessor landed, it says nothing yet: an attempt after that tells.
        if (isFirst) return error;
        while (this.#window[0] !== batch) await this.#window[0]!.landed;
        return null;
      }
      if (!isTransient(error)) return error;
      if (!isRefusedUnstored(error)) batch.isAmbiguous = true;
      const mayRepeat = (idempotent || !batch.isAmbiguous) && !this.#isExpired(batch);
      if (!mayRepeat) return error;
      batch.failureCount += 1;
      const waitMs = backoffMs(backoff, batch.failureCount, Math.random());
      await pause(Math.max(waitMs, error.retryAfterMs ?? 0), signal);
      return null;
    }
  }

  /** A batch refused for its sequence alone is sent again under a new one, unless an attempt may have stored it. */
  #mayRenumber(batch: ProducerBatch, error: MillraceError): boolean {
    if (!isSequenceError(error) || batch.isAmbiguous || this.#isExpired(batch)) return false;
    batch.renumberCount += 1;
    return batch.renumberCount <= renumberMax;
  }

  /** Nothing is in flight any more: a new epoch begins, with the batches whose sequences were void. */
  #moveOn(): void {
    this.#queue.unshift(...this.#renumbered.splice(0));
    const identity = this.#identity;
    const isWorn = identity === null || identity === this.#worn || identity.producerEpoch === producerEpochMax;
    if (isWorn) this.#worn = identity;
    this.#identity = isWorn ? null : { ...identity, producerEpoch: identity.producerEpoch + 1 };
    this.#nextSequence = 0;
    this.#establishedAtMs = Number.NEGATIVE_INFINITY;
    this.#isSequenceLost = false;
  }

  #fail(batch: ProducerBatch, error: MillraceError): void {
    batch.fail(error);
    this.#context.onLanded(batch.sizeBytes);
  }

  #isExpired(batch: ProducerBatch): boolean {
    return performance.now() - batch.openedAtMs >= this.#context.deliveryTimeoutMs;
  }

  #notSentInTime(): MillraceError {
    const { topic, deliveryTimeoutMs } = this.#context;
    return new MillraceError({
      code: 'REQUEST_TIMED_OUT',
      message: `records for partition ${this.#partition} of "${topic}" were not sent within ${deliveryTimeoutMs} ms; they are not stored`,
      status: null,
      detail: { partition: this.#partition },
    });
  }

  #unknownOutcome(batch: ProducerBatch, cause: MillraceError): MillraceError {
    const { topic } = this.#context;
    return new MillraceError({
      code: 'UNKNOWN_OUTCOME',
      message: `${batch.recordCount} records for partition ${this.#partition} of "${topic}" may or may not be stored: ${cause.message}`,
      status: cause.status,
      detail: { partition: this.#partition, record_count: batch.recordCount },
      cause,
    });
  }
}

function isSequenceError(error: MillraceError): boolean {
  return error.code === 'OUT_OF_ORDER_SEQUENCE_NUMBER' || error.code === 'INVALID_PRODUCER_EPOCH';
}

/** A bug of the transport, thrown as anything else, must not leave the caller of send without an answer. */
function asMillraceError(thrown: unknown): MillraceError {
  return thrown instanceof MillraceError ? thrown : networkError('the request failed', thrown);
}
