import { type Failure, ok, type Result } from '../errors/result.ts';
import type { OffsetCommit, RefusedCommit } from '../groups/committed-offset.ts';
import type { GroupRef } from '../groups/group-ref.ts';
import type { GroupRpc, HeartbeatReply, HeartbeatRequest } from '../groups/group-rpc.ts';
import type { MemberWish } from '../groups/membership.ts';
import type { Isolation } from '../log/partition-rpc.ts';
import type { ClusterRef } from '../topics/catalog-rpc.ts';
import type { Fetched, FetchStart, GroupFetch, OffsetReset } from './group-fetch.ts';
import type { PartitionEnds } from './partition-ends.ts';
import type { TopicRoutes } from './ports.ts';

/** Offsets by topic and partition. */
export type OffsetTable = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** One call of a member: join or stay, commit, and read. */
export type ConsumeRequest = {
  readonly groupId: string;
  /** Null for a member that is given an id. */
  readonly memberId: string | null;
  readonly instanceId: string | null;
  /** 0 joins. */
  readonly memberEpoch: number;
  /** Null when it is as before; a member that must join again needs one. */
  readonly wish: MemberWish | null;
  readonly clientId: string;
  readonly commits: readonly OffsetCommit[];
  /** Where to read on without having committed. */
  readonly positions: OffsetTable;
  readonly reset: OffsetReset;
  /** 0 reads nothing: the call only keeps the member alive. */
  readonly maxBytes: number;
  readonly waitMs: number;
  /** Default `read_uncommitted`. */
  readonly isolation?: Isolation;
};

export type Consumed = {
  readonly reply: HeartbeatReply;
  readonly refused: readonly RefusedCommit[];
  /** Where each assigned partition was read from, or would be. */
  readonly starts: readonly FetchStart[];
  readonly fetched: Fetched;
};

/** A call that waits for offsets of a transaction to be decided is answered after this, to be made again. */
const pendingOffsetsWaitMs = 500;

/** Resolves once one of these partitions has a record at its start or above, or after `waitMs`. */
export type UntilRecords = (starts: readonly FetchStart[], waitMs: number) => Promise<void>;

export type GroupConsumerPorts = {
  readonly cluster: ClusterRef;
  readonly groups: GroupRpc;
  readonly routes: TopicRoutes;
  readonly ends: PartitionEnds;
  readonly fetch: GroupFetch;
  readonly newMemberId: () => string;
};

/**
 * Consumption in a group for callers without a connection: one call joins, commits what the last answer gave, reads and
 * stays alive. Everything it needs is in the call, so any edge can answer it, and a call whose answer was lost is made
 * again: the group tells the same assignment, and reading starts at the same offsets.
 */
export class GroupConsumer {
  readonly #ports: GroupConsumerPorts;

  constructor(ports: GroupConsumerPorts) {
    this.#ports = ports;
  }

  async consume(request: ConsumeRequest, untilRecords: UntilRecords): Promise<Result<Consumed>> {
    const existing = await this.#checkTopics(request);
    if (!existing.ok) return existing;
    const memberId = request.memberId ?? this.#ports.newMemberId();
    const memberEpoch = request.memberId === null ? 0 : request.memberEpoch;
    const committed = await this.#ports.ends.check(request.commits);
    const heartbeat = this.#heartbeatOf(request, memberId, memberEpoch);
    const beaten = await this.#ports.groups.heartbeat({ ...heartbeat, commits: committed.existing });
    if (!beaten.ok) return beaten;
    const refused = [...committed.refused, ...beaten.value.refused];
    const first = await this.#fetch(request, beaten.value);
    if (!first.ok) return first;
    const isNew = beaten.value.memberEpoch !== memberEpoch || refused.length > 0 || hasNews(first.value.fetched);
    if (isNew || request.waitMs === 0) return ok({ ...first.value, refused });
    const waited = await this.#wait(request, first.value, untilRecords);
    if (!waited.ok || waited.value === 'nothing') return waited.ok ? ok({ ...first.value, refused }) : waited;
    const again =
      waited.value === 'group'
        ? await this.#ports.groups.heartbeat(this.#heartbeatOf(request, memberId, beaten.value.memberEpoch))
        : beaten;
    if (!again.ok) return again;
    const second = await this.#fetch(request, again.value);
    return second.ok ? ok({ ...second.value, refused }) : second;
  }

