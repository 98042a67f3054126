import { failed, ok, type Result } from '../errors/result.ts';
import type { GroupRef } from '../groups/group-ref.ts';
import type { FirstOffset, GroupRpc, ResetDescription, ResetOffset, ResetReply } from '../groups/group-rpc.ts';
import { unknownReset } from '../groups/offset-resets.ts';
import { limits } from '../limits.ts';
import type { PartitionDescription, ReadFrom } from '../log/partition-rpc.ts';
import type { ClusterRef } from '../topics/catalog-rpc.ts';
import type { PartitionEnds } from './partition-ends.ts';
import type { TopicRoutes } from './ports.ts';
import type { RecordReader } from './read.ts';
import { inWaves } from './waves.ts';

/** Where a group's offsets are to be moved. */
export type ResetTarget =
  | { readonly kind: 'earliest' | 'latest' }
  /** The first record at or after this moment; the end when there is none. */
  | { readonly kind: 'timestamp'; readonly timestampMs: number }
  | { readonly kind: 'offset'; readonly offset: number }
  /** So many records forwards, or backwards when negative. */
  | { readonly kind: 'shift'; readonly by: number }
  /** Where another group is. */
  | { readonly kind: 'group'; readonly groupId: string };

/** Which partitions: all of a topic when its list is null, all that the group knows when there is no scope. */
export type ResetScope = ReadonlyMap<string, readonly number[] | null>;

/** Where a partition's offset goes. */
export type PlannedOffset = FirstOffset & PlanFacts;

/** The same of a reset that is put back; an offset of null is taken back, since there was none. */
export type PlannedUndo = ResetOffset & PlanFacts;

type PlanFacts = {
  /** What is committed now, or null. */
  readonly current: number | null;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** True when the target lay outside the log and was moved to its nearer end. */
  readonly isClamped: boolean;
};

type Place = { readonly topic: string; readonly topicId: string; readonly partition: number };

/** Committed offsets by `{topicId}/{partition}`. */
type Committed = ReadonlyMap<string, number>;

export type OffsetResetPorts = {
  readonly cluster: ClusterRef;
  readonly groups: GroupRpc;
  readonly routes: TopicRoutes;
  readonly reader: RecordReader;
  readonly ends: PartitionEnds;
};

/** Moves a group's offsets: plans first, and changes something only when it is asked to. */
export class OffsetReset {
  readonly #ports: OffsetResetPorts;

  constructor(ports: OffsetResetPorts) {
    this.#ports = ports;
  }

  /** The offset of every partition in the scope as it would be. A group that does not exist yet may be planned for. */
  async plan(groupId: string, scope: ResetScope | null, target: ResetTarget): Promise<Result<PlannedOffset[]>> {
    const described = await this.#ports.groups.describe(this.#refOf(groupId));
    if (!described.ok && described.error.code !== 'GROUP_ID_NOT_FOUND') return described;
    const group = described.ok ? described.value : { offsets: [], topics: [] };
    const named = scope ?? new Map(group.topics.map(({ topic }) => [topic, null]));
    if (named.size === 0) {
      return described.ok
        ? failed('INVALID_REQUEST', 'The group knows no topic yet; name the topics to reset.')
        : described;
    }
    const places = await this.#places(named);
    if (!places.ok) return places;
    const others = target.kind === 'group' ? await this.#offsetsOf(target.groupId) : ok(null);
    if (!others.ok) return others;
    const current = offsetsByPlace(group.offsets);
    const wanted =
      others.value === null ? places.value : places.value.filter((place) => others.value?.has(keyOf(place)));
    const planned = await inWaves(wanted, (place) => this.#planOne(place, target, current, others.value));
    const refused = planned.find((plan) => !plan.ok);
    if (refused !== undefined && !refused.ok) return refused;
    return ok(planned.flatMap((plan) => (plan.ok ? [plan.value] : [])));
  }

  /** The resets of the group that can be put back, the newest first. */
  list(groupId: string): Promise<Result<readonly ResetDescription[]>> {
    return this.#ports.groups.listResets(this.#refOf(groupId));
  }

  /** Where the offsets were before a reset, the newest one when none is named. UNKNOWN_RESOURCE. */
  async planUndo(
    groupId: string,
    resetId: number | null,
  ): Promise<Result<{ readonly resetId: number; readonly plan: readonly PlannedUndo[] }>> {
    const listed = await this.list(groupId);
    if (!listed.ok) return listed;
    const reset = resetId === null ? listed.value[0] : listed.value.find((kept) => kept.resetId === resetId);
    if (reset === undefined) return unknownReset(resetId);
    const described = await this.#ports.groups.describe(this.#refOf(groupId));
    if (!described.ok) return described;
    const current = offsetsByPlace(described.value.offsets);
    const planned = await inWaves(reset.changes, async ({ before, after: _after, ...place }) => {
      const planned = await this.#planOne(place, { kind: 'offset', offset: before ?? 0 }, current, null);
      if (!planned.ok) return planned;
      return before === null ? ok({ ...planned.value, offset: null, isClamped: false }) : planned;
    });
    const refused = planned.find((plan) => !plan.ok);
    if (refused !== undefined && !refused.ok) return refused;
    return ok({ resetId: reset.resetId, plan: planned.flatMap((plan) => (plan.ok ? [plan.value] : [])) });
  }

  /**
   * Puts a plan into force; `undoes` is the reset that it puts back, or null. NON_EMPTY_GROUP while the group has
   * members.
   */
  apply(groupId: string, plan: readonly PlannedUndo[], undoes: number | null): Promise<Result<ResetReply>> {
    const offsets = plan.map(({ topic, topicId, partition, offset }) => ({ topic, topicId, partition, offset }));
    return this.#ports.groups.resetOffsets(this.#refOf(groupId), offsets, undoes);
  }

  #refOf(groupId: string): GroupRef {
    const { orgId, clusterId } = this.#ports.cluster;
    return { orgId, clusterId, groupId };
  }

