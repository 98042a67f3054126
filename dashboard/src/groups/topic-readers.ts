import { queryOptions } from '@tanstack/react-query';
import { type Client, MillraceError } from '../../../src/client/index.ts';

/** A group that has read from a topic, or has it among what its members read. */
export type TopicReader = {
  readonly kind: 'groups' | 'share-groups';
  readonly group: string;
  readonly state: string;
  readonly members: number;
  /** Records of this topic that it has still to read, or that wait for its workers. */
  readonly behind: number;
  /** The longest wait of a next record in ms; null of share groups, which do not tell. */
  readonly behindMs: number | null;
};

export type TopicReaders = { readonly readers: readonly TopicReader[]; readonly isWhole: boolean };

/** Groups of each kind that one look asks, one call each: those that somebody reads in come first. */
const groupsAsked = 50;

/** Calls that are under way at a time. */
const parallelCalls = 6;

/** Who reads a topic; `isWhole` says that every group of the cluster was asked. */
export function topicReadersQuery(client: Client, scope: readonly [string, string], topic: string) {
  return queryOptions({
    queryKey: [...scope, 'topic-readers', topic],
    queryFn: async ({ signal }): Promise<TopicReaders> => {
      const [groups, shareGroups] = await Promise.all([
        Array.fromAsync(client.groups.list({ signal })),
        Array.fromAsync(client.shareGroups.list({ signal })),
      ]);
      const questions = [
        ...inUseFirst(groups).map(
          ({ group }) =>
            () =>
              consumersOf(client, group, topic, signal),
        ),
        ...inUseFirst(shareGroups).map(
          ({ group }) =>
            () =>
              sharersOf(client, group, topic, signal),
        ),
      ];
      const readers: TopicReader[] = [];
      for (let at = 0; at < questions.length; at += parallelCalls) {
        const wave = questions.slice(at, at + parallelCalls);
        const answers = await Promise.all(wave.map((ask) => ask()));
        readers.push(...answers.filter((reader) => reader !== null));
      }
      return { readers, isWhole: groups.length <= groupsAsked && shareGroups.length <= groupsAsked };
    },
    staleTime: 10_000,
  });
}

function inUseFirst<Listed extends { readonly state: string }>(listed: readonly Listed[]): readonly Listed[] {
  return listed
    .toSorted((one, other) => Number(one.state === 'empty') - Number(other.state === 'empty'))
    .slice(0, groupsAsked);
}

async function consumersOf(client: Client, group: string, topic: string, signal: AbortSignal) {
  const described = await unlessGone(client.groups.describe(group, { signal }));
  const partitions = described?.partitions.filter((partition) => partition.topic === topic) ?? [];
  if (described === null || partitions.length === 0) return null;
  const { state, members } = described;
  return {
    kind: 'groups',
    group,
    state,
    members: members.filter(({ assignment }) => assignment[topic] !== undefined).length,
    behind: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    behindMs: Math.max(...partitions.map(({ lagMs }) => lagMs ?? 0)),
  } satisfies TopicReader;
}

async function sharersOf(client: Client, group: string, topic: string, signal: AbortSignal) {
  const described = await unlessGone(client.shareGroups.describe(group, { signal }));
  const partitions = described?.partitions.filter((partition) => partition.topic === topic) ?? [];
  if (described === null || partitions.length === 0) return null;
  const { state, members } = described;
  return {
    kind: 'share-groups',
    group,
    state,
    members: members.filter(({ topics }) => topics.includes(topic)).length,
    behind: partitions.reduce((sum, { available, acquired }) => sum + available + acquired, 0),
    behindMs: null,
  } satisfies TopicReader;
}

/** A group may be deleted between the list and the question. */
async function unlessGone<Described>(asked: Promise<Described>): Promise<Described | null> {
  try {
    return await asked;
  } catch (thrown) {
    if (thrown instanceof MillraceError && thrown.code === 'GROUP_ID_NOT_FOUND') return null;
    throw thrown;
  }
}
