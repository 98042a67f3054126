import { describe, expect, test } from 'vitest';
import type { MetricSeries } from '../../src/history/metric-series.ts';
import type { HistoryCommand, HistoryReply, HistorySubject } from '../../src/topics/history-command.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import { unwrap } from '../support/partition-harness.ts';
import { CatalogWorld } from './catalog-world.ts';

const minuteMs = 60_000;

const description = {
  logStartOffset: 0,
  highWatermark: 0,
  segmentCount: 1,
  maxTimestampMs: -1,
  upkeep: { nextDueMs: null, compaction: null, damaged: [] },
};

class HistoryWorld extends CatalogWorld {
  #written = new Map<string, number>();

  async call<Kind extends HistoryReply['kind']>(command: HistoryCommand, kind: Kind) {
    const reply = unwrap(await this.catalog.callHistory(localCluster, command));
    expect(reply.kind).toBe(kind);
    return reply as Extract<HistoryReply, { kind: Kind }>;
  }

  async topic(topic: string, partitions = 1): Promise<string> {
    const { topicId } = unwrap(await this.catalog.createTopic(localCluster, { topic, partitionCount: partitions }));
    for (let partition = 0; partition < partitions; partition += 1) {
      unwrap(await this.catalog.grantPartition(localCluster, topicId, partition));
    }
    return topicId;
  }

