import { beforeEach, describe, expect, it } from 'vitest';
import { failed, type Result } from '../../src/errors/result.ts';
import type { HeartbeatReply, HeartbeatRequest } from '../../src/groups/group-rpc.ts';
import { subscriptionOf } from '../../src/groups/member-wish.ts';
import type { MemberWish } from '../../src/groups/membership.ts';
import { MemoryGroups } from '../support/memory-groups.ts';
import { MemoryTopics } from '../support/memory-topics.ts';

const ref = { orgId: 'local', clusterId: 'local', groupId: 'billing' };
const sessionTimeoutMs = 45_000;
const dayMs = 24 * 60 * 60 * 1000;

let nowMs: number;
let topics: MemoryTopics;
let groups: MemoryGroups;

beforeEach(() => {
  nowMs = 1_790_000_000_000;
  topics = new MemoryTopics();
  topics.set('flights', 2);
  groups = new MemoryGroups({
    clock: { nowMs: () => nowMs },
    catalog: () => topics.catalog,
    pause: () => new Promise(() => {}),
  });
});

const service = () => groups.service(ref);

const wishFor = (names: readonly string[], pattern: string | null = null): MemberWish => ({
  subscription: subscriptionOf(names, pattern),
  assignor: null,
  sessionTimeoutMs,
  rebalanceTimeoutMs: 60_000,
});

const beat = (memberId: string, memberEpoch: number, more: Partial<HeartbeatRequest> = {}) =>
  service().heartbeat({
    ref,
    memberId,
    memberEpoch,
    instanceId: null,
    wish: memberEpoch === 0 ? wishFor(['flights']) : null,
    clientId: 'test',
    relay: null,
    commits: [],
    mayRejoin: false,
    ...more,
  });

function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

const join = async (memberId: string, more: Partial<HeartbeatRequest> = {}) => expectOk(await beat(memberId, 0, more));

const commitOf = (partition: number, offset: number, metadata = '') => ({
  topic: 'flights',
  partition,
  offset,
  metadata,
  leaderEpoch: -1,
});

const assignedOf = ({ assigned }: HeartbeatReply) => assigned.map(({ topic, partition }) => `${topic}/${partition}`);

const describeGroup = async () => expectOk(await service().describe(ref));

const memberIds = async () => (await describeGroup()).members.map(({ memberId }) => memberId);

async function pass(ms: number): Promise<void> {
  nowMs += ms;
  await groups.runAlarms();
}

describe('a group', () => {
  it('[I-0a] stores nothing before its first valid join or commit', async () => {
    const tables = () => groups.sql(ref).query("SELECT name FROM sqlite_master WHERE type = 'table'");
    expect(await beat('m', 5)).toMatchObject({ error: { code: 'GROUP_ID_NOT_FOUND' } });
    expect(await service().describe(ref)).toMatchObject({ error: { code: 'GROUP_ID_NOT_FOUND' } });
    expect(await service().deleteGroup(ref)).toMatchObject({ error: { code: 'GROUP_ID_NOT_FOUND' } });
    expect(await beat('m', 0, { wish: wishFor([]) })).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
    expect(await beat('m', 0, { wish: null })).toMatchObject({ error: { code: 'GROUP_ID_NOT_FOUND' } });
    expect(await beat('', 0)).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
    const another = { ...ref, groupId: 'another' };
    expect(await beat('m', 0, { ref: another })).toMatchObject({ error: { code: 'WRONG_OBJECT' } });
    expect(tables()).toEqual([]);
    expect(topics.groups.size).toBe(0);
    await join('m');
    expect([...topics.groups.keys()]).toEqual(['billing']);
  });

  it('tells the cluster how it stands, once a burst of changes is over', async () => {
    await join('a');
    await join('b');
    expect(topics.groups.get('billing')).toMatchObject({ state: 'empty', memberCount: 0 });
    await pass(1_000);
    expect(topics.groups.get('billing')).toMatchObject({ state: 'reconciling', memberCount: 2 });
  });

  it.each(['', 'x'.repeat(250), 'with\nbreak', '__own'])('refuses the id %j', async (groupId) => {
    const own = new MemoryGroups({ clock: { nowMs: () => nowMs }, catalog: () => topics.catalog });
    const named = { ...ref, groupId };
    const request = { ref: named, memberId: 'm', memberEpoch: 0, instanceId: null, clientId: '', relay: null };
    const joined = await own
      .service(named)
      .heartbeat({ ...request, wish: wishFor(['flights']), commits: [], mayRejoin: false });
    expect(joined).toMatchObject({ error: { code: 'INVALID_GROUP_ID' } });
  });

  it('is deleted with all it stored, but not under running members', async () => {
    const { memberEpoch } = await join('m');
    expect(await service().deleteGroup(ref)).toMatchObject({ error: { code: 'NON_EMPTY_GROUP' } });
    const claim = { memberId: 'm', memberEpoch, instanceId: null };
    expectOk(await service().leave({ ref, claim, commits: [commitOf(0, 3)], isAway: false }));
    expect((await describeGroup()).offsets).toHaveLength(1);
    expectOk(await service().deleteGroup(ref));
    expect(topics.groups.size).toBe(0);
    groups.restart(ref);
    expect(await service().describe(ref)).toMatchObject({ error: { code: 'GROUP_ID_NOT_FOUND' } });
    expect(assignedOf(await join('m'))).toHaveLength(2);
  });
});

