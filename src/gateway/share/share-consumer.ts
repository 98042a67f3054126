import type { ValueRendering } from '../../contracts/record-json.ts';
import { type Failure, failed, ok, type Result } from '../../errors/result.ts';
import type { ShareGroup, ShareGroupRpc, ShareHeartbeatReply, SharePlace } from '../../groups/share/share-group-rpc.ts';
import type { SharePartitionRpc } from '../../groups/share/share-partition-rpc.ts';
import type { AcknowledgeCommand } from '../../groups/share/share-state.ts';
import type { ClusterRef } from '../../topics/catalog-rpc.ts';
import type { UntilRecords } from '../group-consumer.ts';
import type { TopicRoutes } from '../ports.ts';
import { inWaves, partitionsAtOnce } from '../waves.ts';
import { isAddedTo, isGone, shareCallOf } from './share-call.ts';
import type { ShareGroupMemory } from './share-group-memory.ts';
import type { ShareRecords } from './share-records.ts';

/** Who works in a share group, and which topics it reads. */
export type ShareWorker = {
  readonly groupId: string;
  /** Null for a caller that is no member. */
  readonly memberId: string | null;
  readonly clientId: string;
  readonly topics: readonly string[];
};

export type ShareAcquisition = ShareWorker & {
  readonly maxRecords: number;
  /** Soft: the first batch of records always comes. */
  readonly maxBytes: number;
  readonly waitMs: number;
  readonly as: ValueRendering;
  /** True once nobody waits for the records any more: what was taken meanwhile is given back. */
  readonly isAbandoned?: () => boolean;
};

export type ShareAcquired = {
  readonly memberId: string;
  readonly group: ShareGroup;
  readonly sessionTimeoutMs: number;
  /** JSON texts of records. */
  readonly texts: readonly string[];
};

export type ShareAcknowledgement = AcknowledgeCommand & { readonly topic: string; readonly partition: number };

export type ShareConsumerPorts = {
  readonly cluster: ClusterRef;
  readonly groups: ShareGroupRpc;
  readonly partitions: SharePartitionRpc;
  readonly routes: TopicRoutes;
  readonly records: ShareRecords;
  readonly memory: ShareGroupMemory;
  /** A random id, never given before. */
  readonly newId: () => string;
  readonly random: () => number;
};

/** Partitions beside a member's own that one call looks at, when its own have nothing. */
const otherPartitions = 12;

/** A release by another member is seen after this long at the latest; new records and run-out locks at once. */
const lookAgainMs = 2_000;

/**
 * A member that waits is heard of this often (Kafka's group.share.heartbeat.interval.ms). The group keeps its members in
 * memory alone, and the runtime takes an object out of it that nobody has called for ten seconds.
 */
const heartbeatMs = 5_000;

/** Acquisitions that come to nothing but gaps (retention, compaction) are made again this often in one look. */
const gapRounds = 3;

/** What one look at the partitions brought. */
type Look = {
  readonly texts: readonly string[];
  readonly failure: Failure | null;
  /** What was looked at in vain, and from where on there is news. */
  readonly ends: readonly (SharePlace & { readonly from: number })[];
  readonly nextChangeInMs: number | null;
};

/** Consumption in a share group for callers without a connection: acquire, and acknowledge. */
export class ShareConsumer {
  readonly #ports: ShareConsumerPorts;

  constructor(ports: ShareConsumerPorts) {
    this.#ports = ports;
  }

  async acquire(request: ShareAcquisition, untilRecords: UntilRecords): Promise<Result<ShareAcquired>> {
    const existing = await this.#checkTopics(request.topics);
    if (!existing.ok) return existing;
    let beaten = await this.hear(request);
    if (!beaten.ok) return beaten;
    const holder = request.memberId ?? this.#ports.newId();
    let leftMs = request.waitMs;
    for (let sinceBeatMs = 0; ; ) {
      if (sinceBeatMs >= heartbeatMs) {
        beaten = await this.hear(request);
        if (!beaten.ok) return beaten;
        sinceBeatMs = 0;
      }
      const look = await this.#look(request, holder, beaten.value);
      const isOver = leftMs <= 0 || request.isAbandoned?.() === true;
      if (look.texts.length > 0 || (isOver && look.failure === null)) {
        const { group, sessionTimeoutMs } = beaten.value;
        return ok({ memberId: holder, group, sessionTimeoutMs, texts: look.texts });
      }
      if (look.failure !== null) return { ok: false, error: look.failure };
      const waitMs = Math.max(1, Math.min(leftMs, lookAgainMs, look.nextChangeInMs ?? lookAgainMs));
      const starts = look.ends.map((end) => ({ ...end, offset: null, isPending: false, isAdded: false }));
      await untilRecords(starts, waitMs);
      sinceBeatMs += waitMs;
      leftMs = request.isAbandoned?.() === true ? 0 : leftMs - waitMs;
    }
  }

