import type { ProduceAnswer } from '../contracts/records.ts';
import { type HttpDoor, topicPath } from './http-door.ts';
import { MillraceError } from './millrace-error.ts';

/** What one batch was answered: its records have the offsets from `baseOffset` on. */
export type BatchAck = {
  readonly baseOffset: number;
  /** The timestamp of the batch's first record as it is stored; under LogAppendTime that of every record. */
  readonly timestampMs: number;
};

export type ProducerIdentity = { readonly producerId: number; readonly producerEpoch: number };

/** How a producer reaches the platform. Both verbs reject with a MillraceError. */
export interface BatchDoor {
  /** Appends one encoded batch to a partition. */
  append(partition: number, batch: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<BatchAck>;
  /** A new identity, under which sequences begin at 0. */
  identify(signal: AbortSignal): Promise<ProducerIdentity>;
}

const batchMediaType = 'application/vnd.millrace.batch';

/** Batches over `POST /v1/topics/{topic}/records?partition=`. */
export class HttpBatchDoor implements BatchDoor {
  readonly #door: HttpDoor;
  readonly #topic: string;

  constructor(door: HttpDoor, topic: string) {
    this.#door = door;
    this.#topic = topic;
  }

  async append(partition: number, batch: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<BatchAck> {
    const answer: ProduceAnswer = await this.#door.json({
      method: 'POST',
      path: topicPath(this.#topic, '/records'),
      query: { partition },
      body: { contentType: batchMediaType, content: batch },
      timeoutMs,
      signal,
    });
    const first = answer.results[0];
    if (first === undefined)
      throw new MillraceError({ code: 'UNKNOWN_SERVER_ERROR', message: 'an empty answer to a batch' });
    if ('error' in first)
      throw new MillraceError({ ...first.error, detail: first.error.detail as MillraceError['detail'] });
    return { baseOffset: first.offset, timestampMs: first.timestamp };
  }

  async identify(signal: AbortSignal): Promise<ProducerIdentity> {
    type ProducerJson = { readonly producer_id: number; readonly producer_epoch: number };
    const answer: ProducerJson = await this.#door.json({ method: 'POST', path: '/v1/producers', signal });
    return { producerId: answer.producer_id, producerEpoch: answer.producer_epoch };
  }
}