describe('sessions', () => {
  it('end although an alarm was lost: whoever calls sets it going again', async () => {
    await join('dead');
    const { memberEpoch } = await join('alive');
    groups.alarm(ref).take();
    nowMs += 40_000;
    expectOk(await beat('alive', memberEpoch));
    nowMs += 15_000;
    expectOk(await beat('alive', memberEpoch));
    await pass(0);
    expect(await memberIds()).toEqual(['alive']);
  });

  it('end members that fall silent, and nobody else', async () => {
    await join('silent');
    const { memberEpoch } = await join('loud');
    for (let passed = 0; passed < sessionTimeoutMs; passed += 15_000) {
      await pass(15_000);
      expectOk(await beat('loud', memberEpoch));
    }
    expect(await memberIds()).toEqual(['loud']);
    const { memberEpoch: next, assigned } = expectOk(await beat('loud', memberEpoch));
    expect(next).toBeGreaterThan(memberEpoch);
    expect(assigned).toHaveLength(2);
  });

  it('begin anew when the object comes back into memory, and end all the same when nobody comes', async () => {
    const { memberEpoch } = await join('m');
    await pass(sessionTimeoutMs - 1);
    groups.restart(ref);
    await pass(1);
    expect(await memberIds()).toEqual(['m']);
    expectOk(await beat('m', memberEpoch));
    // From here on only the alarm brings the object back, time after time.
    for (let life = 0; life < 4; life++) {
      groups.restart(ref);
      await pass(sessionTimeoutMs);
    }
    expect(await memberIds()).toEqual([]);
  });

  it('of a member that keeps what it is to give back end with its rebalance timeout', async () => {
    const { memberEpoch } = await join('keeper', { wish: { ...wishFor(['flights']), rebalanceTimeoutMs: 60_000 } });
    await join('waiting');
    const told = expectOk(await beat('keeper', memberEpoch));
    expect(told.revoked).toHaveLength(1);
    for (let passed = 0; passed < 60_000; passed += 10_000) {
      await pass(10_000);
      // It repeats the call whose answer it claims to have lost, and so never confirms.
      await beat('keeper', memberEpoch);
      await beat('waiting', 2);
    }
    expect(await memberIds()).toEqual(['waiting']);
  });
});

