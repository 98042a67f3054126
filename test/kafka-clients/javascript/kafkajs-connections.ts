import kafkajs, { type Admin, type Consumer, type KafkaMessage, type Producer, type ProducerConfig } from 'kafkajs';
import { eventually, named, servers } from './scenarios.ts';

/** The three lines that a program needs. */
export const kafka = new kafkajs.Kafka({ clientId: 'suite', brokers: servers, logLevel: kafkajs.logLevel.NOTHING });

export async function withAdmin<Outcome>(work: (admin: Admin) => Promise<Outcome>): Promise<Outcome> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

export async function withProducer(
  work: (producer: Producer) => Promise<unknown>,
  config: ProducerConfig = {},
): Promise<void> {
  const producer = kafka.producer(config);
  await producer.connect();
  try {
    await work(producer);
  } finally {
    await producer.disconnect();
  }
}

export const createTopic = (topic: string, numPartitions = 1): Promise<boolean> =>
  withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions }] }));

export type ReadMessage = KafkaMessage & { readonly partition: number };

/** A member of a group that runs, and what it was given and read. */
export class Reader {
  readonly consumer: Consumer;
  readonly messages: ReadMessage[] = [];
  assigned: readonly number[] = [];

  constructor(groupId: string, options: { readonly readUncommitted?: boolean } = {}) {
    this.consumer = kafka.consumer({ groupId, heartbeatInterval: 300, maxWaitTimeInMs: 500, ...options });
    this.consumer.on(this.consumer.events.GROUP_JOIN, ({ payload }) => {
      this.assigned = Object.values(payload.memberAssignment).flat();
    });
  }

  async run(topic: string, autoCommit = true): Promise<this> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topic, fromBeginning: true });
    await this.consumer.run({
      autoCommit,
      eachMessage: async ({ message, partition }) => {
        this.messages.push({ ...message, partition });
      },
    });
    return this;
  }

  get values(): string[] {
    return this.messages.map(({ value }) => String(value));
  }
}

let readings = 0;

/** The first `count` messages of a topic, by a group of their own. */
export async function readMessages(topic: string, count: number): Promise<ReadMessage[]> {
  readings += 1;
  const reader = await new Reader(named(`reading-${process.pid}-${readings}`)).run(topic);
  try {
    await eventually(`${count} messages of ${topic}`, () => reader.messages.length >= count);
    return reader.messages;
  } finally {
    await reader.consumer.disconnect();
  }
}
