import { expect, test } from 'vitest';
import type { Result } from '../../../src/errors/result.ts';
import {
  checkClassicCommit,
  heartbeatClassic,
  leaveClassicGroup,
  syncClassicGroup,
  syncOutcome,
} from '../../../src/groups/classic/classic-calls.ts';
import {
  type ClassicJoin,
  joinClassicGroup,
  joinOutcome,
  promiseId,
} from '../../../src/groups/classic/classic-join.ts';
import { type ClassicState, emptyClassicGroup } from '../../../src/groups/classic/classic-state.ts';
import { initialRebalanceDelayMs, passTime, removeClassicMembers } from '../../../src/groups/classic/rebalance.ts';
import { joinOf, newJoinOf, rebalanceTimeoutMs, subscriptionHolding, subscriptionTo } from './members.ts';

const startMs = 1_000_000;

function successOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

const codeOf = (result: Result<unknown>): string => (result.ok ? 'OK' : result.error.code);

const assignment = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A group of these members, in a generation that its leader, the first of them, has not assigned yet. */
function completing(...joins: readonly ClassicJoin[]): ClassicState {
  let state: ClassicState = emptyClassicGroup;
  for (const join of joins) state = successOf(joinClassicGroup(state, join, startMs)).state;
  return passTime(state, startMs + initialRebalanceDelayMs);
}

/** The same once everyone has what the leader gave it: its own id. */
function stable(...joins: readonly ClassicJoin[]): ClassicState {
  let state = completing(...joins);
  const memberIds = [...state.members.keys()];
  const assignments = memberIds.map((memberId) => ({ memberId, assignment: assignment(memberId) }));
  for (const memberId of memberIds)
    state = successOf(syncClassicGroup(state, syncOf(state, memberId, assignments), startMs)).state;
  return state;
}

function syncOf(
  { generationId }: ClassicState,
  memberId: string,
  assignments: { memberId: string; assignment: Uint8Array }[] = [],
) {
  return { memberId, instanceId: null, generationId, protocolType: null, protocolName: null, assignments };
}

const claimOf = ({ generationId }: ClassicState, memberId: string, instanceId: string | null = null) => ({
  memberId,
  instanceId,
  generationId,
});

const [ada, bob, eve] = [newJoinOf('ada'), newJoinOf('bob'), newJoinOf('eve')];

test('the first generation waits for members that start together, and the first of them leads', () => {
  const first = successOf(joinClassicGroup(emptyClassicGroup, ada, startMs));
  expect(first.reply).toBeNull();
  const second = successOf(joinClassicGroup(first.state, bob, startMs + 100));
  expect(second.reply).toBeNull();
  const state = passTime(second.state, startMs + initialRebalanceDelayMs);
  expect(state).toMatchObject({ phase: 'completing', generationId: 1, protocolName: 'range', leaderId: 'ada' });
  expect(joinOutcome(state, ada)).toMatchObject({
    value: { leaderId: 'ada', generationId: 1, members: [{ memberId: 'ada' }, { memberId: 'bob' }] },
  });
  expect(joinOutcome(state, bob)).toMatchObject({ value: { leaderId: 'ada', memberId: 'bob', members: [] } });
});

test('what the leader assigns is what each member has, and nothing where it says nothing', () => {
  const state = completing(ada, bob, eve);
  const waiting = successOf(syncClassicGroup(state, syncOf(state, 'bob'), startMs));
  expect(waiting.reply).toBeNull();
  expect(syncOutcome(waiting.state, syncOf(state, 'bob'))).toEqual({ ok: true, value: null });
  const given = [{ memberId: 'bob', assignment: assignment('one') }];
  const led = successOf(syncClassicGroup(waiting.state, syncOf(state, 'ada', given), startMs));
  expect(led.state.phase).toBe('stable');
  expect(led.reply?.assignment).toEqual(new Uint8Array(0));
  expect(syncOutcome(led.state, syncOf(state, 'bob'))).toMatchObject({ value: { assignment: assignment('one') } });
  expect(successOf(syncClassicGroup(led.state, syncOf(state, 'eve'), startMs)).reply?.assignment).toHaveLength(0);
});

