import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { ok, type Result } from '../../src/errors/result.ts';
import { defaultShareConfig } from '../../src/groups/share/share-config.ts';
import { ShareGroupService } from '../../src/groups/share/share-group-service.ts';
import type { ShareCall } from '../../src/groups/share/share-partition-rpc.ts';
import { SharePartitionService } from '../../src/groups/share/share-partition-service.ts';
import { sharePartitionObjectName } from '../../src/groups/share/share-ref.ts';
import type { AcknowledgeCommand, AcknowledgeType } from '../../src/groups/share/share-state.ts';
import { DurableSqlStore } from '../../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../../src/platform/cloudflare/env.ts';
import { DurableObjectDirectory } from '../../src/platform/cloudflare/object-directory.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';

const bindings = env as unknown as Env;
const directory = new DurableObjectDirectory(bindings);
const cluster = localCluster;
const catalog = directory.catalog(cluster);
const nowMs = 1_790_000_000_000;

function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

const entry = (from: number, to: number, lockId: string, type: AcknowledgeType): AcknowledgeCommand => ({
  from,
  to,
  lockId,
  type,
  delayMs: null,
});

/** The platform's own door. */
async function post<Answer>(path: string, body: object): Promise<Answer> {
  const { default: worker } = exports as unknown as { default: { fetch(request: Request): Promise<Response> } };
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await worker.fetch(new Request(`http://127.0.0.1${path}`, init));
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

type Acquired = { readonly records: readonly { readonly offset: number; readonly lock_id: string }[] };

describe("a share partition's object", () => {
  it('has its locks and what was decided after an eviction', async () => {
    const topic = 'shared-and-evicted';
    const { topicId } = expectOk(await catalog.createTopic(cluster, { topic, partitionCount: 1 }));
    await post(`/v1/topics/${topic}/records`, { records: [{ value: 1 }, { value: 2 }] });
    await post('/v1/share-groups', { group: 'evicted', start: 'earliest' });
    const acquire = () => post<Acquired>('/v1/share-groups/evicted/acquire', { topics: [topic] });
    const { records } = await acquire();
    expect(records.map(({ offset }) => offset)).toEqual([0, 1]);
    const ref = { ...cluster, groupId: 'evicted' };
    const { shareGroupId } = expectOk(await directory.shareGroup(ref).find(ref));
    const place = { ...ref, shareGroupId, topicId, partition: 0 };
    const evict = () => evictDurableObject(bindings.SHARE.getByName(sharePartitionObjectName(place)));
    await evict();
    expect((await acquire()).records).toEqual([]);
    const acknowledgements = records.map(({ offset, lock_id }) => ({
      topic,
      partition: 0,
      from: offset,
      lock_id,
      type: offset === 0 ? 'accept' : 'release',
    }));
    await post('/v1/share-groups/evicted/acknowledge', { acknowledgements });
    await evict();
    expect((await acquire()).records).toMatchObject([{ offset: 1, delivery_count: 2 }]);
    expect(expectOk(await directory.sharePartition(place).describe(place))).toMatchObject({
      startOffset: 1,
      accepted: 1,
    });
  });
});

describe('rows written by a share group', () => {
  it('are one a call that changes anything, however many records it is about, and none for one that does not', async () => {
    const stub = bindings.SHARE.get(bindings.SHARE.newUniqueId());
    await runInDurableObject(stub, async (_object, state) => {
      const sql = new DurableSqlStore(state.storage);
      let armedMs = Number.POSITIVE_INFINITY;
      let armedCount = 0;
      const ends = { logStartOffset: 0, highWatermark: 1_500 };
      const service = new SharePartitionService({
        sql,
        alarm: {
          armBy: async (atMs) => {
            if (atMs < armedMs) armedCount += 1;
            armedMs = Math.min(armedMs, atMs);
          },
        },
        clock: { nowMs: () => nowMs },
        isOwn: () => true,
        source: { ends: async () => ok(ends), offsetAt: () => expect.unreachable() },
        deadLetters: {
          target: () => expect.unreachable(),
          newProducer: () => expect.unreachable(),
          append: () => expect.unreachable(),
        },
        reportError: (error) => expect.unreachable(String(error)),
      });
      const ref = { ...cluster, groupId: 'counted', shareGroupId: 'founded', topicId: 'topic-id', partition: 0 };
      const config = { ...defaultShareConfig, start: 'earliest' as const };
      const call: ShareCall = { ref, topic: 'counted', config, configVersion: 1, isAdded: false };
      const rowsOf = async (work: () => Promise<Result<unknown>>): Promise<number> => {
        const before = sql.billedRows().written;
        expectOk(await work());
        return sql.billedRows().written - before;
      };
      const acquire = (lockId: string, maxRecords: number) => () =>
        service.acquire({ call, memberId: 'w', lockId, maxRecords });
      const acknowledge =
        (...entries: AcknowledgeCommand[]) =>
        () =>
          service.acknowledge(call, entries);
      expectOk(await service.open(call));
      // The first lock also sets the timer at which locks run out.
      expect(await rowsOf(acquire('a', 1_000))).toBe(2);
      const acquisition = await rowsOf(acquire('b', 500));
      // Nothing is left: an acquisition that comes to nothing, as of a worker that waits, costs nothing.
      const inVain = await rowsOf(acquire('c', 500));
      expect(await rowsOf(() => service.describe(ref))).toBe(0);
      const decision = await rowsOf(acknowledge(entry(0, 999, 'a', 'accept')));
      expect([acquisition, inVain, decision]).toEqual([1, 0, 1]);
      console.log(
        `rows written in a share group: ${acquisition} by an acquisition of 500 records, ${inVain} by one in vain, ` +
          `${decision} by a decision on 1,000`,
      );
      const single = Array.from({ length: 100 }, (_, index) => entry(1_000 + index, 1_000 + index, 'b', 'accept'));
      expect(await rowsOf(acknowledge(...single))).toBe(1);
      // Holes: every other record, so as many ranges as records.
      const holes = Array.from({ length: 100 }, (_, index) =>
        entry(1_100 + 2 * index, 1_100 + 2 * index, 'b', 'release'),
      );
      expect(await rowsOf(acknowledge(...holes))).toBe(1);
      // The same again, as a repeated call brings it, and one that is too late.
      expect(await rowsOf(acknowledge(...holes))).toBe(0);
      expect(await rowsOf(acknowledge(entry(0, 5, 'a', 'accept')))).toBe(0);
      // At the same moment a renewal says nothing new.
      expect(await rowsOf(acknowledge(entry(1_301, 1_301, 'b', 'renew')))).toBe(0);
      // Setting the alarm is billed as a row: that was done once, for the first lock.
      expect(armedCount).toBe(1);
      const stored = state.storage.sql.exec('SELECT count(*) AS count FROM share_state').one();
      expect(stored.count).toBe(1);
    });
  });

  it('are none for a heartbeat of a member that it knows', async () => {
    expectOk(await catalog.createTopic(cluster, { topic: 'heartbeats', partitionCount: 4 }));
    const stub = bindings.SHARE_GROUP.get(bindings.SHARE_GROUP.newUniqueId());
    await runInDurableObject(stub, async (_object, state) => {
      const sql = new DurableSqlStore(state.storage);
      const service = new ShareGroupService({
        sql,
        alarm: { armBy: async () => {} },
        clock: { nowMs: () => nowMs },
        catalog: () => directory.catalog(cluster),
        partition: () => expect.unreachable(),
        isOwn: () => true,
        newShareGroupId: () => 'founded',
        reportError: (error) => expect.unreachable(String(error)),
      });
      const ref = { ...cluster, groupId: 'heartbeats' };
      const beat = (memberId: string) => service.heartbeat({ ref, memberId, clientId: 'test', topics: ['heartbeats'] });
      expectOk(await beat('w1'));
      const before = sql.billedRows().written;
      for (const memberId of ['w1', 'w2', 'w3', 'w1']) expectOk(await beat(memberId));
      expectOk(await service.describe(ref));
      expect(sql.billedRows().written).toBe(before);
    });
  });
});
