import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/errors/result.ts';
import { limits } from '../../src/limits.ts';
import { grantLifetimeMs, verifyGrant } from '../../src/log/partition-grant.ts';
import { clockMarginMs, purgeCheckMs } from '../../src/topics/catalog-decisions.ts';
import type { CreateTopicRequest } from '../../src/topics/catalog-rpc.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import { producerIdBlockSize } from '../../src/topics/producer-ids.ts';
import { CatalogWorld } from './catalog-world.ts';

const cluster = localCluster;

function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

function codeOf(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

const page = { prefix: '', limit: 10, after: null };
const tablesOf = (world: CatalogWorld): unknown[] => world.sql.query('SELECT name FROM sqlite_master');

describe('a catalog without a cluster', () => {
  it('[I-0a] answers reads and writes nothing', async () => {
    const world = new CatalogWorld();
    const { catalog } = world;
    expect(expectOk(await catalog.listTopics(cluster, page))).toEqual({ topics: [], next: null });
    expect(codeOf(await catalog.describeTopic(cluster, 'orders'))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(codeOf(await catalog.alterTopic(cluster, { topic: 'orders' }))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(codeOf(await catalog.deleteTopic(cluster, 'orders'))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(codeOf(await catalog.grantPartition(cluster, 'id', 0))).toBe('UNKNOWN_TOPIC_ID');
    expect(codeOf(await catalog.reportPartitions(cluster, []))).toBe('ok');
    await catalog.runAlarm();
    expect(tablesOf(world)).toEqual([]);
  });

  it('[I-0b] is founded by the cluster whose object it is, and refuses every other one, and every other organization', async () => {
    const world = new CatalogWorld();
    const other = { orgId: 'local', clusterId: 'other' };
    expect(codeOf(await world.catalog.createTopic(other, { topic: 'orders' }))).toBe('WRONG_OBJECT');
    expect(tablesOf(world)).toEqual([]);
    expectOk(await world.catalog.createTopic(cluster, { topic: 'orders' }));
    await world.restart();
    const answers = [
      await world.catalog.allocateProducerId({ ...cluster, orgId: 'x' }),
      await world.catalog.listTopics(other, page),
      await world.catalog.describeTopic(other, 'orders'),
      await world.catalog.alterTopic(other, { topic: 'orders' }),
      await world.catalog.deleteTopic(other, 'orders'),
      await world.catalog.grantPartition(other, 'topic-1', 0),
      await world.catalog.reportPartitions(other, []),
    ];
    expect(answers.map(codeOf)).toEqual(answers.map(() => 'WRONG_OBJECT'));
    expect(codeOf(await world.catalog.describeTopic(cluster, 'orders'))).toBe('ok');
  });

  it('does not say that topics are missing once another instance has founded it', async () => {
    const world = new CatalogWorld();
    const replaced = world.catalog;
    await world.restart();
    expectOk(await world.catalog.createTopic(cluster, { topic: 'orders' }));
    await expect(replaced.partitionWitness(cluster, 'topic-1', 0)).rejects.toThrow();
    await expect(replaced.describeTopic(cluster, 'orders')).rejects.toThrow();
    await expect(replaced.grantPartition(cluster, 'topic-1', 0)).rejects.toThrow();
  });

  it('answers NEWER_SCHEMA to everything when a newer version wrote the data', async () => {
    const world = new CatalogWorld();
    expectOk(await world.catalog.createTopic(cluster, { topic: 'orders' }));
    world.sql.run('INSERT INTO schema_version (version) VALUES (1000)');
    await world.restart();
    expect(codeOf(await world.catalog.listTopics(cluster, page))).toBe('NEWER_SCHEMA');
    expect(codeOf(await world.catalog.createTopic(cluster, { topic: 'other' }))).toBe('NEWER_SCHEMA');
  });
});

describe('creating topics', () => {
  it('answers the whole topic, and the same after a restart', async () => {
    const world = new CatalogWorld();
    const request = { topic: 'orders', partitionCount: 6, config: { 'retention.ms': ' 1000 ' } };
    const created = expectOk(await world.catalog.createTopic(cluster, request));
    expect(created).toMatchObject({
      ...cluster,
      topic: 'orders',
      topicId: 'topic-1',
      partitionCount: 6,
      configVersion: 1,
      configOverrides: { 'retention.ms': '1000' },
      createdAtMs: world.nowMs,
      config: { retentionMs: 1000, cleanupPolicy: 'delete' },
    });
    await world.restart();
    expect(expectOk(await world.catalog.describeTopic(cluster, 'orders'))).toEqual(created);
  });

  it('refuses bad names, counts and configs, and names that are taken or collide, storing nothing', async () => {
    const world = new CatalogWorld();
    const { catalog } = world;
    expectOk(await catalog.createTopic(cluster, { topic: 'a.b' }));
    const refused: { request: CreateTopicRequest; code: string }[] = [
      { request: { topic: '' }, code: 'INVALID_TOPIC_EXCEPTION' },
      { request: { topic: '__own' }, code: 'INVALID_TOPIC_EXCEPTION' },
      { request: { topic: 'a.b' }, code: 'TOPIC_ALREADY_EXISTS' },
      { request: { topic: 'a_b' }, code: 'INVALID_TOPIC_EXCEPTION' },
      { request: { topic: 'x', partitionCount: 0 }, code: 'INVALID_PARTITIONS' },
      { request: { topic: 'x', partitionCount: 1_001 }, code: 'INVALID_PARTITIONS' },
      { request: { topic: 'x', partitionCount: 1.5 }, code: 'INVALID_PARTITIONS' },
      { request: { topic: 'x', config: { 'max.message.bytes': '1900001' } }, code: 'INVALID_CONFIG' },
      { request: { topic: 'x', config: { 'no.such.key': '1' } }, code: 'INVALID_CONFIG' },
    ];
    for (const { request, code } of refused) expect(codeOf(await catalog.createTopic(cluster, request))).toBe(code);
    expect(world.count('topic')).toBe(1);
    const bounds = await catalog.createTopic(cluster, { topic: 'x', partitionCount: 1_001 });
    expect(bounds).toMatchObject({ error: { message: 'A topic has from 1 to 1000 partitions, not 1001.' } });
  });

  it('ends at the number of topics a cluster may have', async () => {
    const world = new CatalogWorld();
    expectOk(await world.catalog.createTopic(cluster, { topic: 'first' }));
    world.sql.transaction(() =>
      world.sql.run(
        `INSERT INTO topic WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         SELECT 'id' || i, 'bulk' || i, 'bulk' || i, 'ACTIVE', 1, '{}', 1, 0 FROM n`,
        limits.topicsPerCluster.value,
      ),
    );
    expect(codeOf(await world.catalog.createTopic(cluster, { topic: 'one-more' }))).toBe('LIMIT_REACHED');
    expectOk(await world.catalog.deleteTopic(cluster, 'first'));
    expect(codeOf(await world.catalog.createTopic(cluster, { topic: 'one-more' }))).toBe('ok');
  });
});

describe('listing topics', () => {
  it('pages through a prefix in name order', async () => {
    const { catalog } = new CatalogWorld();
    for (const topic of ['b', 'a-2', 'a', 'a-1', 'A', 'a-', 'az'])
      expectOk(await catalog.createTopic(cluster, { topic }));
    const names: string[] = [];
    let after: string | null = null;
    do {
      const listed: { topics: { topic: string }[]; next: string | null } = expectOk(
        await catalog.listTopics(cluster, { prefix: 'a', limit: 2, after }),
      );
      expect(listed.topics.length).toBeGreaterThan(0);
      names.push(...listed.topics.map((each) => each.topic));
      after = listed.next;
    } while (after !== null);
    expect(names).toEqual(['a', 'a-', 'a-1', 'a-2', 'az']);
    expect(expectOk(await catalog.listTopics(cluster, { ...page, prefix: 'nothing' }))).toEqual({
      topics: [],
      next: null,
    });
    expect(expectOk(await catalog.listTopics(cluster, { ...page, prefix: 'é%_' })).topics).toEqual([]);
  });

  it.each([0, -1, 1_001, 1.5, Number.NaN])('refuses a page of %s', async (limit) => {
    const { catalog } = new CatalogWorld();
    expect(codeOf(await catalog.listTopics(cluster, { ...page, limit }))).toBe('INVALID_REQUEST');
  });
});

describe('altering topics', () => {
  it('adds partitions, never removes any, and leaves the config version alone', async () => {
    const { catalog } = new CatalogWorld();
    expectOk(await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 3 }));
    const same = await catalog.alterTopic(cluster, { topic: 'orders', partitionCount: 3 });
    expect(expectOk(same)).toMatchObject({ partitionCount: 3, configVersion: 1 });
    const grown = await catalog.alterTopic(cluster, { topic: 'orders', partitionCount: 5 });
    expect(expectOk(grown)).toMatchObject({ partitionCount: 5, configVersion: 1 });
    const fewer = await catalog.alterTopic(cluster, { topic: 'orders', partitionCount: 4 });
    expect(fewer).toMatchObject({ error: { code: 'INVALID_PARTITIONS', detail: { partitions: 5 } } });
    expect(codeOf(await catalog.alterTopic(cluster, { topic: 'orders', partitionCount: 1_001 }))).toBe(
      'INVALID_PARTITIONS',
    );
  });

  it('tells granted partitions of a new config, and only those', async () => {
    const world = new CatalogWorld();
    const { catalog } = world;
    const { topicId } = expectOk(await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 3 }));
    world.initialize(expectOk(await catalog.grantPartition(cluster, topicId, 1)));
    const altered = expectOk(await catalog.alterTopic(cluster, { topic: 'orders', config: { 'retention.ms': '5' } }));
    expect(altered).toMatchObject({
      configVersion: 2,
      config: { retentionMs: 5 },
      configOverrides: { 'retention.ms': '5' },
    });
    await world.settle();
    expect([...world.partitions.values()]).toMatchObject([{ ref: { partition: 1 }, configVersion: 2 }]);
    const reset = expectOk(await catalog.alterTopic(cluster, { topic: 'orders', config: { 'retention.ms': null } }));
    expect(reset).toMatchObject({ configVersion: 3, configOverrides: {}, config: { retentionMs: 604_800_000 } });
    const unchanged = expectOk(
      await catalog.alterTopic(cluster, { topic: 'orders', config: { 'retention.ms': null } }),
    );
    expect(unchanged.configVersion).toBe(3);
  });
});

