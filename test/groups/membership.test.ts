import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/errors/result.ts';
import { type AssignableTopic, partitionKey } from '../../src/groups/assignors/assignor.ts';
import { decideMemberCommit } from '../../src/groups/committed-offset.ts';
import { emptyGroup, type GroupState, phaseOf } from '../../src/groups/group-state.ts';
import { subscriptionOf } from '../../src/groups/member-wish.ts';
import {
  changeTopics,
  type Held,
  hasNewsFor,
  heartbeat,
  joinGroup,
  leaveGroup,
  type MemberWish,
  removeMembers,
} from '../../src/groups/membership.ts';

const flights: AssignableTopic = { topic: 'flights', topicId: 'flights-id', partitionCount: 2 };

const wish: MemberWish = {
  subscription: subscriptionOf(['flights'], null),
  assignor: null,
  sessionTimeoutMs: 45_000,
  rebalanceTimeoutMs: 60_000,
};

function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

const join = (state: GroupState, memberId: string, instanceId: string | null = null) =>
  joinGroup(state, { ...wish, memberId, instanceId, clientId: '', relay: null }, [flights]);

const beat = (state: GroupState, memberId: string, memberEpoch: number, instanceId: string | null = null) =>
  heartbeat(state, { memberId, memberEpoch, instanceId, wish: null, held: 'as-told' }, [flights]);

/** A heartbeat with the newest epoch, as a member makes it that has all answers. */
const beatOn = (state: GroupState, memberId: string) =>
  expectOk(beat(state, memberId, state.members.get(memberId)!.epoch));

const assigned = (state: GroupState, memberId: string) =>
  [...state.members.get(memberId)!.assigned.keys()].map((key) => Number(key.split('/')[1])).sort();

const commitOf = (state: GroupState, memberId: string, memberEpoch: number, partition: number) => {
  const commit = { topic: 'flights', partition, offset: 7, metadata: '', leaderEpoch: -1 };
  const claim = { memberId, memberEpoch, instanceId: null };
  const decided = decideMemberCommit(state, claim, [commit]);
  return decided.ok ? (decided.value.stored.length === 1 ? 'stored' : 'refused') : decided.error.code;
};

