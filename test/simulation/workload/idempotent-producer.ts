import type { Failure, Result } from '../../../src/errors/result.ts';
import type { Produced } from '../../../src/gateway/produce.ts';
import { encodeBatch } from '../../../src/log/record.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import { outcome } from '../history-recorder.ts';
import { epochMs } from '../simulated-world.ts';
import { isTemporary, isUnknownOutcome } from './failure-kinds.ts';
import { type OpenSend, SimulatedClient } from './simulated-client.ts';
import { encodeKey, encodeValue, partitionKey } from './topic-directory.ts';

/** A batch that was not answered for so long is given up, and with it the producer id. */
const deliveryTimeoutMs = 30_000;

/** A producer with an id and sequences: it sends each batch until it is answered, always with the same bytes. */
export class IdempotentProducer extends SimulatedClient {
  #producerId = -1;
  #sequence = 0;
  #batch: Uint8Array = new Uint8Array(0);

  async run(): Promise<void> {
    while (!this.isStopping) {
      await this.#allocate();
      const topic = this.random.pick(this.topics.names);
      const partition = this.random.integer(0, 3);
      const { slowness } = this.world.accents;
      const batches = this.random.integer(1, Math.ceil(40 / slowness));
      let isFine = true;
      for (let sent = 0; sent < batches && isFine && !this.isStopping; sent += 1) {
        isFine = await this.#send(topic, partition);
        await this.sleep(this.random.logarithmic(1, 200) * slowness);
      }
    }
  }

  async #allocate(): Promise<void> {
    for (;;) {
      try {
        const allocated = await this.alive(
          this.edge().request(`${this.name} allocates`, ({ catalog }) => catalog.allocateProducerId(localCluster)),
        );
        if (allocated.ok) {
          this.#producerId = allocated.value.producerId;
          this.#sequence = 0;
          return;
        }
      } catch {
        this.world.sometimes('producer id request repeated');
      }
      await this.sleep(this.random.between(10, 200));
    }
  }

  /** Sends one batch; false when the producer id cannot be used on. */
  async #send(topic: string, partition: number): Promise<boolean> {
    const count = this.random.integer(1, 5);
    const sends = Array.from({ length: count }, () => this.begin(topic, 'ordered'));
    const padBytes = this.random.chance(0.02) ? Math.floor(this.random.logarithmic(1_000, 150_000)) : 0;
    this.#batch = encodeBatch(
      sends.map(({ value, recordKey }) => ({
        timestampMs: epochMs + Math.floor(this.world.nowMs),
        key: encodeKey(recordKey),
        value: encodeValue(value, padBytes),
        headers: [],
      })),
      { producerId: this.#producerId, producerEpoch: 0, baseSequence: this.#sequence },
    );
    const giveUpAtMs = this.world.nowMs + deliveryTimeoutMs;
    for (let attempt = 1, wasUnknown = false; ; attempt += 1) {
      if (attempt > 1) this.world.sometimes('batch sent again');
      const answer = await this.#attempt(topic, partition);
      if (answer?.result.ok) {
        this.#acked(sends, answer.topicId, answer.result.value);
        this.#sequence += count;
        return true;
      }
      const failure = answer === null || answer.result.ok ? null : answer.result.error;
      wasUnknown ||= failure === null || isUnknownOutcome(failure);
      const isRepeatable = failure === null || isUnknownOutcome(failure) || isTemporary(failure);
      if (isRepeatable && this.world.nowMs < giveUpAtMs) {
        await this.sleep(this.random.between(5, 100) * Math.min(attempt, 10));
        continue;
      }
      this.#gaveUp(sends, failure, wasUnknown);
      return false;
    }
  }

  async #attempt(topic: string, partition: number) {
    const batch = this.#batch.slice();
    try {
      return await this.alive(
        this.edge().request(`${this.name} batch ${this.#sequence}`, async ({ producer, lastTopicId }) => {
          const result: Result<Produced> = await producer.produceBatches(topic, partition, batch, null);
          return { result, topicId: lastTopicId.get(partition) ?? '' };
        }),
      );
    } catch {
      return null;
    }
  }

  #acked(sends: readonly OpenSend[], topicId: string, produced: Produced): void {
    const result = produced.results[0];
    if (result === undefined || !('offset' in result)) {
      this.world.violate(`${this.name} got an answer without an offset: ${JSON.stringify(produced)}`);
      return;
    }
    if (produced.duplicate) this.world.sometimes('batch recognised as a retry');
    sends.forEach((send, index) => {
      this.end(send, outcome.ok, partitionKey(topicId, result.partition), result.offset + index);
    });
  }

  #gaveUp(sends: readonly OpenSend[], failure: Failure | null, wasUnknown: boolean): void {
    if (failure?.code === 'OUT_OF_ORDER_SEQUENCE_NUMBER' || failure?.code === 'INVALID_PRODUCER_EPOCH') {
      // It sends one batch at a time, each until it is answered, so its sequence is always the next one.
      const isExpected = sends.some(({ topic, invokedAt }) => this.topics.changedSince(topic, invokedAt));
      if (!isExpected) this.world.violate(`${this.name} sequence ${this.#sequence} was refused: ${failure.message}`);
    }
    for (const send of sends) this.end(send, wasUnknown ? outcome.unknown : outcome.failed, null, null);
  }
}