describe('granting partitions', () => {
  it('signs the topic as it is now, for a minute', async () => {
    const world = new CatalogWorld();
    const { topicId } = expectOk(await world.catalog.createTopic(cluster, { topic: 'orders', partitionCount: 2 }));
    expectOk(await world.catalog.alterTopic(cluster, { topic: 'orders', config: { 'segment.ms': '9' } }));
    const grant = expectOk(await world.catalog.grantPartition(cluster, topicId, 1));
    expect(grant).toMatchObject({
      ref: { ...cluster, topicId, partition: 1 },
      topic: 'orders',
      configVersion: 2,
      config: { segmentMs: 9 },
      expiresAtMs: world.nowMs + grantLifetimeMs,
    });
    expect(verifyGrant(grant, world.signer, world.nowMs).ok).toBe(true);
  });

  it('refuses partitions that the topic does not have', async () => {
    const { catalog } = new CatalogWorld();
    const { topicId } = expectOk(await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 2 }));
    for (const partition of [2, -1, 0.5]) {
      expect(codeOf(await catalog.grantPartition(cluster, topicId, partition))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    }
    expect(codeOf(await catalog.grantPartition(cluster, 'other', 0))).toBe('UNKNOWN_TOPIC_ID');
  });
});

describe('deleting topics', () => {
  it('[I-8b] frees the name at once for a topic with another id', async () => {
    const { catalog } = new CatalogWorld();
    const first = expectOk(await catalog.createTopic(cluster, { topic: 'orders' }));
    expectOk(await catalog.grantPartition(cluster, first.topicId, 0));
    expectOk(await catalog.deleteTopic(cluster, 'orders'));
    expect(codeOf(await catalog.describeTopic(cluster, 'orders'))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(codeOf(await catalog.grantPartition(cluster, first.topicId, 0))).toBe('UNKNOWN_TOPIC_ID');
    const second = expectOk(await catalog.createTopic(cluster, { topic: 'orders' }));
    expect(second.topicId).not.toBe(first.topicId);
  });

  it('[I-8c] closes every granted partition, a few at a time, and leaves no row behind', async () => {
    const world = new CatalogWorld();
    const { catalog } = world;
    const { topicId } = expectOk(await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 40 }));
    for (let partition = 0; partition < 37; partition += 1) {
      world.initialize(expectOk(await catalog.grantPartition(cluster, topicId, partition)));
    }
    world.fault = 'answer-lost';
    expectOk(await catalog.deleteTopic(cluster, 'orders'));
    await world.runNextAlarm();
    world.fault = 'unreachable';
    for (let run = 0; run < 20; run += 1) await world.runNextAlarm();
    expect(world.count('granted_partition')).toBe(37);
    world.fault = 'none';
    await world.restart();
    await world.settle();
    expect([...world.partitions.values()].every((partition) => partition.closedAtMs !== null)).toBe(true);
    expect([world.count('topic'), world.count('granted_partition'), world.count('outbox')]).toEqual([0, 0, 0]);
    expect(world.mostCallsUnderWay).toBe(5);
    expect(world.errors).toEqual([]);
  });

  it('[I-8d] closes a partition again that a late grant brought into being', async () => {
    const world = new CatalogWorld();
    const { topicId } = expectOk(await world.catalog.createTopic(cluster, { topic: 'orders' }));
    const late = expectOk(await world.catalog.grantPartition(cluster, topicId, 0));
    expectOk(await world.catalog.deleteTopic(cluster, 'orders'));
    await world.runNextAlarm();
    expect(world.partitions.size).toBe(0);
    world.nowMs += grantLifetimeMs / 2;
    expect(world.initialize(late).ok).toBe(true);
    await world.settle();
    expect([...world.partitions.values()]).toMatchObject([{ closedAtMs: late.expiresAtMs + clockMarginMs }]);
    expect(world.count('topic')).toBe(0);
    world.purgeClosedPartitions();
    expect(codeOf(world.initialize(late))).not.toBe('ok');
  });

  it('[I-8c] tells a partition of its end again until nothing is left of it, since its own alarm may be lost', async () => {
    const world = new CatalogWorld();
    world.purgeMs = 3 * purgeCheckMs;
    const { topicId } = expectOk(await world.catalog.createTopic(cluster, { topic: 'orders' }));
    const grant = expectOk(await world.catalog.grantPartition(cluster, topicId, 0));
    world.initialize(grant);
    expectOk(await world.catalog.deleteTopic(cluster, 'orders'));
    const closedAtMs = world.nowMs;
    const callsAtMs: number[] = [];
    while (await world.runNextAlarm()) callsAtMs.push(world.nowMs - closedAtMs);
    const finalMs = grant.expiresAtMs + clockMarginMs - closedAtMs;
    expect(callsAtMs).toEqual([0, finalMs, ...[1, 2, 3].map((check) => finalMs + check * purgeCheckMs)]);
    expect([world.count('topic'), world.count('granted_partition'), world.count('outbox')]).toEqual([0, 0, 0]);
  });

  it('goes on when its own alarm was lost, at the next sweep', async () => {
    const world = new CatalogWorld();
    const { topicId } = expectOk(await world.catalog.createTopic(cluster, { topic: 'orders' }));
    world.initialize(expectOk(await world.catalog.grantPartition(cluster, topicId, 0)));
    expectOk(await world.catalog.deleteTopic(cluster, 'orders'));
    world.alarm.take();
    expect(expectOk(await world.catalog.takeOverduePartitions(cluster))).toEqual({ partitions: [] });
    await world.settle();
    expect([world.count('topic'), world.count('outbox')]).toEqual([0, 0]);
  });

  it('arms the alarm at the next start when a crash came between the rows and the alarm', async () => {
    const world = new CatalogWorld();
    const { topicId } = expectOk(await world.catalog.createTopic(cluster, { topic: 'orders' }));
    world.initialize(expectOk(await world.catalog.grantPartition(cluster, topicId, 0)));
    expectOk(await world.catalog.deleteTopic(cluster, 'orders'));
    world.alarm.take();
    await world.restart();
    await world.settle();
    expect([...world.partitions.values()].every((partition) => partition.closedAtMs !== null)).toBe(true);
    expect(world.count('outbox')).toBe(0);
  });

  it('waits longer and longer for a partition out of reach, an hour at most', async () => {
    const world = new CatalogWorld();
    const { topicId } = expectOk(await world.catalog.createTopic(cluster, { topic: 'orders' }));
    expectOk(await world.catalog.grantPartition(cluster, topicId, 0));
    expectOk(await world.catalog.deleteTopic(cluster, 'orders'));
    world.fault = 'unreachable';
    const waits: number[] = [];
    for (let run = 0; run < 16; run += 1) {
      const before = world.nowMs;
      await world.runNextAlarm();
      waits.push(world.nowMs - before);
    }
    expect(waits.slice(0, 5)).toEqual([0, 1_000, 2_000, 4_000, 8_000]);
    expect(waits.at(-1)).toBe(3_600_000);
  });

  it('does not throw out of the alarm, and tries again later, when the object itself fails', async () => {
    const world = new CatalogWorld();
    const { topicId } = expectOk(await world.catalog.createTopic(cluster, { topic: 'orders' }));
    expectOk(await world.catalog.grantPartition(cluster, topicId, 0));
    expectOk(await world.catalog.deleteTopic(cluster, 'orders'));
    world.alarm.take();
    world.sql.run('ALTER TABLE outbox RENAME TO hidden');
    await world.catalog.runAlarm();
    expect(world.errors).toHaveLength(1);
    expect(world.alarm.atMs).toBeGreaterThan(world.nowMs);
    world.sql.run('ALTER TABLE hidden RENAME TO outbox');
    await world.settle();
    expect(world.count('topic')).toBe(0);
  });
});