describe('a rebalance', () => {
  it('[I-3a] takes a partition back before it grants it, and stops nobody who keeps what it has', () => {
    let state = expectOk(join(emptyGroup, 'a'));
    expect(assigned(state, 'a')).toEqual([0, 1]);
    state = expectOk(join(state, 'b'));
    expect(assigned(state, 'b')).toEqual([]);
    expect(phaseOf(state)).toBe('reconciling');
    // Told of the revocation, a still counts as the holder until it confirms with its next call.
    state = beatOn(state, 'a');
    expect(assigned(state, 'a')).toEqual([0]);
    expect(assigned(beatOn(state, 'b'), 'b')).toEqual([]);
    state = beatOn(beatOn(state, 'a'), 'b');
    expect([assigned(state, 'a'), assigned(state, 'b')]).toEqual([[0], [1]]);
    expect(phaseOf(state)).toBe('stable');
  });

  it('[I-3a] repeats an answer that was lost, and takes the repeated call for no confirmation', () => {
    let state = beatOn(expectOk(join(expectOk(join(emptyGroup, 'a')), 'b')), 'a');
    const { epoch, previousEpoch } = state.members.get('a')!;
    state = expectOk(beat(state, 'a', previousEpoch!));
    expect(state.members.get('a')!.epoch).toBe(epoch);
    expect(assigned(beatOn(state, 'b'), 'b')).toEqual([]);
  });

  it('[I-3a] waits for the report of a member that says what it holds', () => {
    const say = (state: GroupState, memberId: string, held: Held) =>
      expectOk(
        heartbeat(
          state,
          { memberId, memberEpoch: state.members.get(memberId)!.epoch, instanceId: null, wish: null, held },
          [flights],
        ),
      );
    let state = say(expectOk(join(expectOk(join(emptyGroup, 'a')), 'b')), 'a', 'as-before');
    expect(assigned(state, 'a')).toEqual([0]);
    const [taken] = state.members.get('a')!.revoking.keys();
    for (const held of ['as-before', [taken!], 'as-before'] as const) {
      state = say(state, 'a', held);
      expect(assigned(beatOn(state, 'b'), 'b')).toEqual([]);
    }
    state = beatOn(say(state, 'a', [...state.members.get('a')!.assigned.keys()]), 'b');
    expect([assigned(state, 'a'), assigned(state, 'b')]).toEqual([[0], [1]]);
  });

  it('lets go of what a static member was giving back when that leaves for a while', () => {
    let state = expectOk(join(expectOk(join(emptyGroup, 'a', 'instance-a')), 'b'));
    state = beatOn(state, 'a');
    const claim = { memberId: 'a', instanceId: 'instance-a', memberEpoch: state.members.get('a')!.epoch };
    state = expectOk(leaveGroup(state, { ...claim, isAway: true }));
    expect([assigned(state, 'a'), assigned(beatOn(state, 'b'), 'b')]).toEqual([[0], [1]]);
  });

  it('grants what a silent member had once it is taken out', () => {
    let state = expectOk(join(expectOk(join(emptyGroup, 'a')), 'b'));
    state = removeMembers(state, ['a', 'nobody']);
    expect(hasNewsFor(state, 'b')).toBe(true);
    expect(assigned(beatOn(state, 'b'), 'b')).toEqual([0, 1]);
  });

  it('gives added partitions to someone, and takes those of a deleted topic away', () => {
    let state = expectOk(join(emptyGroup, 'a'));
    state = beatOn(changeTopics(state, [{ ...flights, partitionCount: 3 }]), 'a');
    expect(assigned(state, 'a')).toEqual([0, 1, 2]);
    state = beatOn(changeTopics(state, [{ ...flights, topicId: 'another-id', partitionCount: 1 }]), 'a');
    state = beatOn(state, 'a');
    expect([...state.members.get('a')!.assigned.keys()]).toEqual([partitionKey('another-id', 0)]);
    expect(changeTopics(state, [...state.topics])).toBe(state);
  });

  it('gives what bears the name of a deleted topic only to who was told to forget that one', () => {
    let state = expectOk(join(emptyGroup, 'a'));
    const before = state.members.get('a')!.epoch;
    state = beatOn(changeTopics(state, [{ ...flights, topicId: 'another-id' }]), 'a');
    expect(assigned(state, 'a')).toEqual([]);
    // The answer was lost: whoever asks again has not heard of it.
    state = expectOk(beat(state, 'a', before));
    expect(assigned(state, 'a')).toEqual([]);
    state = beatOn(state, 'a');
    expect(assigned(state, 'a')).toEqual([0, 1]);
  });
});

describe('epochs', () => {
  it('[I-3c] fence whoever comes with another than the last two', () => {
    let state = expectOk(join(emptyGroup, 'a'));
    const first = state.members.get('a')!.epoch;
    state = beatOn(expectOk(join(state, 'b')), 'a');
    state = beatOn(removeMembers(state, ['b']), 'a');
    expect(beat(state, 'a', first)).toMatchObject({ error: { code: 'FENCED_MEMBER_EPOCH' } });
    expect(beat(state, 'a', 99)).toMatchObject({ error: { code: 'FENCED_MEMBER_EPOCH' } });
    expect(beat(state, 'c', 1)).toMatchObject({ error: { code: 'UNKNOWN_MEMBER_ID' } });
  });

  it('[I-3c] are never given again, not even to a member that comes back', () => {
    const once = expectOk(join(emptyGroup, 'a'));
    const gone = removeMembers(once, ['a']);
    const again = expectOk(join(gone, 'a'));
    expect(again.members.get('a')!.epoch).toBeGreaterThan(once.members.get('a')!.epoch);
    expect(again.groupEpoch).toBeGreaterThan(once.groupEpoch);
  });

  it('[I-3b] fence the earlier of two members with one id', () => {
    const first = expectOk(join(emptyGroup, 'a'));
    const second = expectOk(join(first, 'a'));
    expect(commitOf(second, 'a', first.members.get('a')!.epoch, 0)).toBe('FENCED_MEMBER_EPOCH');
    expect(commitOf(second, 'a', second.members.get('a')!.epoch, 0)).toBe('stored');
  });
});

