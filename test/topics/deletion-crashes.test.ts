import { describe, expect, it } from 'vitest';
import { partitionObjectName } from '../../src/log/partition-ref.ts';
import type { PartitionGrant } from '../../src/log/partition-rpc.ts';
import type { CatalogPorts } from '../../src/topics/catalog-service.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import { type CrashPoint, crashPoints, FailingCalls } from '../support/crash-points.ts';
import { CatalogWorld } from './catalog-world.ts';

/** Two waves of calls, so that a crash also falls between them. */
const grantedPartitions = 7;

/** More alarms than a deletion takes. */
const alarmsMax = 100;

const topic = 'orders';

type Scenario = { readonly world: CatalogWorld; readonly topicId: string; readonly late: PartitionGrant };

/** A topic whose partitions exist, but for one whose grant is still under way to it. */
async function topicInUse(): Promise<Scenario> {
  const world = new CatalogWorld();
  const created = await world.catalog.createTopic(localCluster, { topic, partitionCount: grantedPartitions + 1 });
  if (!created.ok) throw new Error(created.error.message);
  const { topicId } = created.value;
  const grant = async (partition: number): Promise<PartitionGrant> => {
    const granted = await world.catalog.grantPartition(localCluster, topicId, partition);
    if (!granted.ok) throw new Error(granted.error.message);
    return granted.value;
  };
  for (let partition = 0; partition < grantedPartitions; partition += 1) world.initialize(await grant(partition));
  return { world, topicId, late: await grant(grantedPartitions) };
}

function failingPorts(ports: CatalogPorts, failing: FailingCalls): CatalogPorts {
  return {
    ...ports,
    sql: failing.store(ports.sql),
    alarm: { armBy: (atMs) => failing.async('alarm', () => ports.alarm.armBy(atMs)) },
    partition: (ref) => {
      const control = ports.partition(ref);
      return {
        initialize: (grant) => failing.async('initialize', () => control.initialize(grant)),
        close: (closed) => failing.async('close', () => control.close(closed)),
      };
    },
  };
}

/** What must hold whatever was lost so far. */
function expectConsistent({ world, topicId }: Scenario): void {
  const [row] = world.sql.query<{ state: string }>('SELECT state FROM topic WHERE topic_id = ?', topicId);
  const isActive = row?.state === 'ACTIVE';
  const closed = [...world.partitions.values()].filter(({ closedAtMs }) => closedAtMs !== null);
  if (isActive) expect(closed, 'I-8a no partition ends before its topic does').toEqual([]);
  const known = world.sql.query<{ partition: number }>('SELECT partition FROM granted_partition');
  const partitions = new Set(known.map(({ partition }) => partition));
  for (const { ref, closedAtMs } of world.partitions.values()) {
    if (closedAtMs === null)
      expect(partitions, 'I-8c nobody is forgotten before it has ended').toContain(ref.partition);
  }
}

/** Deletes the topic in a life that fails where `point` says, until it is over or nothing is left to do. */
async function deleteFailing(scenario: Scenario, point: CrashPoint | null): Promise<FailingCalls> {
  const { world } = scenario;
  const failing = new FailingCalls(point, async () => expectConsistent(scenario));
  world.wrapPorts = (ports) => failingPorts(ports, failing);
  try {
    await world.restart();
    await world.catalog.deleteTopic(localCluster, topic);
    await runAlarms(scenario, () => failing.isDead);
  } catch (thrown) {
    if ((thrown as Error).name !== 'Crash') throw thrown;
  }
  world.wrapPorts = (ports) => ports;
  expectConsistent(scenario);
  return failing;
}

async function runAlarms(scenario: Scenario, isOver = () => false): Promise<void> {
  for (let alarm = 0; alarm < alarmsMax && !isOver(); alarm += 1) {
    if (!(await scenario.world.runNextAlarm())) return;
    // The grant that was under way arrives when partitions were told of the end already, and makes its partition.
    const { world, late } = scenario;
    if (world.count('outbox') > 0 && world.nowMs < late.expiresAtMs) world.initialize(late);
    expectConsistent(scenario);
  }
  if (!isOver()) throw new Error('the deletion does not come to an end');
}

/** The client asks again, since it got no answer, and the next life ends what was begun. */
async function expectDeleted(scenario: Scenario): Promise<void> {
  const { world, topicId, late } = scenario;
  await world.restart();
  await world.catalog.deleteTopic(localCluster, topic);
  expect(await world.catalog.describeTopic(localCluster, topic)).toMatchObject({ ok: false });
  const again = await world.catalog.createTopic(localCluster, { topic });
  expect(again, 'I-8b the name is free').toMatchObject({ ok: true });
  const successor = again.ok ? again.value.topicId : '';
  expect(successor).not.toBe(topicId);
  await runAlarms(scenario);
  const names = [...world.partitions.values()].filter(({ closedAtMs }) => closedAtMs === null);
  expect(names, 'I-8c I-8d every partition has ended, the late one too').toEqual([]);
  expect([...world.partitions.keys()], 'the late grant was used').toContain(partitionObjectName(late.ref));
  expect(world.sql.query('SELECT topic_id FROM topic')).toEqual([{ topic_id: successor }]);
  expect([world.count('granted_partition'), world.count('outbox')]).toEqual([0, 0]);
}

const { calls } = await deleteFailing(await topicInUse(), null);
const name = ({ at, side }: CrashPoint) => `${side} call ${at} (${calls[at - 1]})`;

describe("the catalog's part of a deletion survives a crash", () => {
  it('is seen to do what is interrupted below', () => {
    expect(calls.filter((call) => call === 'close').length).toBeGreaterThan(grantedPartitions);
    expect(new Set(calls)).toEqual(new Set(['alarm', 'transaction', 'close']));
  });

  it.each(crashPoints(calls.length, 'crash').map((point) => [name(point), point] as const))(
    '[I-8a I-8b I-8c I-8d] %s: no partition is forgotten, and the next life ends it',
    async (_, point) => {
      const scenario = await topicInUse();
      expect((await deleteFailing(scenario, point)).isDead).toBe(true);
      await expectDeleted(scenario);
    },
  );

  it.each(crashPoints(calls.length, 'error').map((point) => [name(point), point] as const))(
    '[I-8a I-8b I-8c I-8d] a call that fails %s, and may have taken effect, is made good',
    async (_, point) => {
      const scenario = await topicInUse();
      await deleteFailing(scenario, point);
      await expectDeleted(scenario);
    },
  );
});
