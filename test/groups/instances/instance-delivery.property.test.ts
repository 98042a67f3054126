import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok } from '../../../src/errors/result.ts';
import type { InstanceConsumer } from '../../../src/gateway/instance-consumer.ts';
import { decompress } from '../../../src/log/compression.ts';
import { decodeBatches } from '../../../src/log/record.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';

const groupId = 'readers';
const topic = 'orders';
const partitionCount = 3;
const names = ['one', 'two', 'three'];

/** What clients and the world do; an index means one of the instances. */
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      by: fc.nat(2),
      maxRecords: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('produce' as const),
      partition: fc.nat(2),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('commit' as const), by: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read twice at once' as const), by: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('subscribe' as const), by: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), by: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 6, 100, 301) }) },
);

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** A group of consumer instances, and every record that anyone was given. */
class World {
  readonly platform = new MemoryPlatform();
  readonly seen = new Set<string>();
  readonly #isAutoCommit: boolean;
  #producedCounts = new Array<number>(partitionCount).fill(0);

  constructor(isAutoCommit: boolean) {
    this.#isAutoCommit = isAutoCommit;
  }

  get #instances(): InstanceConsumer {
    return this.platform.services.groups.instances;
  }

  async start(): Promise<void> {
    await this.platform.catalog.createTopic(localCluster, { topic, partitionCount });
  }

  async act(done: Action): Promise<void> {
    switch (done.do) {
      case 'produce':
        return this.#produce(done.partition, done.count);
      case 'read':
        await this.read(names[done.by]!, done.maxRecords);
        return;
      case 'read twice at once':
        await Promise.all([this.read(names[done.by]!, 2), this.read(names[done.by]!, 3)]);
        return;
      case 'commit':
        await this.#instances.call({ groupId, name: names[done.by]! }, { kind: 'commit', commits: null });
        return;
      case 'subscribe':
        await this.#ensure(names[done.by]!);
        return;
      case 'delete':
        await this.#instances.call({ groupId, name: names[done.by]! }, { kind: 'delete' });
        return;
      case 'crash':
        this.platform.groupObjects.restart({ ...localCluster, groupId });
        return;
      case 'wait':
        this.platform.nowMs += done.seconds * 1000;
        await this.platform.groupObjects.runAlarms();
        return;
    }
  }

  /** Reads some records; an instance that is not there is created first. Answers how many there were. */
  async read(name: string, maxRecords: number): Promise<number> {
    await this.#ensure(name);
    const read = await this.#instances.read(
      {
        groupId,
        name,
        maxBytes: 1_000_000,
        waitMs: 0,
        check: () => ok(null),
        render: (fetched) => {
          const given: string[] = [];
          const positions = fetched.partitions.map(({ partition, batches, startOffset, nextOffset }) => {
            let position = nextOffset;
            let expected = startOffset;
            decodeBatches(batches, decompress, ({ offset }) => {
              if (offset < startOffset) return true;
              // Within a read, records of a partition follow each other without a hole.
              expect(offset).toBe(expected++);
              position = offset;
              if (given.length >= maxRecords) return false;
              given.push(`${partition}/${offset}`);
              position = offset + 1;
              return true;
            });
            return { topic, partition, offset: position };
          });
          return ok({ rendered: given, sizeBytes: given.length, positions });
        },
      },
      async () => {},
    );
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    for (const record of read.value) this.seen.add(record);
    return read.value.length;
  }

  /** Everything the group still has to give, to whoever is there. */
  async drain(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      let count = 0;
      for (const name of names) count += await this.read(name, 100);
      quiet = count === 0 ? quiet + 1 : 0;
    }
  }

  get missing(): string[] {
    return this.#producedCounts.flatMap((count, partition) =>
      Array.from({ length: count }, (_, offset) => `${partition}/${offset}`).filter((record) => !this.seen.has(record)),
    );
  }

  async #produce(partition: number, count: number): Promise<void> {
    const records = Array.from({ length: count }, () => ({
      key: null,
      value: new Uint8Array([1]),
      headers: [],
      partition,
      timestampMs: null,
    }));
    const produced = await this.platform.services.producer.produce(topic, records);
    if (produced.ok)
      this.#producedCounts = this.#producedCounts.with(partition, this.#producedCounts[partition]! + count);
  }

  async #ensure(name: string): Promise<void> {
    const config = {
      format: 'binary',
      isAutoCommit: this.#isAutoCommit,
      offsetReset: 'earliest' as const,
      fetchMinBytes: 1,
      requestTimeoutMs: 1,
    };
    const described = await this.#instances.call({ groupId, name }, { kind: 'describe' });
    if (described.ok && described.value.subscription !== null) return;
    if (!described.ok) await this.#instances.create({ groupId, name }, config);
    const subscription = { topics: [topic], pattern: null };
    const subscribed = await this.#instances.call({ groupId, name }, { kind: 'subscribe', subscription });
    if (!subscribed.ok) throw new Error(JSON.stringify(subscribed.error));
  }
}

describe('consumer instances of a group', () => {
  it('are given every record at least once, whatever clients and crashes do', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(action, { minLength: 5, maxLength: 40 }),
        async (isAutoCommit, actions) => {
          const world = new World(isAutoCommit);
          await world.start();
          for (const done of actions) await world.act(done);
          await world.drain();
          expect(world.missing).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it('never commit what nobody was given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
        const world = new World(true);
        await world.start();
        for (const done of actions) {
          await world.act(done);
          const described = await world.platform.services.groups.rpc.describe({ ...localCluster, groupId });
          if (!described.ok) continue;
          for (const { partition, offset } of described.value.offsets) {
            for (let below = 0; below < offset; below++) expect(world.seen).toContain(`${partition}/${below}`);
          }
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
