import { expect, test } from 'vitest';
import type { Witness } from '../../src/log/witness.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import { unwrap } from '../support/partition-harness.ts';
import { CatalogWorld } from './catalog-world.ts';

const description = {
  partition: 0,
  logStartOffset: 0,
  highWatermark: 0,
  localBytes: 0,
  remoteBytes: 0,
  segmentCount: 1,
  maxTimestampMs: -1,
  upkeep: { nextDueMs: null, compaction: null, damaged: [] },
};

async function worldWithTopic() {
  const world = new CatalogWorld();
  const { topicId } = unwrap(await world.catalog.createTopic(localCluster, { topic: 'orders' }));
  unwrap(await world.catalog.grantPartition(localCluster, topicId, 0));
  const report = async (witness?: Witness) =>
    unwrap(await world.catalog.reportPartitions(localCluster, [{ ...description, topicId, witness }]));
  const kept = () => world.catalog.partitionWitness(localCluster, topicId, 0);
  return { world, topicId, report, kept };
}

test('[I-17a] the cluster keeps the latest witness of a partition, over restarts, late reports and reports without one', async () => {
  const { world, report, kept } = await worldWithTopic();
  expect(await kept()).toEqual({ ok: true, value: null });
  const witness = { leaderEpoch: 1, highWatermark: 70, lastBatchCrc: 0xffff_ffff };
  await report(witness);
  await report({ leaderEpoch: 1, highWatermark: 60, lastBatchCrc: 1 });
  await report({ leaderEpoch: 0, highWatermark: 900, lastBatchCrc: 2 });
  await report();
  await world.restart();
  expect(await kept()).toEqual({ ok: true, value: witness });
  const recovered = { leaderEpoch: 2, highWatermark: 40, lastBatchCrc: null };
  await report(recovered);
  expect(await kept()).toEqual({ ok: true, value: recovered });
});

test('a partition of a topic that is gone is told so, and no other cluster is answered', async () => {
  const { world, topicId, report, kept } = await worldWithTopic();
  await report({ leaderEpoch: 0, highWatermark: 7, lastBatchCrc: 1 });
  const other = { orgId: 'local', clusterId: 'other' };
  expect(await world.catalog.partitionWitness(other, topicId, 0)).toMatchObject({ error: { code: 'WRONG_OBJECT' } });
  unwrap(await world.catalog.deleteTopic(localCluster, 'orders'));
  expect(await kept()).toMatchObject({ error: { code: 'UNKNOWN_TOPIC_ID' } });
});

test('a partition that was granted and never reported has no witness', async () => {
  const { world, topicId } = await worldWithTopic();
  expect(await world.catalog.partitionWitness(localCluster, topicId, 5)).toEqual({ ok: true, value: null });
});