  async #places(scope: ResetScope): Promise<Result<Place[]>> {
    const places: Place[] = [];
    for (const [topic, partitions] of scope) {
      const route = await this.#ports.routes.find(topic);
      if (!route.ok) return route;
      const { topicId, partitionCount } = route.value;
      const unknown = partitions?.find((partition) => partition >= partitionCount);
      if (unknown !== undefined) {
        return failed(
          'UNKNOWN_TOPIC_OR_PARTITION',
          `Topic "${topic}" has partitions 0 to ${partitionCount - 1}, not ${unknown}.`,
          { topic, partition: unknown },
        );
      }
      const chosen = partitions ?? Array.from({ length: partitionCount }, (_, partition) => partition);
      places.push(
        ...[...new Set(chosen)].sort((one, other) => one - other).map((partition) => ({ topic, topicId, partition })),
      );
    }
    const max = limits.partitionsPerGroup.value;
    if (places.length <= max) return ok(places);
    return failed('LIMIT_REACHED', `A reset covers ${max} partitions at most, not ${places.length}.`, { limit: max });
  }

  async #offsetsOf(groupId: string): Promise<Result<Committed>> {
    const described = await this.#ports.groups.describe(this.#refOf(groupId));
    return described.ok ? ok(offsetsByPlace(described.value.offsets)) : described;
  }

  async #planOne(
    place: Place,
    target: ResetTarget,
    current: Committed,
    others: Committed | null,
  ): Promise<Result<PlannedOffset>> {
    const described = await this.#ports.ends.describe(place);
    if (!described.ok) return described;
    const { logStartOffset, highWatermark } = described.value;
    const committed = current.get(keyOf(place)) ?? null;
    const wanted = await this.#wantedOffset(place, target, committed ?? logStartOffset, described.value, others);
    if (!wanted.ok) return wanted;
    const offset = Math.min(Math.max(wanted.value, logStartOffset), highWatermark);
    const isClamped = offset !== wanted.value;
    return ok({ ...place, offset, current: committed, logStartOffset, highWatermark, isClamped });
  }

  async #wantedOffset(
    place: Place,
    target: ResetTarget,
    from: number,
    { logStartOffset, highWatermark }: PartitionDescription,
    others: Committed | null,
  ): Promise<Result<number>> {
    switch (target.kind) {
      case 'earliest':
        return ok(logStartOffset);
      case 'latest':
        return ok(highWatermark);
      case 'offset':
        return ok(target.offset);
      case 'shift':
        return ok(from + target.by);
      case 'group':
        return ok(others?.get(keyOf(place)) ?? from);
      case 'timestamp':
        return this.#offsetAt(place, { timestampMs: target.timestampMs });
    }
  }

  async #offsetAt({ topic, partition }: Place, from: ReadFrom): Promise<Result<number>> {
    const read = await this.#ports.reader.read({ topic, partition, from, maxBytes: 1, waitMs: 0, minBytes: 1 });
    if (!read.ok) return read;
    await read.value.response.body?.cancel();
    return ok(read.value.startOffset);
  }
}

const keyOf = ({ topicId, partition }: Pick<Place, 'topicId' | 'partition'>): string => `${topicId}/${partition}`;

function offsetsByPlace(
  offsets: readonly (Pick<Place, 'topicId' | 'partition'> & { readonly offset: number })[],
): Committed {
  return new Map(offsets.map((offset) => [keyOf(offset), offset.offset]));
}
