import { encodeBatch, type NewRecord } from '../log/record.ts';
import type { BatchAck, ProducerIdentity } from './batch-door.ts';
import type { Delivery } from './delivery.ts';
import type { MillraceError } from './millrace-error.ts';
import type { PreparedRecord } from './producer-record.ts';

/** Half the platform's limit of records a request: encoding one batch must not hold up the caller for long. */
const batchRecordsMax = 5_000;

/** Records that travel together to one partition, and the calls of `send` they belong to. */
export class ProducerBatch {
  readonly openedAtMs = performance.now();
  sizeBytes = 0;
  /** True once an attempt ended without saying whether it was stored. */
  isAmbiguous = false;
  /** Attempts that failed and may be repeated. */
  failureCount = 0;
  /** How often its sequence was void and it was numbered again. */
  renumberCount = 0;
  readonly #records: NewRecord[] = [];
  readonly #deliveries: Delivery[] = [];
  readonly #indexes: number[] = [];
  #landing = Promise.withResolvers<void>();
  #isLanded = false;
  #baseSequence = -1;

  get recordCount(): number {
    return this.#records.length;
  }

  /** Resolves once the batch is out of flight: acknowledged, failed, or taken back to be numbered again. */
  get landed(): Promise<void> {
    return this.#landing.promise;
  }

  get isLanded(): boolean {
    return this.#isLanded;
  }

  hasRoomFor(sizeBytes: number, batchBytesMax: number): boolean {
    return this.#records.length < batchRecordsMax && this.sizeBytes + sizeBytes <= batchBytesMax;
  }

  /** `index` is the record's place in its call. */
  add(prepared: PreparedRecord, delivery: Delivery, index: number): void {
    this.#records.push(prepared.record);
    this.#deliveries.push(delivery);
    this.#indexes.push(index);
    this.sizeBytes += prepared.sizeBytes;
  }

  encode(identity: ProducerIdentity | null): Uint8Array {
    return encodeBatch(this.#records, identity === null ? {} : { ...identity, baseSequence: this.#baseSequence });
  }

  /** Leaves, with the sequence of its first record; it may do so again when that one turned out void. */
  depart(baseSequence: number): void {
    this.#baseSequence = baseSequence;
    this.#isLanded = false;
    this.#landing = Promise.withResolvers<void>();
  }

  land(): void {
    this.#isLanded = true;
    this.#landing.resolve();
  }

  /** `isStamped`: the topic gives records its own timestamps. */
  acknowledge(partition: number, ack: BatchAck, isStamped: boolean): void {
    for (const [at, record] of this.#records.entries()) {
      this.#deliveries[at]!.acknowledge(this.#indexes[at]!, {
        partition,
        offset: ack.baseOffset + at,
        timestamp: isStamped ? ack.timestampMs : record.timestampMs,
      });
    }
  }

  fail(error: MillraceError): void {
    for (const delivery of this.#deliveries) delivery.fail(1, error);
  }
}
