import type { DeletedRecordsJson } from '../contracts/maintenance.ts';
import type { PartitionRecoveryJson, TopicTimelineJson } from '../contracts/partitions.ts';
import type { TopicJson } from '../contracts/topics.ts';
import { type HttpDoor, jsonBody, topicPath } from './http-door.ts';
import { type PartitionReport, partitionReportOf } from './partition-report.ts';

/** A topic as the platform describes it. */
export type Topic = {
  readonly name: string;
  /** New at each creation: two topics of one name at different times have different ids. */
  readonly topicId: string;
  readonly partitions: number;
  /** Every key in force, under Kafka's names. */
  readonly config: Readonly<Record<string, string>>;
  /** Only the keys that were set for this topic. */
  readonly configOverrides: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** When one topic is described: what its partitions last reported; one that was never written to may have none. */
  readonly partitionReports?: readonly PartitionReport[];
};

/** What accepting a partition's loss came to. */
export type PartitionRecovery = {
  readonly partition: number;
  /** False when nothing was missing, and nothing was changed. */
  readonly recovered: boolean;
  readonly leaderEpoch: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** Where the log ended when it was last seen whole: the offsets from `highWatermark` up to it were lost. */
  readonly witnessedHighWatermark: number | null;
};

/** Of a topic with many partitions, some of them stand for all. */
export type TopicTimeline = {
  readonly partitionCount: number;
  readonly partitions: readonly {
    readonly partition: number;
    readonly logStartOffset: number;
    readonly highWatermark: number;
    /** Of the first record; null when there is none. */
    readonly firstTimestamp: number | null;
    /** All records below `offset` were there when the largest timestamp of the log was `timestamp`. */
    readonly points: readonly { readonly offset: number; readonly timestamp: number }[];
  }[];
};

export type TopicConfigValue = string | number | boolean;

export type CreateTopicOptions = {
  readonly name: string;
  /** 1 by default. */
  readonly partitions?: number;
  /** Kafka's keys, e.g. `{ 'retention.ms': 86_400_000 }`. */
  readonly config?: Readonly<Record<string, TopicConfigValue>>;
  readonly signal?: AbortSignal;
};

export type AlterTopicOptions = {
  /** May only grow. */
  readonly partitions?: number;
  /** `null` resets a key to its default. */
  readonly config?: Readonly<Record<string, TopicConfigValue | null>>;
  readonly signal?: AbortSignal;
};

export type ListTopicsOptions = { readonly prefix?: string; readonly signal?: AbortSignal };

export type DeleteRecordsOptions = {
  readonly topic: string;
  readonly partition: number;
  /** The first offset to keep. */
  readonly before: number | 'latest';
  readonly signal?: AbortSignal;
};

type Cancellable = { readonly signal?: AbortSignal };

/** How many topics one page of a listing asks for. */
const topicsPerPage = 500;

/** The topics of the cluster. Every verb rejects with a MillraceError. */
export class Topics {
  readonly #door: HttpDoor;

  constructor(door: HttpDoor) {
    this.#door = door;
  }

  async create({ signal, ...topic }: CreateTopicOptions): Promise<Topic> {
    return topicOf(await this.#door.json({ method: 'POST', path: '/v1/topics', body: jsonBody(topic), signal }));
  }

  /** All topics in the order of their names, page after page as they are asked for. */
  async *list({ prefix, signal }: ListTopicsOptions = {}): AsyncGenerator<Topic, void, undefined> {
    const query = { prefix, limit: topicsPerPage };
    const pages = this.#door.pages<TopicPage>({ method: 'GET', path: '/v1/topics', query, signal });
    for await (const page of pages) yield* page.topics.map(topicOf);
  }

  async describe(name: string, { signal }: Cancellable = {}): Promise<Topic> {
    return topicOf(await this.#door.json({ method: 'GET', path: topicPath(name), signal }));
  }

  async alter(name: string, { signal, ...changes }: AlterTopicOptions): Promise<Topic> {
    return topicOf(await this.#door.json({ method: 'PATCH', path: topicPath(name), body: jsonBody(changes), signal }));
  }

  /**
   * Accepts a partition that answers LOG_TRUNCATED as it is: what it lost stays lost, and its offsets are given again.
   */
  async recover(name: string, partition: number, { signal }: Cancellable = {}): Promise<PartitionRecovery> {
    const json: PartitionRecoveryJson = await this.#door.json({
      method: 'POST',
      path: topicPath(name, `/partitions/${partition}/recover`),
      body: jsonBody({ policy: 'truncate' }),
      signal,
    });
    return {
      partition: json.partition,
      recovered: json.recovered,
      leaderEpoch: json.leader_epoch,
      logStartOffset: json.log_start_offset,
      highWatermark: json.high_watermark,
      witnessedHighWatermark: json.witnessed_high_watermark,
    };
  }

  /** Deletes a partition's records below an offset, or all there are now; answers the first offset that is left. */
  async deleteRecords({ topic, partition, before, signal }: DeleteRecordsOptions): Promise<number> {
    const deleted: DeletedRecordsJson = await this.#door.json({
      method: 'DELETE',
      path: topicPath(topic, `/partitions/${partition}/records`),
      query: { before },
      signal,
    });
    return deleted.log_start_offset;
  }

  /** How the time of records grows along the topic's logs: for a histogram over time. */
  async timeline(
    name: string,
    { partition, signal }: Cancellable & { readonly partition?: number | undefined } = {},
  ): Promise<TopicTimeline> {
    const path = topicPath(name, '/timeline');
    const json: TopicTimelineJson = await this.#door.json({ method: 'GET', path, query: { partition }, signal });
    return {
      partitionCount: json.partition_count,
      partitions: json.partitions.map((timeline) => ({
        partition: timeline.partition,
        logStartOffset: timeline.log_start_offset,
        highWatermark: timeline.high_watermark,
        firstTimestamp: timeline.first_timestamp,
        points: timeline.points,
      })),
    };
  }

  /** Deletes the topic with all its records, for good. */
  async delete(name: string, { signal }: Cancellable = {}): Promise<void> {
    await this.#door.empty({ method: 'DELETE', path: topicPath(name), signal });
  }
}

type TopicPage = { readonly topics: readonly TopicJson[]; readonly next_cursor: string | null };

function topicOf(json: TopicJson): Topic {
  return {
    name: json.name,
    topicId: json.topic_id,
    partitions: json.partitions,
    config: json.config,
    configOverrides: json.config_overrides,
    createdAt: json.created_at,
    ...(json.partition_reports === undefined
      ? {}
      : { partitionReports: json.partition_reports.map(partitionReportOf) }),
  };
}
