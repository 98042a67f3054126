import { checkEach } from '../authorization/access-check.ts';
import type { ProduceFrame } from '../contracts/websocket.ts';
import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import { checkProduction } from '../gateway/produce.ts';
import { parseProduceRecords } from '../json/produce-body.ts';
import type { ProduceRecord } from '../json/produce-record.ts';
import { limits } from '../limits.ts';
import type { ReadFrame } from './client-frames.ts';
import type { RecordProducer } from './ports.ts';
import { maxPendingProduceBytes, maxPendingProduceFrames } from './relay-limits.ts';
import type { RelaySession } from './relay-session.ts';
import { ackFrame } from './server-frames.ts';

type Checked = { readonly topic: string; readonly records: readonly ProduceRecord[] };

/**
 * Stores the records of `produce` frames. Those of one socket are stored one after the other, so that its records
 * keep their order; those of different sockets side by side.
 */
export class ProduceQueue {
  readonly #producer: RecordProducer;
  #pendingBytes = 0;

  constructor(producer: RecordProducer) {
    this.#producer = producer;
  }

  /** Answers with an `ack`, or an `error` when no record was stored. */
  async produce(session: RelaySession, frame: ProduceFrame, read: ReadFrame): Promise<void> {
    const checked = this.#check(session, frame, read);
    if (!checked.ok) {
      session.fail(frame.id, checked.error, false);
      return;
    }
    const size = read.bytes.length;
    this.#pendingBytes += size;
    session.pendingProduceFrames++;
    const stored = session.produceTail.then(() => this.#store(session, frame.id, checked.value));
    // A bug in one frame closes the socket through `stored`; it must not also stop the frames after it.
    session.produceTail = stored.catch(() => undefined);
    try {
      await stored;
    } finally {
      this.#pendingBytes -= size;
      session.pendingProduceFrames--;
    }
  }

  #check(session: RelaySession, frame: ProduceFrame, read: ReadFrame): Result<Checked> {
    const topic = frame.topic ?? session.topic;
    if (topic === null) return failed('INVALID_REQUEST', 'A produce frame on this path must name a "topic".');
    if (read.records === null)
      return failed('INVALID_REQUEST', 'A produce frame must have "records": [{"value": ...}, ...].');
    if (this.#isFull(session, read.bytes.length)) return overloaded();
    const allowed = checkEach(session.principal, 'WRITE', 'TOPIC', [topic]);
    if (!allowed.ok) return allowed;
    const records = parseProduceRecords(read.bytes, read.records, { maxRecords: limits.recordsPerRequest.value });
    if (!records.ok) return records;
    const keyed = checkProduction(session.principal, topic, records.value);
    return keyed.ok ? ok({ topic, records: records.value }) : keyed;
  }

  #isFull(session: RelaySession, size: number): boolean {
    return (
      session.pendingProduceFrames >= maxPendingProduceFrames || this.#pendingBytes + size > maxPendingProduceBytes
    );
  }

  async #store(session: RelaySession, id: string, { topic, records }: Checked): Promise<void> {
    const results = await this.#producer.produce(topic, records);
    if (results.ok) session.send(ackFrame(id, results.value));
    else session.fail(id, results.error, false);
  }
}

const overloaded = (): Failed =>
  failed(
    'OVERLOADED',
    'Too many produce frames are waiting; nothing of this one was stored. Wait for acks, then send it again.',
  );