  #heartbeatOf(request: ConsumeRequest, memberId: string, memberEpoch: number): HeartbeatRequest {
    return {
      ref: this.#refOf(request),
      memberId,
      memberEpoch,
      instanceId: request.instanceId,
      wish: request.wish,
      clientId: request.clientId,
      relay: null,
      commits: [],
      mayRejoin: true,
    };
  }

  #refOf({ groupId }: ConsumeRequest): GroupRef {
    const { orgId, clusterId } = this.#ports.cluster;
    return { orgId, clusterId, groupId };
  }

  /** A member that joins for a topic that does not exist has most likely mistyped it, and would wait for ever. */
  async #checkTopics({ wish, memberEpoch }: ConsumeRequest): Promise<Result<null>> {
    if (memberEpoch !== 0 || wish === null) return ok(null);
    for (const topic of wish.subscription.topics) {
      const route = await this.#ports.routes.find(topic);
      if (!route.ok) return route;
    }
    return ok(null);
  }

  async #fetch(request: ConsumeRequest, reply: HeartbeatReply): Promise<Result<Omit<Consumed, 'refused'>>> {
    // What a member that joined anew remembers is of its earlier tenure: only what the group knows counts.
    const positions = reply.rejoinedAfter === null ? request.positions : noOffsets;
    const starts = reply.assigned.flatMap((assigned) => {
      const position = positions.get(assigned.topic)?.get(assigned.partition);
      // Whoever begins at an offset that is about to change would read what another member has processed already.
      if (position === undefined && assigned.isPending) return [];
      return [{ ...assigned, from: position ?? assigned.offset }];
    });
    if (request.maxBytes === 0) return ok({ reply, starts, fetched: nothingFetched });
    const { maxBytes, reset, isolation } = request;
    const fetched = await this.#ports.fetch.fetch(starts, { maxBytes, reset, isolation });
    if (!fetched.ok) return fetched;
    const { firsts } = fetched.value;
    if (firsts.length > 0) {
      const claim = claimOf(request, reply);
      const kept = await this.#ports.groups.keepFirstOffsets(this.#refOf(request), claim, firsts);
      if (!kept.ok) return kept;
    }
    return ok({ reply, starts, fetched: fetched.value });
  }

  async #wait(
    request: ConsumeRequest,
    { reply, starts, fetched }: Omit<Consumed, 'refused'>,
    untilRecords: UntilRecords,
  ): Promise<Result<'group' | 'records' | 'nothing'>> {
    // Nobody is told when offsets that hold up a partition are decided; that is soon.
    const isPending = starts.length < reply.assigned.length;
    const waitMs = isPending ? Math.min(request.waitMs, pendingOffsetsWaitMs) : request.waitMs;
    const news = this.#ports.groups.awaitNews(this.#refOf(request), claimOf(request, reply), waitMs);
    const group = news.then((answer): Result<'group' | 'nothing'> => {
      // Taken out while it waited: the next heartbeat finds that out, and joins again.
      if (!answer.ok) return isGone(answer.error) ? ok('group') : answer;
      return ok(answer.value.hasNews ? 'group' : 'nothing');
    });
    if (request.maxBytes === 0) return group;
    const resumed = starts.map((start) => {
      const read = fetched.partitions.find(
        ({ topic, partition }) => topic === start.topic && partition === start.partition,
      );
      // What a committed reader has not come to yet waits for a marker, and that is appended at the end.
      const isHeldUp = request.isolation === 'read_committed' && read !== undefined;
      return { ...start, from: isHeldUp ? read.highWatermark : (read?.nextOffset ?? start.from) };
    });
    const records = untilRecords(resumed, waitMs).then((): Result<'records'> => ok('records'));
    return Promise.race([group, records]);
  }
}

const noOffsets: OffsetTable = new Map();

const nothingFetched: Fetched = { partitions: [], gaps: [], firsts: [] };

const isGone = ({ code }: Failure): boolean => code === 'UNKNOWN_MEMBER_ID' || code === 'GROUP_ID_NOT_FOUND';

const claimOf = ({ instanceId }: ConsumeRequest, { memberId, memberEpoch }: HeartbeatReply) => ({
  memberId,
  instanceId,
  memberEpoch,
});

const hasNews = ({ partitions, gaps }: Fetched): boolean =>
  gaps.length > 0 || partitions.some(({ batches }) => batches.length > 0);
