import { foldValues, type MetricValues } from '../history/metric.ts';
import type { RecentWrites } from '../history/recent-writes.ts';

export type TopicRate = { readonly recordsPerSecond: number; readonly bytesPerSecond: number };

/** Of a topic of which nobody told anything. */
export const noRate: TopicRate = { recordsPerSecond: 0, bytesPerSecond: 0 };

/** What was written to each topic a second, of the minutes that begin from `fromMs` to before `toMs`. */
export function ratesOf(
  partitions: readonly { readonly topic: string; readonly recent: RecentWrites }[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): ReadonlyMap<string, TopicRate> {
  const seconds = Math.max(1, (toMs - fromMs) / 1_000);
  const sums = new Map<string, MetricValues>();
  for (const { topic, recent } of partitions) {
    for (const { startMs, values } of recent.minutes) {
      if (startMs >= fromMs && startMs < toMs) sums.set(topic, foldValues(sums.get(topic) ?? {}, values));
    }
  }
  return new Map(
    [...sums].map(([topic, { recordsIn = 0, bytesIn = 0 }]) => [
      topic,
      { recordsPerSecond: recordsIn / seconds, bytesPerSecond: bytesIn / seconds },
    ]),
  );
}