test('a new dynamic member is given an id first, and the others wait for it', () => {
  const named = newJoinOf('ada', { isIdFirst: true });
  const promised = promiseId(emptyClassicGroup, named, startMs)!;
  expect([...promised.promisedIds.keys()]).toEqual(['ada']);
  const other = successOf(joinClassicGroup(promised, bob, startMs)).state;
  expect(passTime(other, startMs + 5_000).phase).toBe('preparing');
  const joined = successOf(joinClassicGroup(other, joinOf('ada'), startMs + 5_000));
  expect(joined.reply).toMatchObject({ generationId: 1, memberId: 'ada' });
  expect(passTime(other, startMs + 10_000)).toMatchObject({ phase: 'completing', generationId: 1 });
  expect(promiseId(promised, newJoinOf('eve', { isIdFirst: true, instanceId: 'static' }), startMs)).toBeNull();
  expect(promiseId(promised, ada, startMs)).toBeNull();
});

test('a member that joins a running group has everyone join again, or be taken out', () => {
  const running = stable(ada, bob);
  const joined = successOf(joinClassicGroup(running, eve, startMs));
  expect(joined).toMatchObject({ reply: null, state: { phase: 'preparing', generationId: 1 } });
  expect(codeOf(heartbeatClassic(joined.state, claimOf(running, 'ada'), startMs))).toBe('OK');
  expect(codeOf(syncClassicGroup(joined.state, syncOf(running, 'bob'), startMs))).toBe('REBALANCE_IN_PROGRESS');
  const half = successOf(joinClassicGroup(joined.state, joinOf('bob'), startMs));
  expect(half.reply).toBeNull();
  const all = successOf(joinClassicGroup(half.state, joinOf('ada'), startMs));
  expect(all.reply).toMatchObject({ generationId: 2, leaderId: 'ada' });
  const tardy = passTime(half.state, startMs + rebalanceTimeoutMs);
  expect(tardy).toMatchObject({ phase: 'completing', generationId: 2, leaderId: 'bob' });
  expect([...tardy.members.keys()]).toEqual(['bob', 'eve']);
});

test('who joins again and says the same is told the same; the leader, and who says something else, rebalance', () => {
  const running = stable(ada, bob);
  const same = successOf(joinClassicGroup(running, joinOf('bob'), startMs));
  expect(same.reply).toMatchObject({ generationId: 1 });
  expect(same.state).toBe(running);
  expect(successOf(joinClassicGroup(running, joinOf('ada'), startMs)).state.phase).toBe('preparing');
  const other = joinOf('bob', { protocols: [{ name: 'range', metadata: subscriptionTo('orders', 'bills') }] });
  expect(successOf(joinClassicGroup(running, other, startMs)).state.phase).toBe('preparing');
  const lost = completing(ada, bob);
  expect(successOf(joinClassicGroup(lost, joinOf('ada'), startMs)).reply).toMatchObject({
    members: [{ memberId: 'ada' }, { memberId: 'bob' }],
  });
});

test('who does not fetch its assignment in time is taken out', () => {
  const state = completing(ada, bob, eve);
  const led = successOf(syncClassicGroup(state, syncOf(state, 'bob'), startMs)).state;
  const later = passTime(led, startMs + initialRebalanceDelayMs + rebalanceTimeoutMs);
  expect([...later.members.keys()]).toEqual(['bob']);
  expect(later).toMatchObject({ phase: 'preparing', leaderId: 'bob', generationId: 1 });
});

test('a group that all members left is empty, and its next generation a new one', () => {
  const { state, left } = leaveClassicGroup(
    stable(ada, bob),
    [
      { memberId: 'ada', instanceId: null },
      { memberId: 'nobody', instanceId: null },
      { memberId: 'bob', instanceId: null },
    ],
    startMs,
  );
  expect(left.map(codeOf)).toEqual(['OK', 'UNKNOWN_MEMBER_ID', 'OK']);
  expect(state).toMatchObject({ phase: 'empty', generationId: 2, protocolName: null, leaderId: null });
  const again = successOf(joinClassicGroup(state, newJoinOf('eve', { protocolType: 'connect' }), startMs)).state;
  expect(passTime(again, startMs + initialRebalanceDelayMs)).toMatchObject({
    generationId: 3,
    protocolType: 'connect',
  });
});