  /** Tells the group that the member is there, and that it begins where it has not begun. */
  async hear({ groupId, memberId, clientId, topics }: ShareWorker): Promise<Result<ShareHeartbeatReply>> {
    const ref = { ...this.#ports.cluster, groupId };
    const beaten = await this.#ports.groups.heartbeat({ ref, memberId, clientId, topics });
    if (!beaten.ok) return beaten;
    const own = topics.find((topic) => topic === beaten.value.group.config.deadLetterTopic);
    if (own !== undefined) return readsItsOwnLetters(own);
    const begun = await this.#begin(beaten.value);
    return begun.ok ? beaten : begun;
  }

  async leave(groupId: string, memberId: string): Promise<Result<null>> {
    return this.#ports.groups.leave({ ...this.#ports.cluster, groupId }, memberId);
  }

  /** One result an acknowledgement, in their order. */
  async acknowledge(
    groupId: string,
    acknowledgements: readonly ShareAcknowledgement[],
  ): Promise<Result<readonly Result<null>[]>> {
    const first = await this.#acknowledgeOnce(groupId, acknowledgements);
    if (!first.ok || first.value.every((result) => result.ok || result.error.code !== 'GROUP_ID_NOT_FOUND'))
      return first;
    // The group was deleted, and perhaps founded anew, since it was last looked up.
    this.#ports.memory.forget({ ...this.#ports.cluster, groupId });
    return this.#acknowledgeOnce(groupId, acknowledgements);
  }

  async #acknowledgeOnce(groupId: string, acknowledgements: readonly ShareAcknowledgement[]) {
    const group = await this.#ports.memory.find(this.#ports.groups, { ...this.#ports.cluster, groupId });
    if (!group.ok) return group;
    const results = new Array<Result<null>>(acknowledgements.length);
    const indexed = acknowledgements.map((entry, index) => ({ entry, index }));
    const parts = [...Map.groupBy(indexed, ({ entry }) => `${entry.partition}/${entry.topic}`).values()];
    await inWaves(parts, async (part) => {
      const [head] = part;
      if (head === undefined) return;
      const answered = await this.#acknowledgePart(group.value, head.entry, part);
      for (const [at, { index }] of part.entries()) results[index] = answered.ok ? answered.value[at]! : answered;
    });
    return ok(results);
  }