describe('producer ids', () => {
  it('are never given twice, also after a crash, and cost one row a thousand', async () => {
    const world = new CatalogWorld();
    const given = new Set<number>();
    for (let index = 0; index < 2_500; index += 1) {
      if (index === 700) await world.restart();
      const { producerId, producerEpoch } = expectOk(await world.catalog.allocateProducerId(cluster));
      expect(producerEpoch).toBe(0);
      given.add(producerId);
    }
    expect(given.size).toBe(2_500);
    expect([...given].slice(698, 702)).toEqual([698, 699, 1_000, 1_001]);
    const [row] = world.sql.query<{ next: number }>('SELECT next_producer_id AS next FROM cluster');
    expect(row?.next).toBe(3 * producerIdBlockSize);
  });
});

describe('partition reports', () => {
  const figures = {
    logStartOffset: 1,
    highWatermark: 9,
    localBytes: 100,
    remoteBytes: 50,
    segmentCount: 2,
    maxTimestampMs: 5,
    upkeep: { nextDueMs: 77, compaction: null, damaged: [] },
  };

  it('are shown when asked for, the newest of each granted partition', async () => {
    const world = new CatalogWorld();
    const { catalog } = world;
    const { topicId } = expectOk(await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 3 }));
    for (const partition of [2, 0, 1]) expectOk(await catalog.grantPartition(cluster, topicId, partition));
    expectOk(
      await catalog.reportPartitions(cluster, [
        { ...figures, topicId, partition: 2, highWatermark: 3 },
        { ...figures, topicId, partition: 2 },
        { ...figures, topicId, partition: 0 },
        { ...figures, topicId: 'gone', partition: 0 },
        { ...figures, topicId, partition: 700 },
      ]),
    );
    const described = expectOk(await catalog.describeTopic(cluster, 'orders', 'partitions'));
    expect(described.partitionStatuses).toEqual([
      { ...figures, partition: 0, reportedAtMs: world.nowMs },
      { ...figures, partition: 2, reportedAtMs: world.nowMs },
    ]);
    expect(expectOk(await catalog.describeTopic(cluster, 'orders')).partitionStatuses).toBeUndefined();
  });

  it('are bounded a call', async () => {
    const world = new CatalogWorld();
    expectOk(await world.catalog.createTopic(cluster, { topic: 'orders' }));
    const reports = Array.from({ length: 1_001 }, (_, partition) => ({ ...figures, topicId: 'x', partition }));
    expect(codeOf(await world.catalog.reportPartitions(cluster, reports))).toBe('INVALID_REQUEST');
  });
});