test('when the leader is gone the next member leads', () => {
  const state = removeClassicMembers(stable(ada, bob, eve), ['ada'], startMs);
  expect(state).toMatchObject({ phase: 'preparing', leaderId: 'bob' });
});

const range = { name: 'range', metadata: subscriptionTo('orders') };
const sticky = { name: 'sticky', metadata: subscriptionTo('orders') };
const robin = { name: 'roundrobin', metadata: subscriptionTo('orders') };

test('the protocol is one that all know, and that most prefer', () => {
  const chosen = completing(
    newJoinOf('ada', { protocols: [range, sticky, robin] }),
    newJoinOf('bob', { protocols: [sticky, range] }),
    newJoinOf('eve', { protocols: [robin, sticky, range] }),
  );
  expect(chosen.protocolName).toBe('sticky');
});

test.each([
  ['of another type', { protocolType: 'connect' }],
  ['without a protocol in common', { protocols: [robin] }],
  ['without a protocol', { protocols: [] }],
  ['without a type', { protocolType: '' }],
])('a member %s is refused', (_what, changes) => {
  expect(codeOf(joinClassicGroup(stable(ada), newJoinOf('bob', changes), startMs))).toBe('INCONSISTENT_GROUP_PROTOCOL');
});

test('the only member may change to another protocol', () => {
  expect(successOf(joinClassicGroup(stable(ada), joinOf('ada', { protocols: [robin] }), startMs)).reply).toMatchObject({
    generationId: 2,
    protocolName: 'roundrobin',
  });
});

test('calls of nobody, of another generation and of a fenced instance are told apart', () => {
  const state = stable(ada, newJoinOf('bob', { instanceId: 'rack-1' }));
  const codes = (claim: ReturnType<typeof claimOf>) => [
    codeOf(heartbeatClassic(state, claim, startMs)),
    codeOf(checkClassicCommit(state, claim)),
    codeOf(syncClassicGroup(state, { ...syncOf(state, ''), ...claim }, startMs)),
  ];
  expect(codes(claimOf(state, 'ada'))).toEqual(['OK', 'OK', 'OK']);
  expect(codes(claimOf(state, 'bob', 'rack-1'))).toEqual(['OK', 'OK', 'OK']);
  expect(new Set(codes(claimOf(state, 'nobody')))).toEqual(new Set(['UNKNOWN_MEMBER_ID']));
  expect(new Set(codes({ ...claimOf(state, 'ada'), generationId: 0 }))).toEqual(new Set(['ILLEGAL_GENERATION']));
  expect(new Set(codes(claimOf(state, 'ada', 'rack-1')))).toEqual(new Set(['FENCED_INSTANCE_ID']));
  expect(codeOf(syncClassicGroup(state, { ...syncOf(state, 'ada'), protocolName: 'sticky' }, startMs))).toBe(
    'INCONSISTENT_GROUP_PROTOCOL',
  );
  expect(codeOf(joinClassicGroup(state, joinOf('nobody'), startMs))).toBe('UNKNOWN_MEMBER_ID');
  expect(codeOf(joinClassicGroup(state, joinOf('eve', { instanceId: 'rack-1' }), startMs))).toBe('FENCED_INSTANCE_ID');
});

test('commits wait for a new generation to be assigned, and go on while members join again', () => {
  const state = completing(ada, bob);
  expect(codeOf(checkClassicCommit(state, claimOf(state, 'ada')))).toBe('REBALANCE_IN_PROGRESS');
  const preparing = successOf(joinClassicGroup(stable(ada), bob, startMs)).state;
  expect(codeOf(checkClassicCommit(preparing, claimOf(preparing, 'ada')))).toBe('OK');
});

test('a static member that comes back has what it had, and whoever was it is fenced', () => {
  const state = stable(newJoinOf('ada', { instanceId: 'rack-1' }), newJoinOf('bob', { instanceId: 'rack-2' }));
  const back = successOf(joinClassicGroup(state, newJoinOf('bob-2', { instanceId: 'rack-2' }), startMs));
  expect(back.reply).toMatchObject({ generationId: 1, leaderId: 'ada', memberId: 'bob-2', members: [] });
  expect(back.state).toMatchObject({ phase: 'stable', generationId: 1 });
  const synced = successOf(
    syncClassicGroup(back.state, { ...syncOf(back.state, 'bob-2'), instanceId: 'rack-2' }, startMs),
  );
  expect(synced.reply?.assignment).toEqual(assignment('bob'));
  expect(codeOf(heartbeatClassic(back.state, claimOf(state, 'bob', 'rack-2'), startMs))).toBe('FENCED_INSTANCE_ID');
  expect(codeOf(joinOutcome(back.state, joinOf('bob', { instanceId: 'rack-2' })))).toBe('FENCED_INSTANCE_ID');
});

