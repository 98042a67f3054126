import { queryOptions } from '@tanstack/react-query';
import type { Client, Topic } from '../../../src/client/index.ts';

const firstTopicCheckMs = 2_000;

type Scope = readonly [string, string];

/** All topics: a listing is paged by the server, and ten thousand of them are a few calls. */
export function topicsQuery(client: Client, scope: Scope) {
  return queryOptions({
    queryKey: [...scope, 'topics'],
    queryFn: async ({ signal }): Promise<readonly Topic[]> => Array.fromAsync(client.topics.list({ signal })),
    staleTime: 10_000,
    // Who makes the first topic from a terminal sees it come up here.
    refetchInterval: ({ state }) => (state.data?.length === 0 ? firstTopicCheckMs : false),
    // Comparing ten thousand topics key by key with those of before would stop the page for longer than drawing does.
    structuralSharing: false,
  });
}

export function topicNamesQuery(client: Client, scope: Scope) {
  return { ...topicsQuery(client, scope), select: (topics: readonly Topic[]) => topics.map(({ name }) => name) };
}

export function topicQuery(client: Client, scope: Scope, topic: string) {
  return queryOptions({
    queryKey: [...scope, 'topic', topic],
    queryFn: ({ signal }) => client.topics.describe(topic, { signal }),
  });
}