describe('a member that is not known any more', () => {
  it('joins again at once when it asks for it, without its commits', async () => {
    const { memberEpoch } = await join('m');
    await pass(sessionTimeoutMs);
    const call = { wish: wishFor(['flights']), commits: [commitOf(0, 7)] };
    expect(await beat('m', memberEpoch, call)).toMatchObject({ error: { code: 'UNKNOWN_MEMBER_ID' } });
    const again = expectOk(await beat('m', memberEpoch, { ...call, mayRejoin: true }));
    expect(again).toMatchObject({ rejoinedAfter: { code: 'UNKNOWN_MEMBER_ID' } });
    expect(again.refused).toMatchObject([{ failure: { code: 'FENCED_MEMBER_EPOCH' } }]);
    expect(again.memberEpoch).toBeGreaterThan(memberEpoch);
    expect((await describeGroup()).offsets).toEqual([]);
  });

  it('is not brought back by a late call when it has left', async () => {
    const { memberEpoch } = await join('m');
    const claim = { memberId: 'm', memberEpoch, instanceId: null };
    expectOk(await service().leave({ ref, claim, commits: [], isAway: false }));
    const late = await beat('m', memberEpoch, { wish: wishFor(['flights']), mayRejoin: true });
    expect(late).toMatchObject({ error: { code: 'UNKNOWN_MEMBER_ID' } });
  });
});

describe('topics', () => {
  it('that grow are divided anew, and what was added is read from its beginning', async () => {
    const { memberEpoch } = await join('m');
    topics.set('flights', 3);
    nowMs += 5_000;
    await beat('m', memberEpoch);
    await Promise.resolve();
    const { assigned } = expectOk(await beat('m', memberEpoch));
    expect(assigned.map(({ partition, isAdded }) => [partition, isAdded])).toEqual([
      [0, false],
      [1, false],
      [2, true],
    ]);
  });

  it('that are deleted take their offsets along, and one created anew under the name has none', async () => {
    const { memberEpoch } = await join('m');
    expectOk(await beat('m', memberEpoch, { commits: [commitOf(0, 9)] }));
    topics.delete('flights');
    const { topicId } = topics.set('flights', 1);
    nowMs += 5_000;
    expect((await describeGroup()).offsets).toEqual([]);
    const told = expectOk(await beat('m', memberEpoch));
    expect(told.assigned).toEqual([]);
    const next = expectOk(await beat('m', told.memberEpoch));
    expect(next.assigned).toMatchObject([{ topicId, partition: 0, offset: null }]);
  });

  it('of two members that join at once are looked up for both', async () => {
    topics.set('weather', 1);
    const [one, other] = await Promise.all([
      join('m', { wish: wishFor(['flights']) }),
      join('n', { wish: wishFor(['weather']) }),
    ]);
    expect([assignedOf(one), assignedOf(other)]).toEqual([['flights/0', 'flights/1'], ['weather/0']]);
  });

  it('of a member that joins while others are looked up are not taken from it', async () => {
    await join('m');
    topics.set('sky', 1);
    topics.set('weather', 1);
    const wanting = (topic: string) => ({ wish: wishFor([topic]) });
    const joined = await Promise.all([join('n', wanting('weather')), join('o', wanting('sky'))]);
    expect(joined.map(assignedOf)).toEqual([['weather/0'], ['sky/0']]);
    expect((await describeGroup()).members.map(({ target }) => target.length)).toEqual([2, 1, 1]);
  });

  it('are found by pattern, those that come later too, and never the platform’s own', async () => {
    topics.set('flights-eu', 1);
    topics.set('__internal', 1);
    const wish = wishFor([], '(flights|__).*');
    const { memberEpoch, assigned } = await join('m', { wish });
    expect(assigned.map(({ topic }) => topic)).toEqual(['flights', 'flights', 'flights-eu']);
    topics.set('flights-us', 1);
    nowMs += 30_000;
    await beat('m', memberEpoch);
    await Promise.resolve();
    expect(assignedOf(expectOk(await beat('m', memberEpoch)))).toContain('flights-us/0');
    expect(await beat('n', 0, { wish: wishFor([], '(') })).toMatchObject({
      error: { code: 'INVALID_REGULAR_EXPRESSION' },
    });
  });

  it('beyond the limit of a group are left out whole, in the order of their names', async () => {
    for (let index = 0; index < 11; index++) topics.set(`t${String(index).padStart(2, '0')}`, 1_000);
    const { assigned } = await join('m', { wish: wishFor([], 't.*') });
    expect(assigned).toHaveLength(10_000);
    expect(assigned.at(-1)).toMatchObject({ topic: 't09', partition: 999 });
    groups.restart(ref);
    expect((await describeGroup()).members[0]?.assigned).toHaveLength(10_000);
  });
});

