import type {
  ShareGroupDescriptionJson,
  ShareGroupJson,
  ShareGroupListJson,
  ShareResetAnswerJson,
} from '../contracts/share-groups.ts';
import { type HttpDoor, jsonBody } from './http-door.ts';

export type ShareStart = 'earliest' | 'latest' | { readonly timestamp: number };

export type ShareGroupConfig = {
  readonly lockDurationMs: number;
  readonly deliveryLimit: number;
  readonly redeliveryDelayMs: number;
  readonly deadLetterTopic: string | null;
  readonly start: ShareStart;
};

/** How one partition stands in a share group. */
export type SharePartition = {
  readonly topic: string;
  readonly partition: number;
  /** Everything below it is decided; null before the group began here. */
  readonly startOffset: number | null;
  readonly highWatermark: number | null;
  readonly available: number;
  readonly acquired: number;
  /** Records whose dead letter is not written yet, and why that failed last. */
  readonly deadLetters: number;
  readonly deadLetterFailure: string | null;
  readonly accepted: number;
  readonly archived: number;
  readonly deadLettered: number;
};

export type ShareGroupDescription = {
  readonly group: string;
  readonly state: 'empty' | 'stable';
  readonly createdAt: number;
  readonly config: ShareGroupConfig;
  readonly members: readonly {
    readonly memberId: string;
    readonly clientId: string;
    readonly topics: readonly string[];
  }[];
  readonly partitions: readonly SharePartition[];
};

export type ShareReset = { readonly topic: string; readonly partition: number; readonly startOffset: number };

type Cancellable = { readonly signal?: AbortSignal };

/** How many groups one page of a listing asks for. */
const groupsPerPage = 500;

/** The share groups of the cluster. Every verb rejects with a MillraceError. */
export class ShareGroups {
  readonly #door: HttpDoor;

  constructor(door: HttpDoor) {
    this.#door = door;
  }

  /** All share groups in the order of their ids, page after page as they are asked for. */
  async *list({
    prefix,
    signal,
  }: Cancellable & { readonly prefix?: string } = {}): AsyncGenerator<
    ShareGroupListJson['groups'][number],
    void,
    undefined
  > {
    const query = { prefix, limit: groupsPerPage };
    const pages = this.#door.pages<ShareGroupListJson>({ method: 'GET', path: '/v1/share-groups', query, signal });
    for await (const page of pages) yield* page.groups;
  }

  /** Creates a share group; one that exists is answered as it is. */
  async create(
    group: string,
    { signal, ...config }: Partial<ShareGroupConfig> & Cancellable = {},
  ): Promise<ShareGroupConfig> {
    const body = jsonBody({ group, ...configJson(config) });
    return configOf(await this.#door.json<ShareGroupJson>({ method: 'POST', path: '/v1/share-groups', body, signal }));
  }

  async alter(
    group: string,
    { signal, ...config }: Partial<ShareGroupConfig> & Cancellable,
  ): Promise<ShareGroupConfig> {
    const body = jsonBody(configJson(config));
    return configOf(
      await this.#door.json<ShareGroupJson>({ method: 'PATCH', path: shareGroupPath(group), body, signal }),
    );
  }

  async describe(group: string, { signal }: Cancellable = {}): Promise<ShareGroupDescription> {
    const json: ShareGroupDescriptionJson = await this.#door.json({
      method: 'GET',
      path: shareGroupPath(group),
      signal,
    });
    return {
      group: json.group,
      state: json.state,
      createdAt: json.created_at,
      config: configOf(json),
      members: json.members.map(({ member_id, client_id, topics }) => ({
        memberId: member_id,
        clientId: client_id,
        topics,
      })),
      partitions: json.partitions.map((partition) => ({
        topic: partition.topic,
        partition: partition.partition,
        startOffset: partition.start_offset,
        highWatermark: partition.high_watermark,
        available: partition.available,
        acquired: partition.acquired,
        deadLetters: partition.dead_letters,
        deadLetterFailure: partition.dead_letter_failure,
        accepted: partition.accepted,
        archived: partition.archived,
        deadLettered: partition.dead_lettered,
      })),
    };
  }

  /** Begins anew elsewhere, while the group has no members. */
  async reset(
    group: string,
    { to, topics, signal }: Cancellable & { readonly to: ShareStart; readonly topics?: readonly string[] },
  ): Promise<ShareReset[]> {
    const answer: ShareResetAnswerJson = await this.#door.json({
      method: 'POST',
      path: `${shareGroupPath(group)}/reset`,
      body: jsonBody({ to, topics }),
      signal,
    });
    return answer.partitions.map(({ topic, partition, start_offset }) => ({
      topic,
      partition,
      startOffset: start_offset,
    }));
  }

  /** Ends a share group that has no members; its records stay in their topics. */
  async delete(group: string, { signal }: Cancellable = {}): Promise<void> {
    await this.#door.empty({ method: 'DELETE', path: shareGroupPath(group), signal });
  }
}

/** `/v1/share-groups/{group}` with the id escaped. */
export function shareGroupPath(group: string): string {
  return `/v1/share-groups/${encodeURIComponent(group)}`;
}

function configJson(config: Partial<ShareGroupConfig>) {
  return {
    lock_duration_ms: config.lockDurationMs,
    delivery_limit: config.deliveryLimit,
    redelivery_delay_ms: config.redeliveryDelayMs,
    dead_letter_topic: config.deadLetterTopic,
    start: config.start,
  };
}

function configOf({ config }: Pick<ShareGroupJson, 'config'>): ShareGroupConfig {
  return {
    lockDurationMs: config.lock_duration_ms,
    deliveryLimit: config.delivery_limit,
    redeliveryDelayMs: config.redelivery_delay_ms,
    deadLetterTopic: config.dead_letter_topic,
    start: config.start,
  };
}
