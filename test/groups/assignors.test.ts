import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AssignableMember,
  type AssignableTopic,
  type Assignment,
  partitionKey,
  sortedMembers,
  sortedTopics,
} from '../../src/groups/assignors/assignor.ts';
import { type AssignorName, assignorNames, assignors } from '../../src/groups/assignors/assignors.ts';

const topicNames = ['alpha', 'beta', 'gamma', 'delta'];

const cluster = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }).map((counts) =>
  counts.map((partitionCount, index): AssignableTopic => {
    const topic = topicNames[index]!;
    return { topic, topicId: `${topic}-id`, partitionCount };
  }),
);

type Crowd = readonly { readonly memberId: string; readonly topics: readonly number[] }[];

const crowd: fc.Arbitrary<Crowd> = fc.uniqueArray(
  fc.record({ memberId: fc.stringMatching(/^[a-z]{1,3}$/), topics: fc.subarray([0, 1, 2, 3], { minLength: 1 }) }),
  { selector: ({ memberId }) => memberId, minLength: 1, maxLength: 8 },
);

function membersOf(members: Crowd, topics: readonly AssignableTopic[], previous?: Assignment): AssignableMember[] {
  return members.map(({ memberId, topics: chosen }) => ({
    memberId,
    sortKey: memberId,
    topicIds: new Set(chosen.flatMap((index) => topics[index]?.topicId ?? [])),
    previous: previous?.get(memberId) ?? new Set(),
  }));
}

const assign = (name: AssignorName, members: readonly AssignableMember[], topics: readonly AssignableTopic[]) =>
  assignors[name](sortedMembers(members), sortedTopics(topics));

const plain = (assignment: Assignment) => [...assignment].map(([memberId, keys]) => [memberId, [...keys].sort()]);

describe.each(assignorNames)('the %s assignor', (name) => {
  it('[I-3d] gives every subscribed partition to exactly one of its subscribers', () => {
    fc.assert(
      fc.property(cluster, crowd, (topics, people) => {
        const members = membersOf(people, topics);
        const assignment = assign(name, members, topics);
        const given = [...assignment].flatMap(([memberId, keys]) => [...keys].map((key) => ({ memberId, key })));
        const expected = topics
          .filter(({ topicId }) => members.some(({ topicIds }) => topicIds.has(topicId)))
          .flatMap(({ topicId, partitionCount }) =>
            Array.from({ length: partitionCount }, (_, partition) => partitionKey(topicId, partition)),
          );
        expect(given.map(({ key }) => key).sort()).toEqual(expected.sort());
        for (const { memberId, key } of given) {
          const member = members.find((candidate) => candidate.memberId === memberId)!;
          expect(member.topicIds.has(key.split('/')[0]!)).toBe(true);
        }
      }),
    );
  });

  it('answers the same whatever the order of what it is given', () => {
    fc.assert(
      fc.property(cluster, crowd, fc.infiniteStream(fc.nat()), (topics, people, numbers) => {
        const shuffled = <T>(items: readonly T[]) =>
          items
            .map((item) => ({ item, key: numbers.next().value as number }))
            .sort((one, other) => one.key - other.key)
            .map(({ item }) => item);
        const members = membersOf(people, topics);
        expect(plain(assign(name, shuffled(members), shuffled(topics)))).toEqual(plain(assign(name, members, topics)));
      }),
    );
  });
});

describe.each(['sticky', 'uniform'] as const)('the %s assignor', (name) => {
  it('is even to within one partition when all subscribe alike', () => {
    fc.assert(
      fc.property(cluster, fc.integer({ min: 1, max: 9 }), (topics, count) => {
        const people = Array.from({ length: count }, (_, index) => ({ memberId: `m${index}`, topics: [0, 1, 2, 3] }));
        const sizes = [...assign(name, membersOf(people, topics), topics).values()].map(({ size }) => size);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the sticky assignor', () => {
  it('changes nothing when nothing changed', () => {
    fc.assert(
      fc.property(cluster, crowd, (topics, people) => {
        const first = assign('sticky', membersOf(people, topics), topics);
        expect(plain(assign('sticky', membersOf(people, topics, first), topics))).toEqual(plain(first));
      }),
    );
  });

  it('leaves everyone else what they had when a member goes', () => {
    fc.assert(
      fc.property(cluster, fc.integer({ min: 2, max: 9 }), (topics, count) => {
        const people = Array.from({ length: count }, (_, index) => ({ memberId: `m${index}`, topics: [0, 1, 2, 3] }));
        const first = assign('sticky', membersOf(people, topics), topics);
        const rest = people.slice(1);
        const second = assign('sticky', membersOf(rest, topics, first), topics);
        for (const { memberId } of rest) expect(first.get(memberId)!.isSubsetOf(second.get(memberId)!)).toBe(true);
      }),
    );
  });

  it('moves no more than a newcomer needs', () => {
    const topics = [{ topic: 'alpha', topicId: 'alpha-id', partitionCount: 64 }];
    const people = Array.from({ length: 32 }, (_, index) => ({ memberId: `m${index}`, topics: [0] }));
    const first = assign('sticky', membersOf(people.slice(1), topics), topics);
    const second = assign('sticky', membersOf(people, topics, first), topics);
    const moved = [...first].reduce((sum, [memberId, keys]) => sum + keys.difference(second.get(memberId)!).size, 0);
    expect(second.get('m0')!.size).toBe(2);
    expect(moved).toBe(2);
  });
});

it('the range assignor puts partitions of the same number together', () => {
  const topics = [
    { topic: 'alpha', topicId: 'alpha-id', partitionCount: 5 },
    { topic: 'beta', topicId: 'beta-id', partitionCount: 5 },
  ];
  const people = ['a', 'b'].map((memberId) => ({ memberId, topics: [0, 1] }));
  expect(plain(assign('range', membersOf(people, topics), topics))).toEqual([
    ['a', ['alpha-id/0', 'alpha-id/1', 'alpha-id/2', 'beta-id/0', 'beta-id/1', 'beta-id/2']],
    ['b', ['alpha-id/3', 'alpha-id/4', 'beta-id/3', 'beta-id/4']],
  ]);
});
