import type { Failure } from '../../../src/errors/result.ts';
import { decodeAcksFrame, encodeProduceFrame, serverFrame } from '../../../src/log/fast-door-frames.ts';
import { retainedProducerBatches } from '../../../src/log/producer-state.ts';
import { encodeBatch } from '../../../src/log/record.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import { outcome } from '../history-recorder.ts';
import type { SimulatedSocket } from '../simulated-socket.ts';
import { epochMs } from '../simulated-world.ts';
import { isTemporary, isTopicGone, isUnknownOutcome } from './failure-kinds.ts';
import { type OpenSend, SimulatedClient } from './simulated-client.ts';
import { encodeKey, encodeValue, partitionKey } from './topic-directory.ts';

type InFlight = { readonly correlationId: number; readonly bytes: Uint8Array; readonly sends: readonly OpenSend[] };

const decoder = new TextDecoder();

/**
 * A producer with an id over the binary door, with several batches under way. When its socket ends it sends everything
 * that was not acknowledged again, in order, on the next one.
 */
export class PipeliningProducer extends SimulatedClient {
  #producerId = -1;
  #sequence = 0;
  #correlationId = 0;
  #topic = '';
  #partition = 0;
  #topicId: string | null = null;
  #socket: SimulatedSocket | null = null;
  #connections = 0;
  #inFlight: InFlight[] = [];
  /** Whether anything under way may be stored although nothing said so. */
  #wasInterrupted = false;

  async run(): Promise<void> {
    while (!this.isStopping) {
      await this.#begin();
      for (let left = this.random.integer(1, 120); left > 0 && this.#producerId >= 0 && !this.isStopping; left -= 1) {
        if (this.#socket === null) await this.#connect();
        else if (this.#inFlight.length < retainedProducerBatches) this.#send();
        await this.sleep(this.random.logarithmic(0.5, 80));
      }
      await this.#finish();
    }
  }

  override die(): void {
    super.die();
    this.#socket?.closeFromClient();
  }

  /** A new producer id, and a partition for it. */
  async #begin(): Promise<void> {
    this.#topic = this.random.pick(this.topics.names);
    this.#partition = this.random.integer(0, 1);
    this.#topicId = null;
    this.#sequence = 0;
    this.#wasInterrupted = false;
    for (this.#producerId = -1; this.#producerId < 0; ) {
      try {
        const allocated = await this.alive(
          this.edge().request(`${this.name} allocates`, ({ catalog }) => catalog.allocateProducerId(localCluster)),
        );
        if (allocated.ok) this.#producerId = allocated.value.producerId;
      } catch {
        this.world.sometimes('producer id request repeated');
      }
      await this.sleep(this.random.between(5, 100));
    }
  }

  async #connect(): Promise<void> {
    this.#connections += 1;
    const connection = this.#connections;
    const isCurrent = () => this.isRunning && this.#connections === connection;
    const client = {
      onMessage: (message: string | Uint8Array) => {
        if (isCurrent()) this.#receive(message as Uint8Array);
      },
      onClose: () => {
        if (!isCurrent()) return;
        this.#socket = null;
        this.#wasInterrupted = true;
      },
    };
    try {
      const opened = await this.alive(
        this.edge().request(`${this.name} connects`, ({ openFastDoor }) =>
          openFastDoor(this.#topic, this.#partition, client, `${this.name}@${connection}`),
        ),
      );
      if (!opened.ok) {
        if (isTopicGone(opened.error)) {
          this.expectDeletion(this.#topic, this.#topicId);
          this.#giveUp();
        }
        return;
      }
      // A topic that was created anew under the name knows nothing of what is under way.
      if (this.#topicId !== null && this.#topicId !== opened.value.topicId) this.#giveUp();
      this.#topicId = opened.value.topicId;
      // It may have broken while the answer was on its way.
      if (!opened.value.socket.isOpen) return;
      this.#socket = opened.value.socket;
      for (const batch of this.#inFlight) this.#transmit(batch);
      if (this.#inFlight.length > 1) this.world.sometimes('several batches sent again in order');
    } catch {
      this.#wasInterrupted = true;
    }
  }

  #send(): void {
    const count = this.random.integer(1, 3);
    const key = partitionKey(this.#topicId ?? '', this.#partition);
    const sends = Array.from({ length: count }, () => this.begin(this.#topic, 'ordered', key));
    const bytes = encodeBatch(
      sends.map(({ value, recordKey }) => ({
        timestampMs: epochMs + Math.floor(this.world.nowMs),
        key: encodeKey(recordKey),
        value: encodeValue(value, 0),
        headers: [],
      })),
      { producerId: this.#producerId, producerEpoch: 0, baseSequence: this.#sequence },
    );
    this.#sequence += count;
    this.#correlationId += 1;
    const batch = { correlationId: this.#correlationId, bytes, sends };
    this.#inFlight.push(batch);
    this.#transmit(batch);
  }

  #transmit({ correlationId, bytes }: InFlight): void {
    this.#socket?.sendToObject(encodeProduceFrame('produceBatches', correlationId, bytes));
  }

  #receive(frame: Uint8Array): void {
    if (frame[0] === serverFrame.error) {
      const correlationId = new DataView(frame.buffer, frame.byteOffset).getUint32(1);
      this.#failed(correlationId, JSON.parse(decoder.decode(frame.subarray(5))) as Failure);
      return;
    }
    if (frame[0] !== serverFrame.acks) return;
    for (const ack of decodeAcksFrame(frame)) {
      const batch = this.#inFlight.find(({ correlationId }) => correlationId === ack.correlationId);
      if (batch === undefined) continue;
      if (ack.duplicate) this.world.sometimes('pipelined batch recognised as a retry');
      if (this.#inFlight[0] !== batch) this.world.violate(`${this.name}: batches were acknowledged out of order`);
      this.#inFlight = this.#inFlight.filter((other) => other !== batch);
      const key = partitionKey(this.#topicId ?? '', this.#partition);
      batch.sends.forEach((send, index) => {
        this.end(send, outcome.ok, key, ack.baseOffset + index);
      });
    }
  }

  #failed(correlationId: number, failure: Failure): void {
    const batch = this.#inFlight.find((other) => other.correlationId === correlationId);
    if (batch === undefined) return;
    this.world.sometimes(`pipelined batch refused with ${failure.code}`);
    if (isTemporary(failure) || isUnknownOutcome(failure)) {
      // Everything after it goes again too, on a new socket, so that the order stays.
      this.#wasInterrupted = true;
      this.#socket?.closeFromClient();
      this.#socket = null;
      return;
    }
    if (isTopicGone(failure)) this.expectDeletion(this.#topic, this.#topicId);
    const isExpected = isTopicGone(failure) || this.topics.changedSince(this.#topic, batch.sends[0]!.invokedAt);
    if (!isExpected && !this.#wasInterrupted) {
      this.world.violate(`${this.name} sequence was refused: ${failure.code} ${failure.message}`);
    }
    this.#giveUp();
  }

  #giveUp(): void {
    for (const { sends } of this.#inFlight) {
      for (const send of sends) this.end(send, outcome.unknown, send.key, null);
    }
    this.#inFlight = [];
    this.#producerId = -1;
  }

  async #finish(): Promise<void> {
    for (let tries = 0; tries < 200 && this.#inFlight.length > 0 && this.#producerId >= 0; tries += 1) {
      if (this.#socket === null) await this.#connect();
      await this.sleep(this.random.between(5, 200));
    }
    this.#giveUp();
    this.#socket?.closeFromClient();
    this.#socket = null;
    this.#connections += 1;
  }
}