describe('offsets', () => {
  const commitAsNobody = (commits: ReturnType<typeof commitOf>[]) => service().commit({ ref, claim: null, commits });

  it('survive a restart with what stands beside them', async () => {
    expectOk(await commitAsNobody([commitOf(1, 42, 'checked by ada')]));
    groups.restart(ref);
    expect((await describeGroup()).offsets).toMatchObject([
      { topic: 'flights', partition: 1, offset: 42, metadata: 'checked by ada', committedAtMs: nowMs, memberId: null },
    ]);
  });

  it('are committed by strangers only while there are no members', async () => {
    const refusedOf = async (commit: ReturnType<typeof commitOf>) =>
      expectOk(await commitAsNobody([commit])).refused.map(({ failure }) => failure.code);
    expect(await refusedOf({ ...commitOf(0, 1), topic: 'nowhere' })).toEqual(['UNKNOWN_TOPIC_OR_PARTITION']);
    expect(await refusedOf(commitOf(2, 1))).toEqual(['UNKNOWN_TOPIC_OR_PARTITION']);
    expect(await refusedOf(commitOf(0, 1, 'x'.repeat(4_097)))).toEqual(['OFFSET_METADATA_TOO_LARGE']);
    await join('m');
    expect(await commitAsNobody([commitOf(0, 1)])).toMatchObject({ error: { code: 'NON_EMPTY_GROUP' } });
  });

  it('expire a week after the last member left, and the group with them', async () => {
    const { memberEpoch } = await join('m');
    expectOk(await beat('m', memberEpoch, { commits: [commitOf(0, 5)] }));
    const claim = { memberId: 'm', memberEpoch, instanceId: null };
    for (let day = 0; day < 8; day++) {
      await pass(dayMs);
      expectOk(await beat('m', 0));
    }
    expect((await describeGroup()).offsets).toHaveLength(1);
    await service().leave({ ref, claim: { ...claim, memberEpoch: 9 }, commits: [], isAway: false });
    await pass(sessionTimeoutMs);
    await pass(6 * dayMs);
    expect((await describeGroup()).offsets).toHaveLength(1);
    await pass(dayMs);
    expect(await service().describe(ref)).toMatchObject({ error: { code: 'GROUP_ID_NOT_FOUND' } });
    expect(topics.groups.size).toBe(0);
  });

  it('outlive their time while the group cannot be taken out of the list, and the alarm does not turn in circles', async () => {
    expectOk(await commitAsNobody([commitOf(0, 5)]));
    const { unregisterGroup } = topics.catalog;
    Object.assign(topics.catalog, { unregisterGroup: async () => failed('UNKNOWN_OUTCOME', 'out of reach') });
    await pass(7 * dayMs);
    expect(groups.alarm(ref).atMs).toBe(nowMs + 30_000);
    Object.assign(topics.catalog, { unregisterGroup });
    await pass(30_000);
    expect(await service().describe(ref)).toMatchObject({ error: { code: 'GROUP_ID_NOT_FOUND' } });
  });

  it('that a transaction may still commit keep the group, and what it had committed there', async () => {
    expectOk(await commitAsNobody([commitOf(0, 5), commitOf(1, 6)]));
    const transaction = { producerId: 9, producerEpoch: 0, transactionNumber: 1 };
    await pass(7 * dayMs - 1);
    expectOk(await service().commitInTransaction({ ref, claim: null, commits: [commitOf(0, 7)], transaction }));
    await pass(1);
    expect((await describeGroup()).offsets).toMatchObject([{ partition: 0, offset: 5 }]);
    expectOk(await service().deleteOffsets(ref, 'flights', 0));
    await pass(30_000);
    expect((await describeGroup()).offsets).toEqual([]);
    expect(topics.groups.size).toBe(1);
    const marker = { ...transaction, committed: true };
    expectOk(await service().writeTxnMarker(ref, marker));
    await pass(6 * dayMs);
    expect((await describeGroup()).offsets).toMatchObject([{ partition: 0, offset: 7 }]);
    await pass(dayMs);
    expect(await service().describe(ref)).toMatchObject({ error: { code: 'GROUP_ID_NOT_FOUND' } });
  });

  it('that are committed while the group is taken out of the list at the end of its time stay', async () => {
    expectOk(await commitAsNobody([commitOf(0, 5)]));
    const { unregisterGroup } = topics.catalog;
    Object.assign(topics.catalog, {
      unregisterGroup: async (...args: Parameters<typeof unregisterGroup>) => {
        Object.assign(topics.catalog, { unregisterGroup });
        expectOk(await commitAsNobody([commitOf(0, 8)]));
        return unregisterGroup(...args);
      },
    });
    await pass(7 * dayMs);
    expect((await describeGroup()).offsets).toMatchObject([{ partition: 0, offset: 8 }]);
    await pass(1_000);
    expect([...topics.groups.keys()]).toEqual(['billing']);
  });

  it('of a topic are deleted unless a member reads it', async () => {
    topics.set('orders', 1);
    expectOk(await commitAsNobody([commitOf(0, 5), commitOf(1, 6), { ...commitOf(0, 7), topic: 'orders' }]));
    await join('m', { wish: wishFor(['orders']) });
    expect(await service().deleteOffsets(ref, 'orders', null)).toMatchObject({
      error: { code: 'GROUP_SUBSCRIBED_TO_TOPIC' },
    });
    expect(expectOk(await service().deleteOffsets(ref, 'flights', 1))).toEqual({ deleted: 1 });
    expect(expectOk(await service().deleteOffsets(ref, 'flights', null))).toEqual({ deleted: 1 });
    expect(expectOk(await service().deleteOffsets(ref, 'nowhere', null))).toEqual({ deleted: 0 });
  });

  it('are where reading began, if nothing was committed, and stay there', async () => {
    const { memberEpoch, assigned } = await join('m');
    const claim = { memberId: 'm', memberEpoch, instanceId: null };
    const first = { topic: 'flights', topicId: assigned[0]!.topicId, partition: 0 };
    expectOk(await service().keepFirstOffsets(ref, claim, [{ ...first, offset: 10 }]));
    expectOk(await service().keepFirstOffsets(ref, claim, [{ ...first, offset: 20 }]));
    expect((await describeGroup()).offsets).toMatchObject([{ partition: 0, offset: 10 }]);
    const stranger = { ...claim, memberId: 'other' };
    expect(await service().keepFirstOffsets(ref, stranger, [])).toMatchObject({ error: { code: 'UNKNOWN_MEMBER_ID' } });
  });
});

describe('waiting for news', () => {
  it('ends as soon as the assignment changes, and a later wait of the member ends it', async () => {
    const { memberEpoch } = await join('a');
    const claim = { memberId: 'a', memberEpoch, instanceId: null };
    const first = service().awaitNews(ref, claim, 10_000);
    const second = service().awaitNews(ref, claim, 10_000);
    expect(expectOk(await first)).toEqual({ hasNews: false });
    await join('b');
    expect(expectOk(await second)).toEqual({ hasNews: true });
    expect(expectOk(await service().awaitNews(ref, claim, 10_000))).toEqual({ hasNews: true });
    expect(await service().awaitNews(ref, { ...claim, memberEpoch: 99 }, 0)).toMatchObject({
      error: { code: 'FENCED_MEMBER_EPOCH' },
    });
  });
});

it('data of a newer version is refused, and nothing is written', async () => {
  await join('m');
  groups.sql(ref).run('INSERT INTO schema_version VALUES (1000)');
  groups.restart(ref);
  expect(await beat('m', 1)).toMatchObject({ error: { code: 'NEWER_SCHEMA' } });
  expect(await service().describe(ref)).toMatchObject({ error: { code: 'NEWER_SCHEMA' } });
});
