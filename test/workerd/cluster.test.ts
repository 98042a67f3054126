import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import type { Result } from '../../src/errors/result.ts';
import type { PartitionGrant } from '../../src/log/partition-rpc.ts';
import { DurableSqlStore } from '../../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../../src/platform/cloudflare/env.ts';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';
import { DurableObjectDirectory } from '../../src/platform/cloudflare/object-directory.ts';
import type { CatalogRpc, ClusterRef } from '../../src/topics/catalog-rpc.ts';
import { CatalogService } from '../../src/topics/catalog-service.ts';
import { clusterObjectName } from '../../src/topics/cluster-object-name.ts';
import { webhookPorts } from '../support/webhook-ports.ts';

const bindings = env as unknown as Env;
const directory = new DurableObjectDirectory(bindings);

/** The cluster of the test that runs. */
let cluster: ClusterRef = { orgId: 'org', clusterId: 'none' };

/** A cluster that no other test uses. */
function freshCluster(): { stub: DurableObjectStub; catalog: CatalogRpc } {
  cluster = { orgId: 'org', clusterId: crypto.randomUUID() };
  const stub = bindings.CLUSTER.getByName(clusterObjectName(cluster));
  return { stub, catalog: stub as unknown as CatalogRpc };
}

function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

function tableNames(stub: DurableObjectStub): Promise<string[]> {
  return runInDurableObject(stub, (_instance, state) =>
    state.storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\'")
      .toArray()
      .map((row) => row.name),
  );
}

async function createWithPartition(catalog: CatalogRpc, topic: string): Promise<PartitionGrant> {
  const { topicId } = expectOk(await catalog.createTopic(cluster, { topic, partitionCount: 2 }));
  const grant = expectOk(await catalog.grantPartition(cluster, topicId, 1));
  expectOk(await directory.partition(grant.ref).initialize(grant));
  return grant;
}

describe("the cluster's object", () => {
  it('[I-0a] has no table before its first write, whatever is read', async () => {
    const { stub, catalog } = freshCluster();
    expectOk(await catalog.listTopics(cluster, { prefix: '', limit: 10, after: null }));
    expect(await catalog.describeTopic(cluster, 'orders')).toMatchObject({
      error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' },
    });
    expect(await catalog.createTopic({ orgId: 'local', clusterId: 'x' }, { topic: 'orders' })).toMatchObject({
      error: { code: 'WRONG_OBJECT' },
    });
    expect(await tableNames(stub)).toEqual([]);
  });

  it('answers failures as values with their detail', async () => {
    const { catalog } = freshCluster();
    expect(await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 1_001 })).toEqual({
      ok: false,
      error: {
        code: 'INVALID_PARTITIONS',
        message: 'A topic has from 1 to 1000 partitions, not 1001.',
        detail: { min: 1, max: 1_000 },
      },
    });
  });

  it('has its topics after an eviction, and never gives a producer id twice', async () => {
    const { stub, catalog } = freshCluster();
    const created = expectOk(await catalog.createTopic(cluster, { topic: 'orders', config: { 'retention.ms': '9' } }));
    const first = expectOk(await catalog.allocateProducerId(cluster));
    await evictDurableObject(stub);
    expect(expectOk(await catalog.describeTopic(cluster, 'orders'))).toEqual(created);
    expect(expectOk(await catalog.allocateProducerId(cluster)).producerId).toBeGreaterThan(first.producerId);
  });

  it('issues grants that a partition believes, and that nobody can change', async () => {
    const { catalog } = freshCluster();
    const { topicId } = expectOk(await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 2 }));
    const grant = expectOk(await catalog.grantPartition(cluster, topicId, 1));
    const partition = directory.partition(grant.ref);
    expect(await partition.initialize({ ...grant, topic: 'other' })).toMatchObject({ error: { code: 'WRONG_OBJECT' } });
    expect(await partition.describe(grant.ref, 1)).toMatchObject({ error: { code: 'GRANT_REQUIRED' } });
    expect(expectOk(await partition.initialize(grant))).toMatchObject({ partition: 1, highWatermark: 0 });
  });

  it('tells a partition its new config by alarm', async () => {
    const { catalog } = freshCluster();
    const { ref } = await createWithPartition(catalog, 'orders');
    const partition = directory.partition(ref);
    expect(await partition.describe(ref, 2)).toMatchObject({ error: { code: 'GRANT_REQUIRED' } });
    expectOk(await catalog.alterTopic(cluster, { topic: 'orders', config: { 'segment.ms': '60000' } }));
    await vi.waitFor(async () => expectOk(await partition.describe(ref, 2)), { timeout: 10_000 });
  });

  it('[I-8a] closes the partitions of a deleted topic by alarm', async () => {
    const { catalog } = freshCluster();
    const grant = await createWithPartition(catalog, 'orders');
    const partition = directory.partition(grant.ref);
    expectOk(await catalog.deleteTopic(cluster, 'orders'));
    await vi.waitFor(
      async () => expect(await partition.describe(grant.ref, 1)).toMatchObject({ error: { code: 'UNKNOWN_TOPIC_ID' } }),
      { timeout: 10_000 },
    );
    expect(await partition.initialize(grant)).toMatchObject({ ok: false });
    expect(await catalog.grantPartition(cluster, grant.ref.topicId, 1)).toMatchObject({
      error: { code: 'UNKNOWN_TOPIC_ID' },
    });
  });
});

describe('rows written by the catalog', () => {
  it('are as few as docs/storage.md says', () =>
    runInDurableObject(freshCluster().stub, async (_instance, state) => {
      const sql = new DurableSqlStore(state.storage);
      const catalog = new CatalogService({
        sql,
        alarm: { armBy: () => Promise.resolve() },
        clock: { nowMs: () => 1_000 },
        signer: new HmacSigner('secret'),
        operatorCaps: {},
        webhooks: webhookPorts(),
        newTopicId: () => crypto.randomUUID(),
        isOwn: () => true,
        partition: (ref) => directory.partition(ref),
        reportError: (error) => expect.unreachable(String(error)),
      });
      const rowsWrittenBy = async <T>(work: () => Promise<Result<T>>): Promise<{ rows: number; value: T }> => {
        const before = sql.billedRows().written;
        const value = expectOk(await work());
        return { rows: sql.billedRows().written - before, value };
      };
      await catalog.createTopic(cluster, { topic: 'first' });
      const created = await rowsWrittenBy(() => catalog.createTopic(cluster, { topic: 'orders', partitionCount: 9 }));
      expect(created.rows).toBe(3);
      for (let partition = 0; partition < 9; partition += 1) {
        const grant = await rowsWrittenBy(() => catalog.grantPartition(cluster, created.value.topicId, partition));
        expect(grant.rows).toBe(1);
      }
      const config = { 'retention.ms': '5' };
      expect((await rowsWrittenBy(() => catalog.alterTopic(cluster, { topic: 'orders', config }))).rows).toBe(
        1 + 2 * 9,
      );
      const ids = await rowsWrittenBy(async () => {
        for (let count = 1; count < 1_000; count += 1) expectOk(await catalog.allocateProducerId(cluster));
        return catalog.allocateProducerId(cluster);
      });
      expect(ids.rows).toBe(1);
      const { rows } = await rowsWrittenBy(() => catalog.describeTopic(cluster, 'orders', 'partitions'));
      expect(rows).toBe(0);
    }));
});
