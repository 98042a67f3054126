import { randomBytes } from 'node:crypto';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import { LatencyHistogram } from '../latency-histogram.ts';
import type { Sample } from '../rounds.ts';
import { recordBytes } from './kcat-load.ts';

const recordsEachSend = 100;
/** Sends under way at once, as a server's requests would have them. */
const sendsAtOnce = 8;

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';

export const kafkaAt = (port: number): Kafka =>
  new kafkajs.Kafka({ clientId: 'bench', brokers: [`127.0.0.1:${port}`], logLevel: kafkajs.logLevel.NOTHING });

export async function createTopic(
  port: number,
  topic: string,
  numPartitions: number,
  config: Readonly<Record<string, string>>,
): Promise<void> {
  const admin = kafkaAt(port).admin();
  await admin.connect();
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }] });
  await admin.disconnect();
}

async function withProducer(port: number, work: (producer: Producer) => Promise<Sample>): Promise<Sample> {
  const producer = kafkaAt(port).producer();
  await producer.connect();
  try {
    return await work(producer);
  } finally {
    await producer.disconnect();
  }
}

/** acks=all; the producer is warm when the clock starts. */
export function produceWithKafkajs(port: number, topic: string, records: number): Promise<Sample> {
  const messages = Array.from({ length: recordsEachSend }, () => ({ value: randomBytes(recordBytes) }));
  return withProducer(port, async (producer) => {
    await producer.send({ topic, messages: messages.slice(0, 1) });
    let left = records / recordsEachSend;
    const startedAtMs = performance.now();
    const work = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await producer.send({ topic, acks: -1, messages });
      }
    };
    await Promise.all(Array.from({ length: sendsAtOnce }, work));
    return { rate: (records * 1_000) / (performance.now() - startedAtMs) };
  });
}

/** From when the consumer has its partition to the last record. */
export async function consumeWithKafkajs(port: number, topic: string, records: number): Promise<Sample> {
  const consumer = kafkaAt(port).consumer({ groupId: `${topic}-${performance.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let startedAtMs = performance.now();
  consumer.on(consumer.events.GROUP_JOIN, () => {
    startedAtMs = performance.now();
  });
  let read = 0;
  const elapsedMs = await new Promise<number>((resolve, reject) => {
    const eachBatch = async ({ batch }: { batch: { messages: readonly unknown[] } }) => {
      read += batch.messages.length;
      if (read >= records) resolve(performance.now() - startedAtMs);
    };
    consumer.run({ eachBatch }).catch(reject);
  });
  await consumer.disconnect();
  return { rate: (records * 1_000) / elapsedMs };
}

/** From `send` in one client to `eachMessage` in another, one record at a time, nothing else going on. */
export async function latencyWithKafkajs(port: number, topic: string, records: number): Promise<Sample> {
  const consumer = kafkaAt(port).consumer({ groupId: `${topic}-${performance.now()}` });
  await consumer.connect();
  // From the beginning of a topic that is empty: a consumer of the end may look for it after the first record.
  await consumer.subscribe({ topic, fromBeginning: true });
  const arrivals: (() => void)[] = [];
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({ eachMessage: async () => arrivals.shift()?.() });
  await joined;
  const histogram = new LatencyHistogram();
  const sample = await withProducer(port, async (producer) => {
    for (let sent = -warmUpRecords; sent < records; sent += 1) {
      const arrived = new Promise<void>((resolve) => arrivals.push(resolve));
      const sentAtMs = performance.now();
      await producer.send({ topic, acks: -1, messages: [{ value: randomBytes(recordBytes) }] });
      await arrived;
      if (sent >= 0) histogram.record(performance.now() - sentAtMs);
    }
    return { p50Ms: histogram.percentileMs(50), p90Ms: histogram.percentileMs(90), p99Ms: histogram.percentileMs(99) };
  });
  await consumer.disconnect();
  return sample;
}

const warmUpRecords = 20;

/** Begin, 100 records over 10 partitions, commit; one after the other. */
export async function transactWithKafkajs(port: number, topic: string, transactions: number): Promise<Sample> {
  const transactionalId = `${topic}-${performance.now()}`;
  const producer = kafkaAt(port).producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const histogram = new LatencyHistogram();
  const messages = Array.from({ length: 100 }, (_, at) => ({ partition: at % 10, value: randomBytes(100) }));
  for (let done = -5; done < transactions; done += 1) {
    const begunAtMs = performance.now();
    const transaction = await producer.transaction();
    await transaction.send({ topic, acks: -1, messages });
    await transaction.commit();
    if (done >= 0) histogram.record(performance.now() - begunAtMs);
  }
  await producer.disconnect();
  return { p50Ms: histogram.percentileMs(50), p90Ms: histogram.percentileMs(90), p99Ms: histogram.percentileMs(99) };
}
