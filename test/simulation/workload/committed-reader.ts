import type { ReadFrom } from '../../../src/log/partition-rpc.ts';
import { readAnswers } from '../objects/partition-object.ts';
import { decodedRecords } from './reader.ts';
import { SimulatedClient } from './simulated-client.ts';
import { partitionKey } from './topic-directory.ts';

type Page = {
  readonly key: string;
  readonly startOffset: number;
  readonly nextOffset: number;
  readonly records: readonly [offset: number, value: number][];
  readonly highWatermark: number;
};

/** Reads in one partition; more means that reading does not get anywhere. */
const readsMax = 10_000;

/** A client that reads what is committed, from anywhere to the end, and begins anew. */
export class CommittedReader extends SimulatedClient {
  /** By topic, the id under which it was read last. */
  readonly topicIds = new Map<string, string>();

  async run(): Promise<void> {
    while (!this.isStopping) {
      const topic = this.random.pick(this.topics.all);
      const partition = this.random.integer(0, this.topics.stablePartitions - 1);
      let from: ReadFrom = this.random.chance(0.7) ? 'earliest' : { offset: this.random.integer(0, 60) };
      let key: string | null = null;
      for (let reads = this.random.integer(1, 20); reads > 0 && !this.isStopping; reads -= 1) {
        const page = await this.read(topic, partition, from, Math.floor(this.random.logarithmic(1, 300_000)));
        if (page === 'refused' || (page !== null && key !== null && page.key !== key)) break;
        if (page !== null) {
          key = page.key;
          from = { offset: page.nextOffset };
        }
        await this.sleep(this.random.logarithmic(2, 300));
      }
      await this.sleep(this.random.logarithmic(5, 500));
    }
  }

  /** Everything that is committed in topics that keep everything, by partition and offset. */
  async readEverything(): Promise<Map<string, Map<number, number>>> {
    const found = new Map<string, Map<number, number>>();
    for (const topic of this.topics.stableNames) {
      for (let partition = 0; partition < this.topics.stablePartitions; partition += 1) {
        const values = new Map<number, number>();
        let offset = 0;
        for (let reads = 0; ; reads += 1) {
          const page = await this.read(topic, partition, { offset }, 200_000);
          if (page === null || page === 'refused' || reads > readsMax) {
            this.world.violate(`the committed end of ${topic}/${partition} cannot be read: ${page}`);
            break;
          }
          for (const [at, value] of page.records) values.set(at, value);
          found.set(page.key, values);
          if (page.nextOffset === offset) {
            const { highWatermark } = page;
            if (offset < highWatermark)
              this.world.violate(`liveness: I-2d: ${page.key} is stable to ${offset} of ${highWatermark}`);
            break;
          }
          offset = page.nextOffset;
        }
      }
    }
    return found;
  }

  /** Null when no answer came. */
  async read(topic: string, partition: number, from: ReadFrom, maxBytes: number): Promise<Page | 'refused' | null> {
    try {
      const answer = await this.alive(
        this.edge().request(`${this.name} reads`, async ({ reader, lastTopicId, lastRoute }) => {
          const isolation = 'read_committed' as const;
          const read = await reader.read({ topic, partition, from, maxBytes, waitMs: 0, minBytes: 1, isolation });
          if (!read.ok) return read;
          const { response, ...offsets } = read.value;
          const answeredBy = readAnswers.get(response) ?? null;
          const batches = new Uint8Array(await response.arrayBuffer());
          const topicId = lastTopicId.get(partition) ?? lastRoute();
          return { ok: true, value: { ...offsets, batches, answeredBy, topicId } } as const;
        }),
      );
      if (!answer.ok) return 'refused';
      const { startOffset, nextOffset, highWatermark, lastStableOffset, batches, answeredBy, topicId } = answer.value;
      const key = partitionKey(topicId, partition);
      this.topicIds.set(topic, topicId);
      const records = decodedRecords(this.world, batches, startOffset, nextOffset);
      const values = new Set(records.map(([, value]) => value));
      const poll = { reader: this.name, key, from: startOffset, next: nextOffset, values };
      this.platform.transactionJudge.ledger.polled(poll, answeredBy === 'object' ? lastStableOffset : null);
      if (lastStableOffset < highWatermark) this.world.sometimes('committed read before an open transaction');
      return { key, startOffset, nextOffset, records, highWatermark };
    } catch {
      return null;
    }
  }
}
