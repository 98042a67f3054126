import { queryOptions } from '@tanstack/react-query';
import type { Client } from '../../../src/client/index.ts';
import { type TimeRange, usualRange } from './time-range.ts';

type Scope = readonly [string, string];

/** Partitions report every five seconds; nobody sees more of a chart by asking as often. */
const refetchMs = 15_000;

const windowOf = ({ lengthMs, stepMs }: TimeRange) => ({ from: Date.now() - lengthMs, stepMs });

export function clusterHistoryQuery(client: Client, scope: Scope, range: TimeRange) {
  return queryOptions({
    queryKey: [...scope, 'history', range.name],
    queryFn: ({ signal }) => client.history.cluster({ ...windowOf(range), signal }),
    refetchInterval: refetchMs,
  });
}

export function topicHistoryQuery(client: Client, scope: Scope, topic: string, range: TimeRange) {
  return queryOptions({
    queryKey: [...scope, 'topic-history', topic, range.name],
    queryFn: ({ signal }) => client.history.topic(topic, { ...windowOf(range), signal }),
    refetchInterval: refetchMs,
  });
}

/** A group is measured every five minutes, so its past need not be read as often as it itself. */
export function lagHistoryQuery(client: Client, scope: Scope, group: string, range: TimeRange = usualRange) {
  return queryOptions({
    queryKey: [...scope, 'lag-history', group, range.name],
    queryFn: ({ signal }) => client.history.group(group, { ...windowOf(range), signal }),
    refetchInterval: 60_000,
  });
}

/** What goes on now: the busiest topics, and the groups furthest behind. */
export function activityQuery(client: Client, scope: Scope, limit: number) {
  return queryOptions({
    queryKey: [...scope, 'activity', limit],
    queryFn: ({ signal }) => client.history.activity({ limit, signal }),
    refetchInterval: refetchMs,
    // Up to a thousand of each, of which most change every time.
    structuralSharing: false,
  });
}
