import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/errors/result.ts';
import type { ClassicCommand } from '../../src/groups/classic/classic-rpc.ts';
import type { GroupRef } from '../../src/groups/group-ref.ts';
import type { HeartbeatRequest } from '../../src/groups/group-rpc.ts';
import { GroupService } from '../../src/groups/group-service.ts';
import { subscriptionOf } from '../../src/groups/member-wish.ts';
import { DurableSqlStore } from '../../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../../src/platform/cloudflare/env.ts';
import { DurableObjectDirectory, groupName } from '../../src/platform/cloudflare/object-directory.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';

const bindings = env as unknown as Env;
const directory = new DurableObjectDirectory(bindings);
const cluster = localCluster;
const catalog = directory.catalog(cluster);

function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

let created = 0;

/** A topic and a group that no other test uses. */
async function freshGroup(partitionCount: number): Promise<{ ref: GroupRef; topic: string }> {
  const name = `group-test-${++created}`;
  expectOk(await catalog.createTopic(cluster, { topic: name, partitionCount }));
  return { ref: { ...cluster, groupId: `${name} / ünïcode` }, topic: name };
}

const beatOf = (ref: GroupRef, topic: string, more: Partial<HeartbeatRequest>): HeartbeatRequest => ({
  ref,
  memberId: 'm',
  memberEpoch: 0,
  instanceId: null,
  wish: {
    subscription: subscriptionOf([topic], null),
    assignor: null,
    sessionTimeoutMs: 45_000,
    rebalanceTimeoutMs: 60_000,
  },
  clientId: '',
  relay: null,
  commits: [],
  mayRejoin: false,
  ...more,
});

