import type { ActivityJson, LagHistoryJson, ThroughputHistoryJson } from '../contracts/history.ts';
import { groupPath } from './group-door.ts';
import type { HttpDoor } from './http-door.ts';

/** What was taken in and kept, in the fields of the API. */
export type ThroughputHistory = ThroughputHistoryJson;

/** How far behind a consumer group was, in the fields of the API. */
export type LagHistory = LagHistoryJson;

/** The busiest topics and the groups furthest behind, in the fields of the API. */
export type Activity = ActivityJson;

export type HistoryQuery = {
  /** Times in ms since 1970; the last hour by default. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** The width of a point; by default the finest by which there are at most 200. */
  readonly stepMs?: 60_000 | 300_000 | 3_600_000 | 86_400_000 | undefined;
  readonly signal?: AbortSignal;
};

/** What the platform keeps of the past of a cluster, its topics and its groups. Every verb rejects with a MillraceError. */
export class History {
  readonly #door: HttpDoor;

  constructor(door: HttpDoor) {
    this.#door = door;
  }

  cluster(query: HistoryQuery = {}): Promise<ThroughputHistory> {
    return this.#read('/v1/history', query);
  }

  topic(topic: string, query: HistoryQuery = {}): Promise<ThroughputHistory> {
    return this.#read(`/v1/topics/${encodeURIComponent(topic)}/history`, query);
  }

  group(group: string, query: HistoryQuery = {}): Promise<LagHistory> {
    return this.#read(`${groupPath(group)}/history`, query);
  }

  /** What goes on now; 20 of each by default. */
  activity({
    limit,
    signal,
  }: {
    readonly limit?: number | undefined;
    readonly signal?: AbortSignal;
  } = {}): Promise<Activity> {
    return this.#door.json({ method: 'GET', path: '/v1/activity', query: { limit }, signal });
  }

  #read<T>(path: string, { from, to, stepMs, signal }: HistoryQuery): Promise<T> {
    return this.#door.json({ method: 'GET', path, query: { from, to, step_ms: stepMs }, signal });
  }
}