  async #acknowledgePart(
    group: ShareGroup,
    { topic, partition }: ShareAcknowledgement,
    part: readonly { readonly entry: ShareAcknowledgement }[],
  ): Promise<Result<readonly Result<null>[]>> {
    const route = await this.#ports.routes.find(topic);
    if (!route.ok) return route;
    const call = shareCallOf(this.#ports.cluster, group, { topic, topicId: route.value.topicId, partition }, false);
    return this.#ports.partitions.acknowledge(
      call,
      part.map(({ entry }) => entry),
    );
  }

  async #checkTopics(topics: readonly string[]): Promise<Result<null>> {
    for (const topic of topics) {
      const route = await this.#ports.routes.find(topic);
      if (!route.ok) return route;
    }
    return ok(null);
  }

  /**
   * Gives every partition of a topic that is new to the group its start, all at once: a group that begins at the end of
   * a topic then misses nothing of a partition that it first looks at later.
   */
  async #begin({ group, topics }: ShareHeartbeatReply): Promise<Result<null>> {
    const fresh = topics.filter(({ begunPartitionCount }) => begunPartitionCount === 0);
    if (fresh.length === 0) return ok(null);
    const places = fresh.flatMap(({ topic, topicId, partitionCount }) =>
      Array.from({ length: partitionCount }, (_, partition) => ({ topic, topicId, partition })),
    );
    const opened = await inWaves(places, (place) =>
      this.#ports.partitions.open(shareCallOf(this.#ports.cluster, group, place, false)),
    );
    for (const open of opened) if (!open.ok && !isGone(open.error)) return open;
    const ref = { ...this.#ports.cluster, groupId: group.groupId };
    return this.#ports.groups.begun(ref, group.shareGroupId, fresh);
  }

  async #look(request: ShareAcquisition, holder: string, reply: ShareHeartbeatReply): Promise<Look> {
    const texts: string[] = [];
    const ends: (SharePlace & { from: number })[] = [];
    let failure: Failure | null = null;
    let nextChangeInMs: number | null = null;
    let leftBytes = request.maxBytes;
    const { own, others } = this.#places(reply);
    const left = [...own, ...others];
    while (left.length > 0) {
      const leftRecords = request.maxRecords - texts.length;
      // Other members' partitions are looked at only so that nothing waits for a member that is busy or gone.
      const isOwn = left.length > others.length;
      if (leftRecords <= 0 || leftBytes <= 0 || (!isOwn && texts.length > 0)) break;
      // As many at a time as there may be records, so that all together do not bring more.
      const ofKind = isOwn ? left.length - others.length : left.length;
      const places = left.splice(0, Math.min(partitionsAtOnce, leftRecords, ofKind));
      const part = {
        maxRecords: Math.floor(leftRecords / places.length),
        maxBytes: Math.ceil(leftBytes / places.length),
      };
      const taken = await Promise.all(places.map((place) => this.#take({ ...request, ...part }, holder, reply, place)));
      for (const found of taken) {
        texts.push(...found.texts);
        leftBytes -= found.readBytes;
        failure ??= found.failure;
        if (found.end !== null) ends.push(found.end);
        if (found.nextChangeInMs !== null) nextChangeInMs = Math.min(nextChangeInMs ?? Infinity, found.nextChangeInMs);
      }
    }
    return { texts, failure, ends, nextChangeInMs };
  }

  /** Acquires and reads of one partition. */
  async #take(request: ShareAcquisition, holder: string, { group, topics }: ShareHeartbeatReply, place: SharePlace) {
    const nothing = { texts: [] as readonly string[], readBytes: 0, end: null, nextChangeInMs: null };
    const call = shareCallOf(this.#ports.cluster, group, place, isAddedTo(topics, place));
    for (let round = 1; ; round += 1) {
      const lockId = this.#ports.newId();
      const acquired = await this.#ports.partitions.acquire({
        call,
        memberId: holder,
        lockId,
        maxRecords: request.maxRecords,
      });
      if (!acquired.ok) return { ...nothing, failure: isGone(acquired.error) ? null : acquired.error };
      const { acquired: ranges, highWatermark, nextChangeInMs } = acquired.value;
      const end = { ...place, from: highWatermark };
      if (ranges.length === 0) return { ...nothing, end, nextChangeInMs, failure: null };
      const { maxBytes, as } = request;
      const read = await this.#ports.records.read({ ...place, lockId, acquired: ranges, maxBytes, as });
      const { gaps, readBytes } = read;
      const failure = read.failure !== null && isGone(read.failure) ? null : read.failure;
      const isAbandoned = request.isAbandoned?.() === true;
      const texts = isAbandoned ? [] : read.texts;
      const undelivered = isAbandoned ? ranges.map(({ first, last }) => ({ from: first, to: last })) : read.undelivered;
      if (undelivered.length + gaps.length > 0) {
        // When this is lost, the locks run out by themselves.
        await this.#ports.partitions.settle({ ref: call.ref, lockId, undelivered, gaps });
      }
      if (texts.length > 0 || read.failure !== null || isAbandoned || round === gapRounds) {
        return { texts, readBytes, end, nextChangeInMs, failure: texts.length > 0 ? null : failure };
      }
    }
  }

  /** What to look at: a member's own first, then some of the others, both begun somewhere else every time. */
  #places({ topics, preferred }: ShareHeartbeatReply): { own: readonly SharePlace[]; others: readonly SharePlace[] } {
    const own = new Set(preferred.map(keyOf));
    const others = topics.flatMap(({ topic, topicId, partitionCount }) =>
      Array.from({ length: partitionCount }, (_, partition) => ({ topic, topicId, partition })).filter(
        (place) => !own.has(keyOf(place)),
      ),
    );
    const othersMax = preferred.length === 0 ? others.length : otherPartitions;
    return { own: this.#rotated(preferred), others: this.#rotated(others).slice(0, othersMax) };
  }

  #rotated<T>(items: readonly T[]): T[] {
    const first = Math.floor(this.#ports.random() * items.length);
    return [...items.slice(first), ...items.slice(0, first)];
  }
}

const keyOf = ({ topicId, partition }: SharePlace): string => `${topicId}/${partition}`;

const readsItsOwnLetters = (topic: string): Result<never> =>
  failed(
    'INVALID_REQUEST',
    `Topic "${topic}" is where this share group's dead letters go; read it with another group, or they would come back.`,
  );
