import type { Result } from '../../../src/errors/result.ts';
import { decompress } from '../../../src/log/compression.ts';
import type { ReadFrom, ReadReply } from '../../../src/log/partition-rpc.ts';
import { decodeBatches } from '../../../src/log/record.ts';
import { outcome } from '../history-recorder.ts';
import { readAnswers } from '../objects/partition-object.ts';
import { epochMs, type SimulatedWorld } from '../simulated-world.ts';
import { SimulatedClient } from './simulated-client.ts';
import { decodeValue, partitionKey } from './topic-directory.ts';

export type ReadAnswer = {
  readonly reply: ReadReply;
  /** Null when the edge answered from a plan of a moment ago and from objects. */
  readonly answeredBy: 'object' | 'zombie' | null;
  readonly topicId: string;
};

/** A client that reads partitions from anywhere to the end, and begins anew. */
export class Reader extends SimulatedClient {
  recordsRead = 0;
  #assignment = 0;

  async run(): Promise<void> {
    while (!this.isStopping) {
      this.#assignment += 1;
      await this.#readOn(this.random.pick(this.topics.names), this.random.integer(0, 2));
      await this.sleep(this.random.logarithmic(5, 500));
    }
  }

  async #readOn(topic: string, partition: number): Promise<void> {
    let from: ReadFrom = this.#start();
    let topicId: string | null = null;
    for (let reads = this.random.integer(1, 30); reads > 0 && !this.isStopping; reads -= 1) {
      const maxBytes = Math.floor(this.random.logarithmic(1, 1_000_000));
      const read = await this.read(topic, partition, from, maxBytes);
      if (read !== null && !read.ok) return;
      if (read !== null) {
        // The name may belong to a new topic by now, in which our offset means something else.
        if (topicId !== null && topicId !== read.value.topicId) return;
        topicId = read.value.topicId;
        from = { offset: read.value.reply.nextOffset };
      }
      await this.sleep(this.random.logarithmic(2, 200));
    }
  }

  #start(): ReadFrom {
    const kind = this.random.integer(0, 3);
    if (kind === 0) return 'latest';
    if (kind === 1) return { offset: this.random.integer(0, 60) };
    if (kind === 2) return { timestampMs: epochMs + Math.floor(this.random.between(0, this.world.nowMs)) };
    return 'earliest';
  }

  /** One read, written down; null when no answer came. */
  async read(topic: string, partition: number, from: ReadFrom, maxBytes: number): Promise<Result<ReadAnswer> | null> {
    const invokedAt = this.world.history.now();
    try {
      const read = await this.alive(
        this.edge().request(`${this.name} reads`, async ({ reader, lastTopicId, lastRoute }) => {
          const options = { topic, partition, from, maxBytes, waitMs: 0, minBytes: 1 };
          const through = await reader.read(options);
          if (!through.ok) return through;
          const { response, ...offsets } = through.value;
          const batches = new Uint8Array(await response.arrayBuffer());
          const answeredBy = readAnswers.get(response) ?? null;
          const topicId = lastTopicId.get(partition) ?? lastRoute();
          return { ok: true, value: { reply: { ...offsets, batches }, answeredBy, topicId } } as const;
        }),
      );
      if (read.ok) {
        const key = partitionKey(read.value.topicId, partition);
        this.topics.meet(topic, key);
        this.#record(key, invokedAt, read.value, from);
      } else if (read.error.code === 'LOG_TRUNCATED') {
        this.world.violate(`${this.name} was told of a loss: ${read.error.message}`);
      }
      return read;
    } catch {
      return null;
    }
  }

  #record(key: string, invokedAt: number, { reply, answeredBy }: ReadAnswer, from: ReadFrom): void {
    const { history } = this.world;
    const { startOffset, nextOffset, highWatermark } = reply;
    const records = decodedRecords(this.world, reply.batches, startOffset, nextOffset);
    this.topics.removals.startSeen(key, reply.logStartOffset);
    this.recordsRead += records.length;
    const polled = [startOffset, records, nextOffset, 0, this.#assignment];
    history.add(['p', this.name, invokedAt, history.now(), outcome.ok, key, ...polled]);
    if (answeredBy === 'zombie') this.world.sometimes('read answered by a zombie');
    else if (answeredBy === null) this.world.sometimes('read answered from objects');
    else history.add(['t', this.name, invokedAt, history.now(), outcome.ok, key, highWatermark]);
    if (from !== 'latest' || answeredBy !== 'object') return;
    if (startOffset !== highWatermark) this.world.violate(`latest is ${startOffset}, the end ${highWatermark}`);
  }
}

/** Offsets and values of the records from one offset to before another. */
export function decodedRecords(
  world: SimulatedWorld,
  batches: Uint8Array,
  from: number,
  to: number,
): [offset: number, value: number][] {
  const records: [number, number][] = [];
  const decoded = decodeBatches(batches, decompress, ({ offset, value }) => {
    if (offset >= from && offset < to) records.push([offset, decodeValue(value)]);
    return true;
  });
  if (!decoded.ok) world.violate(`batches cannot be read: ${decoded.error.message}`);
  return records;
}