test('a static leader that comes back is told not to assign, or that somebody else leads', () => {
  const state = stable(newJoinOf('ada', { instanceId: 'rack-1' }), bob);
  const join = newJoinOf('ada-2', { instanceId: 'rack-1' });
  const skipping = successOf(joinClassicGroup(state, join, startMs));
  expect(skipping.reply).toMatchObject({ leaderId: 'ada-2', skipAssignment: true });
  expect(skipping.reply?.members.map(({ memberId }) => memberId)).toEqual(['ada-2', 'bob']);
  const older = successOf(joinClassicGroup(state, { ...join, maySkipAssignment: false }, startMs));
  expect(older.reply).toMatchObject({ leaderId: 'ada', skipAssignment: false, members: [] });
  expect(older.state).toMatchObject({ phase: 'stable', leaderId: 'ada-2' });
});

test('a static member that wants other topics has the group divided anew, and one that held something does not', () => {
  const holding = { name: 'range', metadata: subscriptionHolding('orders', 3) };
  const state = stable(newJoinOf('ada', { instanceId: 'rack-1', protocols: [holding] }), bob);
  const same = newJoinOf('ada-2', { instanceId: 'rack-1' });
  expect(successOf(joinClassicGroup(state, same, startMs)).state.phase).toBe('stable');
  const other = { ...same, protocols: [{ name: 'range', metadata: subscriptionTo('bills') }] };
  expect(successOf(joinClassicGroup(state, other, startMs)).state.phase).toBe('preparing');
});

test('the place of a static member is kept while it does not join again, until its session ends', () => {
  const state = stable(ada, newJoinOf('bob', { instanceId: 'rack-1' }));
  const preparing = successOf(joinClassicGroup(state, joinOf('ada'), startMs)).state;
  const next = passTime(preparing, startMs + rebalanceTimeoutMs);
  expect(next).toMatchObject({ phase: 'completing', generationId: 2 });
  expect([...next.members.keys()]).toEqual(['ada', 'bob']);
  expect([...removeClassicMembers(next, ['bob'], startMs).members.keys()]).toEqual(['ada']);
});

test('a static member may be taken out by its instance id alone', () => {
  const state = stable(ada, newJoinOf('bob', { instanceId: 'rack-1' }));
  const leavers = [
    { memberId: '', instanceId: 'rack-1' },
    { memberId: '', instanceId: 'rack-2' },
    { memberId: 'bob', instanceId: 'rack-3' },
  ];
  const { state: after, left } = leaveClassicGroup(state, leavers, startMs);
  expect(left.map(codeOf)).toEqual(['OK', 'UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID']);
  expect([...after.members.keys()]).toEqual(['ada']);
});

test('a call that is repeated because its answer was lost changes nothing', () => {
  const once = successOf(joinClassicGroup(emptyClassicGroup, ada, startMs)).state;
  expect(successOf(joinClassicGroup(once, ada, startMs + 10)).state.members.size).toBe(1);
  const state = completing(ada);
  const given = [{ memberId: 'ada', assignment: assignment('all') }];
  const led = successOf(syncClassicGroup(state, syncOf(state, 'ada', given), startMs));
  const again = successOf(syncClassicGroup(led.state, syncOf(state, 'ada', given), startMs));
  expect(again.state).toBe(led.state);
  expect(again.reply).toEqual(led.reply);
});

test('an assignment that the group could not keep is refused', () => {
  const state = completing(ada);
  const given = [{ memberId: 'ada', assignment: new Uint8Array(1024 * 1024 + 1) }];
  expect(codeOf(syncClassicGroup(state, syncOf(state, 'ada', given), startMs))).toBe('GROUP_MAX_SIZE_REACHED');
});
