import type { BatchAck, BatchDoor, ProducerIdentity } from '../../src/client/batch-door.ts';
import { MillraceError } from '../../src/client/index.ts';
import { failed, type Result } from '../../src/errors/result.ts';
import { judgeProducerBatch, type ProducerEntry, withProducedBatch } from '../../src/log/producer-state.ts';
import { decodeBatches } from '../../src/log/record.ts';
import { readBatchHeader } from '../../src/log/record-batch.ts';

/** What happens to one request on its way. */
export type Fate =
  /** All is well. */
  | 'answered'
  /** It arrives after requests that were sent later. */
  | 'delayed'
  /** It is answered at once, and the answer takes its time. */
  | 'answered late'
  /** It never arrives. */
  | 'lost'
  /** It is stored, and its answer never arrives. */
  | 'unanswered'
  /** The caller is told that it failed, and it arrives much later all the same. */
  | 'straggling'
  | 'overloaded';

/**
 * Partitions in memory, with the real rules for producers' sequences, behind a network that does to each request what
 * `fate` says.
 */
export class MemoryPartitions implements BatchDoor {
  /** Values by partition, in the order of their offsets. */
  readonly logs = new Map<number, string[]>();
  readonly #entries = new Map<string, ProducerEntry>();
  readonly #fate: () => Fate;
  #nextProducerId = 0;
  requests = 0;
  /** Refuses a batch with this value in it, for good. */
  poison: string | null = null;

  constructor(fate: () => Fate = () => 'answered') {
    this.#fate = fate;
  }

  identify(): Promise<ProducerIdentity> {
    return Promise.resolve({ producerId: this.#nextProducerId++, producerEpoch: 0 });
  }

  async append(partition: number, batch: Uint8Array): Promise<BatchAck> {
    this.requests += 1;
    const fate = this.#fate();
    await turns(fate === 'delayed' ? 20 : 1);
    if (fate === 'overloaded') throw new MillraceError({ code: 'OVERLOADED', message: 'too much work' });
    if (fate === 'lost') throw cutOff();
    if (fate === 'straggling') {
      void turns(200).then(() => this.#store(partition, batch));
      throw cutOff();
    }
    const ack = this.#store(partition, batch);
    await turns(fate === 'answered late' ? 20 : 1);
    if (fate === 'unanswered') throw cutOff();
    if (!ack.ok) throw new MillraceError(ack.error);
    return ack.value;
  }

  #store(partition: number, batch: Uint8Array): Result<BatchAck> {
    const header = readBatchHeader(batch, 0);
    const entryKey = `${partition}/${header.producerId}`;
    const entry = this.#entries.get(entryKey) ?? null;
    const log = this.logs.get(partition) ?? [];
    const values: string[] = [];
    decodeBatches(
      batch,
      () => failed('CORRUPT_MESSAGE', 'nothing is compressed here'),
      (record) => {
        values.push(new TextDecoder().decode(record.value ?? undefined));
        return true;
      },
    );
    if (this.poison !== null && values.includes(this.poison)) return failed('INVALID_RECORD', 'it is poison');
    if (header.producerId >= 0) {
      const verdict = judgeProducerBatch(entry, header);
      if (!verdict.ok) return verdict;
      const { duplicateOf } = verdict.value;
      if (duplicateOf !== null) return { ok: true, value: { baseOffset: duplicateOf.baseOffset, timestampMs: -1 } };
      const placed = { baseOffset: log.length, logAppendTimeMs: -1, nowMs: 0 };
      this.#entries.set(entryKey, withProducedBatch(entry, header, placed));
    }
    const baseOffset = log.length;
    log.push(...values);
    this.logs.set(partition, log);
    return { ok: true, value: { baseOffset, timestampMs: -1 } };
  }
}

function cutOff(): MillraceError {
  return new MillraceError({ code: 'NETWORK_EXCEPTION', message: 'the connection was cut' });
}

/** Lets others go first this many times. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
