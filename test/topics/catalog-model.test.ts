import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PartitionGrant } from '../../src/log/partition-rpc.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import { topicConfigOf } from '../../src/topics/topic-config.ts';
import { CatalogWorld, type PartitionFault } from './catalog-world.ts';

/** A topic as a plain map knows it. */
type ModelTopic = { topicId: string; partitionCount: number; overrides: Record<string, string>; configVersion: number };

type Model = {
  readonly topics: Map<string, ModelTopic>;
  readonly deletedTopicIds: Set<string>;
  readonly producerIds: Set<number>;
};

type Step = fc.AsyncCommand<Model, Real>;

type Real = { readonly world: CatalogWorld; readonly heldGrants: PartitionGrant[] };

const cluster = localCluster;
const maxPartitions = 4;

const collisionKey = (name: string): string => name.replaceAll('.', '_');

/** One step: its arguments are in `label`, which a failing run prints. */
function step(label: string, run: (model: Model, real: Real) => Promise<void>): Step {
  return { check: () => true, run, toString: () => label };
}

function create(name: string, partitionCount: number, config: Record<string, string>): Step {
  return step(`create ${name} ${partitionCount} ${JSON.stringify(config)}`, async (model, { world }) => {
    const result = await world.catalog.createTopic(cluster, { topic: name, partitionCount, config });
    const colliding = [...model.topics.keys()].find((other) => collisionKey(other) === collisionKey(name));
    if (partitionCount < 1) expect(result).toMatchObject({ ok: false, error: { code: 'INVALID_PARTITIONS' } });
    else if (colliding === name) expect(result).toMatchObject({ ok: false, error: { code: 'TOPIC_ALREADY_EXISTS' } });
    else if (colliding !== undefined) {
      expect(result).toMatchObject({ ok: false, error: { code: 'INVALID_TOPIC_EXCEPTION' } });
    } else {
      expect(result).toMatchObject({ ok: true, value: { topic: name, partitionCount, configVersion: 1 } });
      if (!result.ok) return;
      const { topicId } = result.value;
      expect([...model.topics.values()].some((topic) => topic.topicId === topicId)).toBe(false);
      expect(model.deletedTopicIds.has(topicId)).toBe(false);
      model.topics.set(name, { topicId, partitionCount, overrides: config, configVersion: 1 });
    }
  });
}

