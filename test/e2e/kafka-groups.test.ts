import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { AssignerProtocol, type Consumer, Kafka, logLevel, PartitionAssigners } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { kafkaCarriers } from '../support/kafka-carriers.ts';
import { hasKcat, kcat } from '../support/kcat.ts';

const { carriers, platform } = kafkaCarriers();

const partitions = 4;

/** Waits for what clients on connections of their own bring about. */
const eventually = { timeout: 30_000, interval: 50 };

describe.each(Object.entries(carriers))('members of groups over %s', (carrier, servers) => {
  const named = (name: string) => `${carrier}-${name}`;
  const kafka = () => new Kafka({ clientId: 'test', brokers: servers().split(','), logLevel: logLevel.NOTHING });

  /** A topic whose records say in which partition they are, and which one of it. */
  async function topicWith(name: string, recordsPerPartition: number): Promise<string> {
    const topic = named(name);
    const admin = kafka().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] });
    await admin.disconnect();
    await produce(topic, 0, recordsPerPartition);
    return topic;
  }

  async function produce(topic: string, from: number, to: number): Promise<void> {
    const producer = kafka().producer();
    await producer.connect();
    const messages = Array.from({ length: partitions }, (_, partition) =>
      Array.from({ length: to - from }, (_, at) => ({ partition, value: `${partition}/${from + at}` })),
    );
    await producer.send({ topic, messages: messages.flat() });
    await producer.disconnect();
  }

  /** A consumer that runs, and what it was given and read. */
  class Reader {
    readonly consumer: Consumer;
    readonly values: string[] = [];
    assigned: readonly number[] = [];

    constructor(groupId: string) {
      const { roundRobin } = PartitionAssigners;
      this.consumer = kafka().consumer({ groupId, heartbeatInterval: 500, partitionAssigners: [roundRobin] });
      this.consumer.on(this.consumer.events.GROUP_JOIN, ({ payload }) => {
        this.assigned = Object.values(payload.memberAssignment).flat();
      });
    }

    async run(topic: string): Promise<this> {
      await this.consumer.connect();
      await this.consumer.subscribe({ topic, fromBeginning: true });
      await this.consumer.run({
        eachMessage: async ({ message }) => {
          this.values.push(message.value!.toString());
        },
      });
      return this;
    }
  }

  const valuesUpTo = (count: number) =>
    Array.from({ length: partitions }, (_, partition) =>
      Array.from({ length: count }, (_, at) => `${partition}/${at}`),
    ).flat();

  test('kafkajs divides a topic, takes over from who leaves, and goes on where the group was', async () => {
    const topic = await topicWith('divided', 50);
    const groupId = named('readers');
    const first = await new Reader(groupId).run(topic);
    const second = await new Reader(groupId).run(topic);
    await expect.poll(() => [first.assigned.length, second.assigned.length], eventually).toEqual([2, 2]);
    expect(new Set([...first.assigned, ...second.assigned]).size).toBe(partitions);
    await expect.poll(() => new Set([...first.values, ...second.values]).size, eventually).toBe(4 * 50);

    const admin = kafka().admin();
    await admin.connect();
    const { groups } = await admin.describeGroups([groupId]);
    expect(groups).toMatchObject([{ state: 'Stable', protocol: 'RoundRobinAssigner', protocolType: 'consumer' }]);
    const held = groups[0]!.members.map(
      ({ memberAssignment }) => AssignerProtocol.MemberAssignment.decode(memberAssignment)!.assignment[topic],
    );
    expect(held.flat().sort()).toEqual([0, 1, 2, 3]);
    const shown = await fetch(`${platform().url}/v1/groups/${groupId}`);
    expect(await shown.json()).toMatchObject({
      state: 'stable',
      assignor: 'RoundRobinAssigner',
      members: [{ topics: [topic] }, {}],
    });

    await first.consumer.disconnect();
    await expect.poll(() => second.assigned.length, eventually).toBe(partitions);
    await produce(topic, 50, 60);
    await expect.poll(() => new Set([...first.values, ...second.values]).size, eventually).toBe(4 * 60);
    await second.consumer.disconnect();

    await produce(topic, 60, 70);
    const third = await new Reader(groupId).run(topic);
    await expect.poll(() => third.values.length, eventually).toBe(4 * 10);
    await third.consumer.disconnect();
    const all = [...first.values, ...second.values, ...third.values];
    expect([...new Set(all)].sort()).toEqual(valuesUpTo(70).sort());
    const offsets = await admin.fetchOffsets({ groupId, topics: [topic] });
    expect(offsets[0]!.partitions.map(({ offset }) => offset)).toEqual(['70', '70', '70', '70']);
    await admin.deleteGroups([groupId]);
    await admin.disconnect();
  });

  test.each(hasKcat ? ['kcat'] : [])('%s -G reads what its group has not read, and shares it', async () => {
    const topic = await topicWith('kcat', 20);
    const groupId = named('kcat-readers');
    const options = ['-q', '-X', 'auto.offset.reset=earliest', '-f', '%s\\n', '-G', groupId, topic];
    const lines = (text: string) => text.split('\n').filter((line) => line !== '');
    expect(lines(await kcat(servers(), ['-c', '80', ...options])).sort()).toEqual(valuesUpTo(20).sort());
    await produce(topic, 20, 25);
    expect(lines(await kcat(servers(), ['-c', '20', ...options])).sort()).toEqual(
      valuesUpTo(25)
        .filter((value) => Number(value.split('/')[1]) >= 20)
        .sort(),
    );

    const readers = [1, 2].map(() => spawn('kcat', ['-b', servers(), '-u', ...options], { stdio: 'pipe' }));
    const read = readers.map(() => [] as string[]);
    for (const [at, reader] of readers.entries()) {
      reader.stdout.on('data', (data) => read[at]!.push(...lines(`${data}`)));
    }
    try {
      await expect.poll(() => describedSizes(groupId), eventually).toEqual([2, 2]);
      await produce(topic, 25, 35);
      await expect.poll(() => read.map(({ length }) => length), eventually).toEqual([20, 20]);
    } finally {
      await Promise.all(readers.map(ended));
    }
  });

  /** How many partitions each member has, as the HTTP door says it. */
  async function describedSizes(groupId: string): Promise<number[]> {
    const shown = await fetch(`${platform().url}/v1/groups/${groupId}`);
    const { members } = (await shown.json()) as { members: { assignment: Record<string, number[]> }[] };
    return members.map(({ assignment }) => Object.values(assignment).flat().length);
  }
});

async function ended(child: ChildProcess): Promise<void> {
  child.kill();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