describe('a commit', () => {
  it('[I-3b] lands while the partition is being given back, and not after', () => {
    let state = beatOn(expectOk(join(expectOk(join(emptyGroup, 'a')), 'b')), 'a');
    const { epoch } = state.members.get('a')!;
    expect(commitOf(state, 'a', epoch, 1)).toBe('stored');
    state = beatOn(state, 'a');
    expect(commitOf(state, 'a', epoch, 1)).toBe('refused');
    expect(commitOf(state, 'a', epoch, 0)).toBe('stored');
  });

  it('[I-3b] of an earlier tenure does not land in a later one', () => {
    // a gives partition 1 back, confirms, and is granted it again after b has left.
    let state = beatOn(beatOn(expectOk(join(expectOk(join(emptyGroup, 'a')), 'b')), 'a'), 'a');
    const afterLoss = state.members.get('a')!.epoch;
    state = beatOn(removeMembers(state, ['b']), 'a');
    expect(assigned(state, 'a')).toEqual([0, 1]);
    expect(state.members.get('a')!.previousEpoch).toBe(afterLoss);
    expect(commitOf(state, 'a', afterLoss, 1)).toBe('refused');
    expect(commitOf(state, 'a', afterLoss, 0)).toBe('stored');
  });

  it('[I-3b] for a topic that was created anew under the name does not land', () => {
    let state = expectOk(join(emptyGroup, 'a'));
    const { epoch } = state.members.get('a')!;
    state = changeTopics(state, [{ ...flights, topicId: 'another-id' }]);
    expect(commitOf(state, 'a', epoch, 0)).toBe('refused');
    state = beatOn(beatOn(state, 'a'), 'a');
    expect(commitOf(state, 'a', epoch, 0)).toMatch(/refused|FENCED_MEMBER_EPOCH/);
    expect(commitOf(state, 'a', state.members.get('a')!.epoch, 0)).toBe('stored');
  });
});

describe('static members', () => {
  it('find their partitions again under another member id, without a rebalance', () => {
    let state = expectOk(join(expectOk(join(emptyGroup, 'a', 'one')), 'b', 'two'));
    state = expectOk(beat(state, 'a', state.members.get('a')!.epoch, 'one'));
    state = expectOk(beat(state, 'a', state.members.get('a')!.epoch, 'one'));
    state = expectOk(beat(state, 'b', state.members.get('b')!.epoch, 'two'));
    const { groupEpoch } = state;
    const claim = { memberId: 'a', memberEpoch: state.members.get('a')!.epoch, instanceId: 'one' };
    state = expectOk(leaveGroup(state, { ...claim, isAway: true }));
    expect(hasNewsFor(state, 'b')).toBe(false);
    state = expectOk(join(state, 'a-restarted', 'one'));
    expect(state.groupEpoch).toBe(groupEpoch);
    expect([assigned(state, 'a-restarted'), assigned(state, 'b')]).toEqual([[0], [1]]);
    expect(beat(state, 'a', claim.memberEpoch, 'one')).toMatchObject({ error: { code: 'FENCED_INSTANCE_ID' } });
  });

  it('keep others from their instance id while they live', () => {
    const state = expectOk(join(emptyGroup, 'a', 'one'));
    expect(join(state, 'b', 'one')).toMatchObject({ error: { code: 'UNRELEASED_INSTANCE_ID' } });
    expect(join(state, 'a', 'two')).toMatchObject({ error: { code: 'FENCED_INSTANCE_ID' } });
    expect(join(state, 'a')).toMatchObject({ error: { code: 'FENCED_INSTANCE_ID' } });
  });
});

it('takes no more members than the limit', () => {
  let state = emptyGroup;
  for (let index = 0; index < 1_000; index++) {
    const member = state.members.get('m0') ?? expectOk(join(emptyGroup, 'm0')).members.get('m0')!;
    state = { ...state, members: new Map(state.members).set(`m${index}`, { ...member, memberId: `m${index}` }) };
  }
  expect(join(state, 'one-more')).toMatchObject({ error: { code: 'GROUP_MAX_SIZE_REACHED' } });
});