function alter(name: string, partitionCount: number | undefined, retention: string | null | undefined): Step {
  return step(`alter ${name} ${partitionCount} ${retention}`, async (model, { world }) => {
    const config = retention === undefined ? undefined : { 'retention.ms': retention };
    const result = await world.catalog.alterTopic(cluster, { topic: name, partitionCount, config });
    const topic = model.topics.get(name);
    if (topic === undefined) {
      expect(result).toMatchObject({ ok: false, error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' } });
    } else if (partitionCount !== undefined && partitionCount < topic.partitionCount) {
      expect(result).toMatchObject({ ok: false, error: { code: 'INVALID_PARTITIONS' } });
    } else {
      expect(result.ok).toBe(true);
      topic.partitionCount = partitionCount ?? topic.partitionCount;
      if (retention === undefined || (topic.overrides['retention.ms'] ?? null) === retention) return;
      const { 'retention.ms': _, ...others } = topic.overrides;
      topic.overrides = retention === null ? others : { ...others, 'retention.ms': retention };
      topic.configVersion += 1;
    }
  });
}

function remove(name: string): Step {
  return step(`delete ${name}`, async (model, { world }) => {
    const result = await world.catalog.deleteTopic(cluster, name);
    const topic = model.topics.get(name);
    expect(result.ok).toBe(topic !== undefined);
    if (topic !== undefined) model.deletedTopicIds.add(topic.topicId);
    model.topics.delete(name);
  });
}

function grant(name: string, partition: number, isHeld: boolean): Step {
  return step(`grant ${name} ${partition} ${isHeld ? 'held' : 'installed'}`, async (model, { world, heldGrants }) => {
    const topic = model.topics.get(name);
    const result = await world.catalog.grantPartition(cluster, topic?.topicId ?? 'no-such-id', partition);
    expect(result.ok).toBe(topic !== undefined && partition < topic.partitionCount);
    if (!result.ok || topic === undefined) return;
    expect(result.value).toMatchObject({ configVersion: topic.configVersion, config: topicConfigOf(topic.overrides) });
    if (isHeld) heldGrants.push(result.value);
    else expect(world.initialize(result.value).ok).toBe(true);
  });
}

function list(prefix: string, limit: number): Step {
  return step(`list ${prefix} by ${limit}`, async (model, { world }) => {
    const names: string[] = [];
    let after: string | null = null;
    for (let pages = 0; pages < 20; pages += 1) {
      const result = await world.catalog.listTopics(cluster, { prefix, limit, after });
      if (!result.ok) throw new Error(result.error.message);
      expect(result.value.topics.length).toBeLessThanOrEqual(limit);
      names.push(...result.value.topics.map((topic) => topic.topic));
      after = result.value.next;
      if (after === null) break;
    }
    expect(names).toEqual([...model.topics.keys()].filter((name) => name.startsWith(prefix)).sort());
  });
}

const installHeldGrant = step('install a held grant', async (_, { world, heldGrants }) => {
  const held = heldGrants.shift();
  if (held !== undefined) world.initialize(held);
});

const producerId = step('allocate a producer id', async (model, { world }) => {
  const result = await world.catalog.allocateProducerId(cluster);
  if (!result.ok) throw new Error(result.error.message);
  expect(model.producerIds.has(result.value.producerId)).toBe(false);
  model.producerIds.add(result.value.producerId);
});

const restart = step('restart', async (_, { world }) => world.restart());

const crashInAlarm = (fault: PartitionFault): Step =>
  step(`crash while the alarm runs, calls ending as ${fault}`, async (_, { world }) => {
    if (world.alarm.take() !== null) {
      world.fault = fault;
      const running = world.catalog.runAlarm();
      world.crash();
      await running;
      world.fault = 'none';
      // The platform runs an alarm again that its object did not finish.
      await world.alarm.armBy(world.nowMs);
    }
    await world.restart();
  });

const runAlarm = (fault: PartitionFault): Step =>
  step(`run the alarm, calls ending as ${fault}`, async (_, { world }) => {
    world.fault = fault;
    await world.runNextAlarm();
    world.fault = 'none';
  });

/** The catalog changes while a partition is being told about the change before. */
const runAlarmMeanwhile = (change: Step): Step =>
  step(`run the alarm, meanwhile ${change}`, async (model, real) => {
    real.world.meanwhile = () => change.run(model, real);
    await real.world.runNextAlarm();
    real.world.meanwhile = null;
  });

const pass = (ms: number): Step =>
  step(`${ms} ms pass`, async (_, { world }) => {
    world.nowMs += ms;
    world.purgeClosedPartitions();
  });

const name = fc.constantFrom('a.b', 'a_b', 'b');
const retention = fc.constantFrom('1', '2', '-1');
const fault = fc.constantFrom<PartitionFault>('none', 'unreachable', 'answer-lost', 'refused');
const partition = fc.nat(maxPartitions);

const change: fc.Arbitrary<Step> = fc.oneof(
  name.map(remove),
  fc.tuple(name, fc.option(retention)).map(([topic, value]) => alter(topic, undefined, value)),
);

const steps: fc.Arbitrary<Step>[] = [
  fc
    .tuple(name, fc.nat(maxPartitions), fc.option(retention))
    .map(([topic, count, value]) => create(topic, count, value === null ? {} : { 'retention.ms': value })),
  fc
    .tuple(
      name,
      fc.option(fc.integer({ min: 1, max: maxPartitions }), { nil: undefined }),
      fc.option(fc.option(retention), { nil: undefined }),
    )
    .map(([topic, count, value]) => alter(topic, count, value)),
  name.map(remove),
  fc.tuple(name, partition, fc.boolean()).map(([topic, index, isHeld]) => grant(topic, index, isHeld)),
  fc.tuple(name, partition, fc.boolean()).map(([topic, index, isHeld]) => grant(topic, index, isHeld)),
  fc
    .tuple(fc.constantFrom('', 'a', 'b', 'zz'), fc.integer({ min: 1, max: 4 }))
    .map(([prefix, limit]) => list(prefix, limit)),
  fc.constant(installHeldGrant),
  fc.constant(producerId),
  fc.constant(restart),
  fault.map(crashInAlarm),
  fault.map(runAlarm),
  change.map(runAlarmMeanwhile),
  fc.constantFrom(1, 1_000, 30_000, 80_000).map(pass),
];

/** What must hold once faults have stopped and the outbox had its time. */
async function expectConverged(model: Model, { world, heldGrants }: Real): Promise<void> {
  for (const held of heldGrants) world.initialize(held);
  await world.restart();
  await world.settle();
  expect(world.errors.every((error) => String(error).includes('this life of the object is over'))).toBe(true);
  const versions = new Map([...model.topics.values()].map((topic) => [topic.topicId, topic.configVersion]));
  for (const { ref, configVersion, closedAtMs } of world.partitions.values()) {
    expect(closedAtMs !== null).toBe(model.deletedTopicIds.has(ref.topicId));
    // A partition learns every config that was set after its grant was issued; the grant brought the one before.
    if (closedAtMs === null) expect(configVersion).toBe(versions.get(ref.topicId));
  }
  const isFounded = world.sql.query("SELECT 1 AS found FROM sqlite_master WHERE name = 'topic'").length > 0;
  if (isFounded) expect([world.count('topic'), world.count('outbox')]).toEqual([model.topics.size, 0]);
  for (const held of heldGrants) {
    world.nowMs = Math.max(world.nowMs, held.expiresAtMs + 1);
    world.purgeClosedPartitions();
    expect(world.initialize(held).ok).toBe(false);
  }
}

it('[I-8] the catalog is what a plain map would be, and partitions end as it says, whatever is lost on the way', async () => {
  const property = fc.asyncProperty(fc.commands(steps, { maxCommands: 100, size: 'max' }), async (commands) => {
    const model: Model = { topics: new Map(), deletedTopicIds: new Set(), producerIds: new Set() };
    const real: Real = { world: new CatalogWorld(), heldGrants: [] };
    await fc.asyncModelRun(() => ({ model, real }), commands);
    await expectConverged(model, real);
    real.world.sql.close();
  });
  await fc.assert(property, { numRuns: 1_000 });
}, 60_000);