describe("a group's object", () => {
  it('has its members and offsets after an eviction, and answers a lost call the same again', async () => {
    const { ref, topic } = await freshGroup(2);
    const group = directory.group(ref);
    const joined = expectOk(await group.heartbeat(beatOf(ref, topic, {})));
    const commit = { topic, partition: 1, offset: 7, metadata: 'note', leaderEpoch: 0 };
    const { memberEpoch } = joined;
    expectOk(await group.heartbeat(beatOf(ref, topic, { memberEpoch, commits: [commit] })));
    await evictDurableObject(bindings.GROUP.getByName(groupName(ref)));
    const again = expectOk(
      await directory.group(ref).heartbeat(beatOf(ref, topic, { memberEpoch, commits: [commit] })),
    );
    expect(again.memberEpoch).toBe(memberEpoch);
    expect(again.assigned.map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, null],
      [1, 7],
    ]);
    const { groups } = expectOk(
      await catalog.listGroups(cluster, { kind: 'consumer', prefix: ref.groupId, limit: 10, after: null }),
    );
    expect(groups.map(({ groupId }) => groupId)).toEqual([ref.groupId]);
  });

  it('refuses a group that is not its own, and stores nothing for it', async () => {
    const { ref, topic } = await freshGroup(1);
    const wrong = bindings.GROUP.getByName(groupName({ ...ref, groupId: 'another' }));
    const refused = await (wrong as unknown as ReturnType<typeof directory.group>).heartbeat(beatOf(ref, topic, {}));
    expect(refused).toMatchObject({ error: { code: 'WRONG_OBJECT' } });
    const tables = await runInDurableObject(wrong, (_object, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it('tells who waits as soon as the other has left', async () => {
    const { ref, topic } = await freshGroup(2);
    const group = directory.group(ref);
    const first = expectOk(await group.heartbeat(beatOf(ref, topic, { memberId: 'a' })));
    const second = expectOk(await group.heartbeat(beatOf(ref, topic, { memberId: 'b' })));
    expect(second.assigned).toEqual([]);
    const claim = { memberId: 'b', memberEpoch: second.memberEpoch, instanceId: null };
    const news = directory.group(ref).awaitNews(ref, claim, 20_000);
    const leaver = { memberId: 'a', memberEpoch: first.memberEpoch, instanceId: null };
    expectOk(await directory.group(ref).leave({ ref, claim: leaver, commits: [], isAway: false }));
    expect(expectOk(await news)).toEqual({ hasNews: true });
    const { assigned } = expectOk(
      await directory.group(ref).heartbeat(beatOf(ref, topic, { memberId: 'b', memberEpoch: second.memberEpoch })),
    );
    expect(assigned).toHaveLength(2);
  });

  it('has its members of the classic protocol after an eviction, with what their leader gave them', async () => {
    const { ref } = await freshGroup(1);
    const timing = { sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 60_000 };
    const bytes = new TextEncoder().encode('between clients');
    const who = { memberId: 'm', isNew: true, isIdFirst: false, instanceId: null, clientId: '', ...timing };
    const protocols = [{ name: 'range', metadata: bytes }];
    const join = { ...who, protocolType: 'consumer', protocols, maySkipAssignment: false };
    // It waits for others that might start together with it.
    const joined = await directory.group(ref).callClassic({ ref, command: { kind: 'join', join, waitMs: 10_000 } });
    expect(joined).toMatchObject({
      value: { kind: 'joined', reply: { generationId: 1, members: [{ metadata: bytes }] } },
    });
    const claim = { memberId: 'm', instanceId: null, generationId: 1 };
    const assignments = [{ memberId: 'm', assignment: bytes }];
    const command = {
      kind: 'sync',
      sync: { ...claim, protocolType: null, protocolName: null, assignments },
      waitMs: 0,
    } as const;
    expectOk(await directory.group(ref).callClassic({ ref, command }));
    await evictDurableObject(bindings.GROUP.getByName(groupName(ref)));
    const again = await directory
      .group(ref)
      .callClassic({ ref, command: { ...command, sync: { ...command.sync, assignments: [] } } });
    expect(again).toMatchObject({ value: { kind: 'synced', reply: { protocolName: 'range', assignment: bytes } } });
    const beaten = await directory.group(ref).callClassic({ ref, command: { kind: 'heartbeat', claim } });
    expect(beaten).toEqual({ ok: true, value: { kind: 'heard' } });
  });

  it('is deleted with all its storage', async () => {
    const { ref, topic } = await freshGroup(1);
    const group = directory.group(ref);
    const { memberEpoch } = expectOk(await group.heartbeat(beatOf(ref, topic, {})));
    const claim = { memberId: 'm', memberEpoch, instanceId: null };
    expectOk(await group.leave({ ref, claim, commits: [], isAway: false }));
    expectOk(await group.deleteGroup(ref));
    expect(await directory.group(ref).describe(ref)).toMatchObject({ error: { code: 'GROUP_ID_NOT_FOUND' } });
    expectOk(await directory.group(ref).heartbeat(beatOf(ref, topic, {})));
  });
});

describe('rows written by a group', () => {
  it('are as many as partitions are committed, and none for a heartbeat', async () => {
    const { ref, topic } = await freshGroup(8);
    const stub = bindings.GROUP.get(bindings.GROUP.newUniqueId());
    await runInDurableObject(stub, async (_object, state) => {
      const sql = new DurableSqlStore(state.storage);
      const armed: number[] = [];
      const service = new GroupService({
        sql,
        alarm: { armBy: async (atMs) => void armed.push(atMs) },
        clock: { nowMs: () => 1_790_000_000_000 },
        catalog: () => directory.catalog(cluster),
        relay: () => expect.unreachable(),
        isOwn: () => true,
        pause: () => new Promise(() => {}),
        reportError: (error) => expect.unreachable(String(error)),
      });
      const { memberEpoch } = expectOk(await service.heartbeat(beatOf(ref, topic, {})));
      const rowsOf = async (work: () => Promise<unknown>): Promise<number> => {
        const before = sql.billedRows().written;
        await work();
        return sql.billedRows().written - before;
      };
      const armedBefore = armed.length;
      const commitsUpTo = (partitions: number, offset: number) =>
        Array.from({ length: partitions }, (_, partition) => ({
          topic,
          partition,
          offset,
          metadata: '',
          leaderEpoch: -1,
        }));
      const beat = (commits: ReturnType<typeof commitsUpTo>) => async () =>
        expectOk(await service.heartbeat(beatOf(ref, topic, { memberEpoch, commits })));
      const heartbeat = await rowsOf(beat([]));
      const ofEight = await rowsOf(beat(commitsUpTo(8, 1)));
      const ofThree = await rowsOf(beat(commitsUpTo(3, 2)));
      // The same again, as a repeated call brings it.
      const again = await rowsOf(beat(commitsUpTo(3, 2)));
      expect([heartbeat, ofEight, ofThree, again]).toEqual([0, 8, 3, 0]);
      console.log(
        `rows written: ${ofEight} by a commit of 8 partitions, ${ofThree} by one of 3, ` +
          `${heartbeat} by a heartbeat, ${again} by the same commit again`,
      );
      const claim = { memberId: 'm', memberEpoch, instanceId: null };
      expect(await rowsOf(() => service.commit({ ref, claim, commits: commitsUpTo(2, 3) }))).toBe(2);
      expect(await rowsOf(() => service.describe(ref))).toBe(0);
      // Nor is the alarm set anew, which is billed as a row.
      expect(armed.length).toBe(armedBefore);
    });
  });

  it('are a few for a generation of the classic protocol, and none for a heartbeat', async () => {
    const { ref, topic } = await freshGroup(8);
    const stub = bindings.GROUP.get(bindings.GROUP.newUniqueId());
    await runInDurableObject(stub, async (_object, state) => {
      const sql = new DurableSqlStore(state.storage);
      let nowMs = 1_790_000_000_000;
      const service = new GroupService({
        sql,
        alarm: { armBy: async () => {} },
        clock: { nowMs: () => nowMs },
        catalog: () => directory.catalog(cluster),
        relay: () => expect.unreachable(),
        isOwn: () => true,
        pause: async (ms) => {
          nowMs += ms;
        },
        reportError: (error) => expect.unreachable(String(error)),
      });
      const call = async (command: ClassicCommand) => expectOk(await service.callClassic({ ref, command }));
      const rowsOf = async (command: ClassicCommand): Promise<number> => {
        const before = sql.billedRows().written;
        await call(command);
        return sql.billedRows().written - before;
      };
      const bytes = new Uint8Array(100);
      const timing = { sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 60_000 };
      const who = { memberId: 'm', isNew: true, isIdFirst: false, instanceId: null, clientId: '', ...timing };
      const protocols = [{ name: 'range', metadata: bytes }];
      const join = { ...who, protocolType: 'connect', protocols, maySkipAssignment: false };
      await call({ kind: 'join', join, waitMs: 1_000 });
      const claim = { memberId: 'm', instanceId: null, generationId: 1 };
      const assignments = [{ memberId: 'm', assignment: bytes }];
      const sync = { ...claim, protocolType: null, protocolName: null, assignments };
      const first = await rowsOf({ kind: 'sync', sync, waitMs: 0 });
      const heartbeat = await rowsOf({ kind: 'heartbeat', claim });
      const commits = [0, 1, 2].map((partition) => ({ topic, partition, offset: 1, metadata: '', leaderEpoch: -1 }));
      await call({ kind: 'commit', claim, commits });
      const commit = await rowsOf({ kind: 'commit', claim, commits });
      // The leader joins again and assigns the same: the group's own row alone says so.
      const again = await rowsOf({ kind: 'join', join: { ...join, isNew: false }, waitMs: 1_000 });
      const same = await rowsOf({ kind: 'sync', sync: { ...sync, generationId: 2 }, waitMs: 0 });
      expect([first, heartbeat, commit, again, same]).toEqual([2, 0, 3, 1, 1]);
    });
  });
});