  /** A partition wrote so many records of 100 bytes, keeps so many bytes, and says so. */
  async write(topicId: string, records: number, { partition = 0, localBytes = 0 } = {}): Promise<void> {
    const key = `${topicId}/${partition}`;
    const recordsIn = (this.#written.get(key) ?? 0) + records;
    this.#written.set(key, recordsIn);
    const written = { sinceMs: 1, recordsIn, bytesIn: recordsIn * 100 };
    const report = { ...description, topicId, partition, localBytes, remoteBytes: 0, written };
    unwrap(await this.catalog.reportPartitions(localCluster, [report]));
  }

  rollUp = () => this.call({ kind: 'rollUp' }, 'rolledUp');

  async read(subject: HistorySubject, stepMs = minuteMs): Promise<MetricSeries> {
    const window = { fromMs: 0, toMs: this.nowMs + minuteMs, stepMs };
    return (await this.call({ kind: 'read', subject, ...window }, 'series')).series;
  }

  async records(subject: HistorySubject): Promise<number[]> {
    return (await this.read(subject)).flatMap(({ values }) => values.recordsIn ?? []);
  }
}

const orders: HistorySubject = { kind: 'topic', topic: 'orders' };
const cluster: HistorySubject = { kind: 'cluster' };

describe('the history of a cluster', () => {
  test('has what partitions told at once, and the same after every roll-up and restart', async () => {
    const world = new HistoryWorld();
    const [topicId, others] = [await world.topic('orders', 2), await world.topic('others')];
    await world.write(topicId, 5);
    await world.write(topicId, 7, { partition: 1, localBytes: 900 });
    world.nowMs += minuteMs;
    await world.write(topicId, 1);
    await world.write(others, 100, { localBytes: 50 });
    const look = async () => [await world.records(orders), await world.records(cluster)];
    expect(await look()).toEqual([
      [12, 1],
      [12, 101],
    ]);
    for (let again = 0; again < 3; again += 1) {
      await world.rollUp();
      await world.restart();
      expect(await look()).toEqual([
        [12, 1],
        [12, 101],
      ]);
      world.nowMs += minuteMs;
    }
    const stored = (await world.read(cluster)).at(-1)?.values;
    expect(stored).toMatchObject({ localBytes: 950 });
  });

  test('is not lost while nobody enters it, as far as a partition remembers, and enters it where it belongs', async () => {
    const world = new HistoryWorld();
    const topicId = await world.topic('orders');
    for (let minute = 0; minute < 20; minute += 1) {
      await world.write(topicId, 1);
      world.nowMs += minuteMs;
    }
    world.nowMs += 24 * 60 * minuteMs;
    await world.rollUp();
    expect(await world.records(orders)).toHaveLength(4 + 1);
    expect((await world.records(orders)).reduce((sum, count) => sum + count, 0)).toBe(20);
  });

  test('costs no row a report, and a row a topic that was written to with each roll-up', async () => {
    const world = new HistoryWorld();
    const topics = [await world.topic('a'), await world.topic('b'), await world.topic('c')];
    const changes = () => world.sql.query<{ changes: number }>('SELECT total_changes() AS changes')[0]!.changes;
    for (const topicId of topics) await world.write(topicId, 1);
    world.nowMs += minuteMs;
    const first = changes();
    await world.write(topics[0]!, 1);
    expect(changes() - first).toBe(1);
    world.nowMs += minuteMs;
    await world.rollUp();
    const second = changes();
    await world.rollUp();
    expect(changes() - second).toBe(0);
    world.nowMs += minuteMs;
    await world.write(topics[1]!, 1);
    world.nowMs += minuteMs;
    const third = changes();
    await world.rollUp();
    expect(changes() - third).toBe(2);
  });

  test('goes with its topic: another of the same name begins anew, and one that is gone is not there', async () => {
    const world = new HistoryWorld();
    await world.write(await world.topic('orders'), 5);
    world.nowMs += minuteMs;
    await world.rollUp();
    unwrap(await world.catalog.deleteTopic(localCluster, 'orders'));
    const window = { fromMs: 0, toMs: world.nowMs, stepMs: minuteMs };
    expect(await world.catalog.callHistory(localCluster, { kind: 'read', subject: orders, ...window })).toMatchObject({
      error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' },
    });
    await world.topic('orders');
    await world.rollUp();
    expect(await world.records(orders)).toEqual([]);
    expect(world.sql.query('SELECT subject FROM metric_series')).toEqual([{ subject: 'cluster' }]);
  });

  test('of a cluster that was never founded is empty, and asking founds nothing', async () => {
    const world = new HistoryWorld();
    expect(await world.read(cluster)).toEqual([]);
    expect((await world.rollUp()).groupIds).toEqual([]);
    expect(world.sql.query("SELECT name FROM sqlite_master WHERE type = 'table'")).toEqual([]);
    const other = { orgId: 'local', clusterId: 'other' };
    expect(await world.catalog.callHistory(other, { kind: 'rollUp' })).toMatchObject({
      error: { code: 'WRONG_OBJECT' },
    });
  });
});

describe('the lag of groups', () => {
  const billing: HistorySubject = { kind: 'group', groupId: 'billing' };

  async function worldWithGroups() {
    const world = new HistoryWorld();
    world.nowMs = 100 * 60 * minuteMs;
    unwrap(await world.catalog.registerGroup(localCluster, 'billing', 'consumer'));
    unwrap(await world.catalog.registerGroup(localCluster, 'idle', 'consumer'));
    unwrap(await world.catalog.registerGroup(localCluster, 'shared', 'share'));
    const member = { kind: 'consumer', protocol: 'consumer', state: 'stable', memberCount: 1 } as const;
    unwrap(await world.catalog.reportGroup(localCluster, { groupId: 'billing', ...member }));
    return world;
  }

  test('is measured every five minutes of groups with members, and every hour of others', async () => {
    const world = await worldWithGroups();
    const due: (readonly string[])[] = [];
    for (let sweep = 0; sweep < 13; sweep += 1) {
      const { groupIds } = await world.rollUp();
      due.push(groupIds);
      const lags = groupIds.map((groupId) => ({ groupId, lag: 100 - sweep, lagMs: 1_000 }));
      await world.call({ kind: 'recordLags', lags }, 'recorded');
      world.nowMs += 5 * minuteMs;
    }
    expect(due[0]).toEqual(['billing', 'idle']);
    expect(due.slice(1, 12)).toEqual(Array.from({ length: 11 }, () => ['billing']));
    expect(due[12]).toEqual(['idle', 'billing']);
    expect((await world.read(billing)).map(({ values }) => values.lag)).toEqual(
      Array.from({ length: 13 }, (_, sweep) => 100 - sweep),
    );
  });

  test('is unknown where it could not be measured, which is tried again with its turn', async () => {
    const world = await worldWithGroups();
    await world.call({ kind: 'recordLags', lags: [{ groupId: 'billing', lag: 5, lagMs: 9 }] }, 'recorded');
    world.nowMs += 5 * minuteMs;
    await world.call({ kind: 'recordLags', lags: [{ groupId: 'billing', lag: null, lagMs: null }] }, 'recorded');
    expect((await world.read(billing)).map(({ values }) => values)).toEqual([{ lag: 5, lagMs: 9 }]);
    expect((await world.rollUp()).groupIds).toEqual(['idle']);
    expect((await world.call({ kind: 'readActivity', limit: 9 }, 'activity')).groups).toEqual([]);
  });

  test('goes with its group', async () => {
    const world = await worldWithGroups();
    await world.call({ kind: 'recordLags', lags: [{ groupId: 'gone', lag: 5, lagMs: 9 }] }, 'recorded');
    await world.call({ kind: 'recordLags', lags: [{ groupId: 'billing', lag: 5, lagMs: 9 }] }, 'recorded');
    unwrap(await world.catalog.unregisterGroup(localCluster, 'billing', 'consumer'));
    await world.rollUp();
    expect(world.sql.query('SELECT name FROM metric_series')).toEqual([]);
    const window = { fromMs: 0, toMs: world.nowMs, stepMs: minuteMs };
    expect(await world.catalog.callHistory(localCluster, { kind: 'read', subject: billing, ...window })).toMatchObject({
      error: { code: 'GROUP_ID_NOT_FOUND' },
    });
  });
});

test('what goes on now: the busiest topics first, and the groups that are furthest behind', async () => {
  const world = new HistoryWorld();
  const [quiet, busy] = [await world.topic('quiet'), await world.topic('busy')];
  await world.topic('unused');
  world.nowMs = 100 * minuteMs;
  await world.write(quiet, 3, { localBytes: 10_000 });
  world.nowMs = 102 * minuteMs;
  await world.write(busy, 300, { localBytes: 5 });
  world.nowMs += 60_000 + 15_000;
  await world.write(busy, 75, { localBytes: 6 });
  const members = { kind: 'consumer', protocol: 'consumer', state: 'stable', memberCount: 1 } as const;
  for (const groupId of ['near', 'far']) {
    unwrap(await world.catalog.reportGroup(localCluster, { groupId, ...members }));
    const lags = [{ groupId, lag: 7, lagMs: groupId === 'far' ? 900 : 3 }];
    await world.call({ kind: 'recordLags', lags }, 'recorded');
  }
  const { topics, groups } = await world.call({ kind: 'readActivity', limit: 10 }, 'activity');
  expect(topics).toEqual([
    { topic: 'busy', recordsPerSecond: 5, bytesPerSecond: 500, localBytes: 6, remoteBytes: 0 },
    { topic: 'quiet', recordsPerSecond: 0, bytesPerSecond: 0, localBytes: 10_000, remoteBytes: 0 },
  ]);
  expect(groups.map(({ groupId, lag, lagMs }) => [groupId, lag, lagMs])).toEqual([
    ['far', 7, 900],
    ['near', 7, 3],
  ]);
  const first = await world.call({ kind: 'readActivity', limit: 1 }, 'activity');
  expect([first.topics.length, first.groups.length]).toEqual([1, 1]);
});
