import type { Mutant } from '../support/lay-mutant.ts';

const one = (name: string, breaks: string, file: string, find: string, replace: string): Mutant => ({
  name,
  breaks,
  edits: [{ file: `src/groups/${file}`, find, replace }],
});

/** The test of the model: every one of these must be noticed by it. */
export const groupMutants: readonly Mutant[] = [
  one(
    'grants-what-others-hold',
    'A partition is granted before its holder has given it back.',
    'membership.ts',
    'const isFree = (key: PartitionKey) => held.get(key) === undefined || held.get(key) === memberId;',
    "const isFree = (key: PartitionKey) => key !== '';",
  ),
  one(
    'lost-answer-confirms',
    'A repeated call is taken for the confirmation of a revocation that its sender never heard of.',
    'membership.ts',
    'if (command.memberEpoch !== member.epoch) return ok(state);',
    '',
  ),
  one(
    'silence-gives-back',
    'A member that says nothing new is taken to have given back what it still holds.',
    'membership.ts',
    "if (held === 'as-before' || revoking.size === 0) return revoking;",
    'if (revoking.size === 0) return revoking;',
  ),
  one(
    'epochs-start-over',
    'A member that comes back is given an epoch that it had before.',
    'membership.ts',
    'const epoch = state.lastMemberEpoch + 1;',
    'const epoch = member.epoch + 1;',
  ),
  one(
    'any-epoch-will-do',
    'Calls of epochs that are over are not fenced.',
    'membership.ts',
    'if (memberEpoch === member.epoch || memberEpoch === member.previousEpoch) return ok(member);',
    'if (memberEpoch <= member.epoch) return ok(member);',
  ),
  one(
    'anyone-commits',
    'A member commits what is not its own.',
    'committed-offset.ts',
    'topicId === undefined || granted === undefined || granted > claim.memberEpoch',
    'topicId === undefined',
  ),
  one(
    'twin-takes-over-quietly',
    'A second bearer of a member id gets the same epoch, and the first is not fenced.',
    'membership.ts',
    'if (lost.length === 0 && granted.length === 0 && !isNew) return state;',
    'if (isNew && state.members.get(memberId) !== undefined) member.target;\n  if (lost.length === 0 && granted.length === 0) return state;',
  ),
  one(
    'revocations-forgotten',
    'What a member was told to give back is not stored, and is free after a restart.',
    'group-store.ts',
    'JSON.stringify([...member.revoking]),',
    "'[]',",
  ),
  one(
    'last-epoch-not-stored',
    'The highest epoch is lost with the memory of the object.',
    'group-store.ts',
    '      lastMemberEpoch,\n      emptySinceMs,\n      unheardSinceMs,\n    );',
    '      0 * lastMemberEpoch,\n      emptySinceMs,\n      unheardSinceMs,\n    );',
  ),
  one(
    'silence-is-golden',
    'Nobody is taken out for being silent.',
    'group-watch.ts',
    'const gone = [...this.#sessions.silent(nowMs), ...this.#sessions.tardy(nowMs)];',
    'const gone = [...this.#sessions.tardy(nowMs)];',
  ),
  one(
    'growth-unnoticed',
    'Partitions that are added to a topic are never divided.',
    'topic-keeper.ts',
    'const state = changeTopics(group.state, topics.known);',
    'const state = group.state;',
  ),
  one(
    'orphaned-partitions',
    'The partitions of a member that goes are not divided among the others.',
    'membership.ts',
    'return retarget({ ...state, members });',
    'return { ...state, members };',
  ),
];
