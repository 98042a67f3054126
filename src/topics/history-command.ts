import type { MetricValues } from '../history/metric.ts';
import type { MetricSeries } from '../history/metric-series.ts';

/** Of what there is a history: the cluster, each topic, and each consumer group. */
export type HistorySubject =
  | { readonly kind: 'cluster' }
  | { readonly kind: 'topic'; readonly topic: string }
  | { readonly kind: 'group'; readonly groupId: string };

/** How far behind a group was found; null when it could not be found out, or nothing is committed. */
export type MeasuredLag = { readonly groupId: string; readonly lag: number | null; readonly lagMs: number | null };

/** What a topic takes in now, by what its partitions told in the last minute, and what it keeps. */
export type TopicActivity = {
  readonly topic: string;
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly localBytes: number;
  readonly remoteBytes: number;
};

/** How far behind a group was when it was measured last. */
export type GroupActivity = {
  readonly groupId: string;
  readonly lag: number;
  readonly lagMs: number;
  readonly measuredAtMs: number;
};

/** What a cluster's object is asked about what is kept of the past. Each may be repeated. */
export type HistoryCommand =
  /** Enters what partitions told in the series of their topics; answers which groups are due to be measured. */
  | { readonly kind: 'rollUp' }
  | { readonly kind: 'recordLags'; readonly lags: readonly MeasuredLag[] }
  | {
      readonly kind: 'read';
      readonly subject: HistorySubject;
      readonly fromMs: number;
      readonly toMs: number;
      readonly stepMs: number;
    }
  /** The busiest topics, and the groups that are furthest behind, `limit` each. */
  | { readonly kind: 'readActivity'; readonly limit: number };

export type HistoryReply =
  | {
      readonly kind: 'rolledUp';
      readonly groupIds: readonly string[];
      /** Whether an alert watches what the organization uses of its budget, which the cluster cannot know. */
      readonly wantsBudget: boolean;
    }
  | { readonly kind: 'recorded' }
  | { readonly kind: 'series'; readonly series: MetricSeries; readonly latest: MetricValues }
  | { readonly kind: 'activity'; readonly topics: readonly TopicActivity[]; readonly groups: readonly GroupActivity[] };
