import { queryOptions } from '@tanstack/react-query';
import type { Client, DeadLetter, GroupSummary } from '../../../src/client/index.ts';

type Scope = readonly [string, string];

/** Members come and go: what is seen is asked for again this often. */
const refreshMs = 5_000;

export function groupsQuery(client: Client, scope: Scope) {
  return queryOptions({
    queryKey: [...scope, 'groups'],
    queryFn: async ({ signal }): Promise<readonly GroupSummary[]> => Array.fromAsync(client.groups.list({ signal })),
    refetchInterval: refreshMs,
  });
}

export function groupNamesQuery(client: Client, scope: Scope) {
  return {
    ...groupsQuery(client, scope),
    refetchInterval: false as const,
    select: (groups: readonly GroupSummary[]) => groups.map(({ group }) => group),
  };
}

export function groupQuery(client: Client, scope: Scope, group: string) {
  return queryOptions({
    queryKey: [...scope, 'group', group],
    queryFn: ({ signal }) => client.groups.describe(group, { signal }),
    refetchInterval: refreshMs,
  });
}

/** The resets of a group that can be put back, the newest first. */
export function groupResetsQuery(client: Client, scope: Scope, group: string) {
  return queryOptions({
    queryKey: [...scope, 'group-resets', group],
    queryFn: ({ signal }) => client.groups.resets(group, { signal }),
  });
}

export function shareGroupsQuery(client: Client, scope: Scope) {
  return queryOptions({
    queryKey: [...scope, 'share-groups'],
    queryFn: async ({ signal }) => Array.fromAsync(client.shareGroups.list({ signal })),
    refetchInterval: refreshMs,
  });
}

export function shareGroupQuery(client: Client, scope: Scope, group: string) {
  return queryOptions({
    queryKey: [...scope, 'share-group', group],
    queryFn: ({ signal }) => client.shareGroups.describe(group, { signal }),
    refetchInterval: refreshMs,
  });
}

/** Letters that one look has at most. */
const lettersShown = 200;

/** The oldest dead letters of a share group that are still there; `isWhole` says that there are no more. */
export function deadLettersQuery(client: Client, scope: Scope, group: string) {
  return queryOptions({
    queryKey: [...scope, 'dead-letters', group],
    queryFn: async ({ signal }): Promise<{ letters: readonly DeadLetter[]; isWhole: boolean }> => {
      const letters: DeadLetter[] = [];
      for await (const letter of client.deadLetters(group, { signal })) {
        if (letters.length === lettersShown) return { letters, isWhole: false };
        letters.push(letter);
      }
      return { letters, isWhole: true };
    },
    refetchInterval: refreshMs,
  });
}
