import { assert } from '../../errors/assert.ts';
import { ok, type Result } from '../../errors/result.ts';
import {
  type DeadLetterBatch,
  type DeadLetterDoor,
  type DeadLetterOutbox,
  type DeadLetterProducer,
  type DeadLetterTarget,
  lettersIn,
  nextBatch,
  smallerBatch,
} from './dead-letter.ts';
import type { SharePartitionRow, SharePartitionStore } from './share-partition-store.ts';
import { buryDead, type ShareState } from './share-state.ts';

/** Letters of one batch: large enough to be cheap, small enough to be read and copied in one go. */
const lettersPerBatch = 100;

/** Batches of one run of the alarm; the next run goes on. */
const batchesPerRun = 40;

/** After a failure, which doubles up to the longest wait. */
const firstRetryMs = 1_000;
const longestRetryMs = 60_000;

/** The share partition whose letters are sent. */
export type DeadLetterSource = {
  readonly row: () => SharePartitionRow | null;
  readonly state: () => ShareState;
  /** Writes the state in one transaction with what `also` writes. */
  readonly change: (state: ShareState, also: () => void) => void;
};

/**
 * Writes dead letters, each exactly once. A batch is stored, with the producer's sequence, before it is sent; whatever
 * happens then, the same batch is sent again until the log answers, and the log knows a sequence it has seen. The
 * records are at their end only in the transaction that takes the batch out of the outbox.
 */
export class DeadLetterSender {
  readonly #door: DeadLetterDoor;
  readonly #store: SharePartitionStore;
  readonly #source: DeadLetterSource;
  #failures = 0;
  #lastFailure: string | null = null;

  constructor(ports: { readonly deadLetters: DeadLetterDoor }, store: SharePartitionStore, source: DeadLetterSource) {
    this.#door = ports.deadLetters;
    this.#store = store;
    this.#source = source;
  }

  get lastFailure(): string | null {
    return this.#lastFailure;
  }

  /** Sends what there is; answers in how long to go on, or null when nothing is left. */
  async run(): Promise<number | null> {
    for (let sent = 0; sent < batchesPerRun; sent += 1) {
      const outcome = await this.#sendNext();
      if (!outcome.ok) {
        this.#lastFailure = `${outcome.error.code}: ${outcome.error.message}`;
        this.#failures += 1;
        return Math.min(longestRetryMs, firstRetryMs * 2 ** (this.#failures - 1));
      }
      this.#failures = 0;
      this.#lastFailure = null;
      if (outcome.value === 'done') return null;
    }
    return 0;
  }

  async #sendNext(): Promise<Result<'sent' | 'done'>> {
    const prepared = await this.#prepare();
    if (!prepared.ok) return prepared;
    const { row, producer, batch } = prepared.value;
    if (row === null || producer === null || batch === null) return ok('done');
    const appended = await this.#door.append({ ref: row.ref, topic: row.topic }, producer, batch);
    if (appended.ok) {
      this.#settle(producer, batch);
      return ok('sent');
    }
    switch (appended.error.code) {
      case 'MESSAGE_TOO_LARGE':
      case 'RECORD_LIST_TOO_LARGE': {
        const smaller = smallerBatch(batch, this.#source.state());
        if (smaller === null && lettersIn(batch) === 1) return appended;
        this.#save({ producer, batch: smaller });
        return ok('sent');
      }
      case 'OUT_OF_ORDER_SEQUENCE_NUMBER':
      case 'INVALID_PRODUCER_EPOCH':
      case 'UNKNOWN_TOPIC_OR_PARTITION':
        // Surely not appended: the batch, or its whole topic, is not there. It is sent under another producer id.
        this.#save({ producer: null, batch: null });
        return appended;
      default:
        return appended;
    }
  }

  /** What is under way, or else the next batch, stored before it is sent. */
  async #prepare(): Promise<
    Result<{ row: SharePartitionRow | null; producer: DeadLetterProducer | null; batch: DeadLetterBatch | null }>
  > {
    const row = this.#source.row();
    if (row === null || row.closedAtMs !== null) return ok({ row: null, producer: null, batch: null });
    const stored = this.#store.loadOutbox();
    if (stored.batch !== null) return ok({ row, ...stored });
    const { deadLetterTopic } = row.config;
    if (deadLetterTopic === null || nextBatch(this.#source.state(), 1) === null) return ok({ row, ...stored });
    const target = await this.#door.target(row.ref, deadLetterTopic);
    if (!target.ok) return target;
    const producer = await this.#producerFor(row, stored.producer, target.value);
    if (!producer.ok) return producer;
    // The state may have changed while others were asked; the outbox has not, since runs do not overlap.
    const batch = nextBatch(this.#source.state(), lettersPerBatch);
    const outbox = { producer: producer.value, batch };
    this.#save(outbox);
    return ok({ row, ...outbox });
  }

  async #producerFor(
    row: SharePartitionRow,
    known: DeadLetterProducer | null,
    target: DeadLetterTarget,
  ): Promise<Result<DeadLetterProducer>> {
    const isSame = known?.target.topicId === target.topicId && known.target.partition === target.partition;
    if (known !== null && isSame) return ok(known);
    const given = await this.#door.newProducer(row.ref);
    return given.ok ? ok({ ...given.value, target, nextSequence: 0 }) : given;
  }

  #settle(producer: DeadLetterProducer, batch: DeadLetterBatch): void {
    const nextSequence = (producer.nextSequence + lettersIn(batch)) % sequenceCount;
    assert(nextSequence >= 0, 'sequence numbers are counted up');
    this.#source.change(buryDead(this.#source.state(), batch.spans), () =>
      this.#store.saveOutbox({ producer: { ...producer, nextSequence }, batch: null }),
    );
  }

  #save(outbox: DeadLetterOutbox): void {
    this.#source.change(this.#source.state(), () => this.#store.saveOutbox(outbox));
  }
}

/** Sequence numbers wrap to 0 after 2^31 - 1. */
const sequenceCount = 2_147_483_648;
