import { failed, ok, type Result } from '../errors/result.ts';
import type { TransactionMarker } from '../log/transactions/transaction-marker.ts';
import type { Clock } from '../platform/clock.ts';
import type { AssignableTopic } from './assignors/assignor.ts';
import { isReadByClassic } from './classic/classic-topics.ts';
import {
  type CommitDecision,
  type DecidedCommit,
  decideMemberCommit,
  decideSimpleCommit,
  type OffsetCommit,
  type RefusedCommit,
  storedAt,
} from './committed-offset.ts';
import { quoteName } from './group-id.ts';
import type { GroupMemory } from './group-memory.ts';
import type { GroupRef } from './group-ref.ts';
import type { CommitRequest, FirstOffset, TransactionCommitRequest } from './group-rpc.ts';
import type { MemberClaim } from './membership.ts';
import { covers } from './retarget.ts';
import { committedOffsetOf } from './transactional-offsets.ts';

export type GroupOffsetsPorts = {
  readonly clock: Clock;
  /** The topics of these names that exist. */
  readonly findTopics: (
    ref: GroupRef,
    names: readonly string[],
  ) => Promise<Result<ReadonlyMap<string, AssignableTopic>>>;
  /** The object's group; GROUP_ID_NOT_FOUND when there is none. */
  readonly find: (ref: GroupRef) => Result<GroupMemory>;
  /** The group, founded if there is none yet. */
  readonly found: (ref: GroupRef) => Promise<Result<GroupMemory>>;
  /** A member was heard of. */
  readonly hear: (group: GroupMemory, memberId: string) => void;
  /** To be awaited after every change. */
  readonly changed: () => Promise<void>;
};

/** How far a group has come: commits of its members and of programs that are none, by themselves and in transactions. */
export class GroupOffsets {
  readonly #ports: GroupOffsetsPorts;

  constructor(ports: GroupOffsetsPorts) {
    this.#ports = ports;
  }

  async commit({ ref, claim, commits }: CommitRequest): Promise<Result<{ refused: readonly RefusedCommit[] }>> {
    const decided = claim === null ? await this.#decideSimple(ref, commits) : this.#decideMember(ref, claim, commits);
    if (!decided.ok) return decided;
    const { group, decision, topics } = decided.value;
    this.#write(group, { committed: decision.stored, topics });
    if (claim !== null) this.#ports.hear(group, claim.memberId);
    await this.#ports.changed();
    return ok({ refused: decision.refused });
  }

  async commitInTransaction({
    ref,
    claim,
    commits,
    transaction,
  }: TransactionCommitRequest): Promise<Result<{ refused: readonly RefusedCommit[] }>> {
    const decided = claim === null ? await this.#decideSimple(ref, commits) : this.#decideMember(ref, claim, commits);
    if (!decided.ok) return decided;
    const { group, decision, topics } = decided.value;
    const pending = group.transactional.decideCommit(transaction, decision.stored);
    if (!pending.ok) return pending;
    group.change({ transactional: pending.value, topics }, this.#ports.clock.nowMs());
    if (claim !== null) this.#ports.hear(group, claim.memberId);
    return ok({ refused: decision.refused });
  }

  async writeTxnMarker(ref: GroupRef, marker: TransactionMarker): Promise<Result<null>> {
    const group = this.#ports.find(ref);
    // What a group that is gone was to have committed, nobody reads any more.
    if (!group.ok) return group.error.code === 'GROUP_ID_NOT_FOUND' ? ok(null) : group;
    const decided = group.value.transactional.decideMarker(marker);
    if (decided === null) return ok(null);
    const nowMs = this.#ports.clock.nowMs();
    const offsets = decided.committed
      .filter(({ topicId }) => group.value.topics.has(topicId))
      .map((pending) => committedOffsetOf(pending, nowMs));
    group.value.change({ transactional: decided.change, offsets }, nowMs);
    await this.#ports.changed();
    return ok(null);
  }

  async keepFirst(ref: GroupRef, claim: MemberClaim, firsts: readonly FirstOffset[]): Promise<Result<null>> {
    const decided = this.#decideMember(ref, claim, firsts.map(commitOf));
    if (!decided.ok) return decided;
    const { group, decision } = decided.value;
    const isFirst = ({ topicId, partition }: DecidedCommit) => !group.hasOffset(topicId, partition);
    this.#write(group, { committed: decision.stored.filter(isFirst) });
    return ok(null);
  }

  async reset(ref: GroupRef, offsets: readonly FirstOffset[]): Promise<Result<null>> {
    const decided = await this.#decideSimple(ref, offsets.map(commitOf));
    if (!decided.ok) return decided;
    const { group, decision, topics } = decided.value;
    const [refused] = decision.refused;
    if (refused !== undefined) return { ok: false, error: refused.failure };
    this.#write(group, { committed: decision.stored, topics });
    await this.#ports.changed();
    return ok(null);
  }

  async delete(ref: GroupRef, topic: string, partition: number | null): Promise<Result<{ deleted: number }>> {
    const group = this.#ports.find(ref);
    if (!group.ok) return group;
    const { state, classic, topics, offsets } = group.value;
    const isRead = [...state.members.values()].some(({ subscription }) => covers(subscription, topic));
    if (isRead || isReadByClassic(classic, topic)) {
      return failed(
        'GROUP_SUBSCRIBED_TO_TOPIC',
        `Members of the group read topic ${quoteName(topic)}; stop them first.`,
      );
    }
    const deletedOffsets = [...offsets.values()].filter(
      (offset) => topics.get(offset.topicId)?.topic === topic && (partition === null || partition === offset.partition),
    );
    if (deletedOffsets.length > 0) group.value.change({ deletedOffsets }, this.#ports.clock.nowMs());
    return ok({ deleted: deletedOffsets.length });
  }

  #decideMember(ref: GroupRef, claim: MemberClaim, commits: CommitRequest['commits']): Result<Decided> {
    const group = this.#ports.find(ref);
    if (!group.ok) return group;
    const decision = decideMemberCommit(group.value.state, claim, commits);
    return decision.ok ? ok({ group: group.value, decision: decision.value, topics: [] }) : decision;
  }

  async #decideSimple(ref: GroupRef, commits: CommitRequest['commits']): Promise<Result<Decided>> {
    const names = [...new Set(commits.map(({ topic }) => topic))];
    const named = await this.#ports.findTopics(ref, names);
    if (!named.ok) return named;
    const group = await this.#ports.found(ref);
    if (!group.ok) return group;
    const decision = decideSimpleCommit(group.value.memberCount, commits, named.value);
    return decision.ok
      ? ok({ group: group.value, decision: decision.value, topics: [...named.value.values()] })
      : decision;
  }

  #write(
    group: GroupMemory,
    { committed, topics }: { committed: readonly DecidedCommit[]; topics?: readonly AssignableTopic[] },
  ): void {
    const nowMs = this.#ports.clock.nowMs();
    const offsets = committed.map((commit) => storedAt(commit, nowMs));
    if (offsets.length > 0) group.change({ offsets, topics }, nowMs);
  }
}

const commitOf = ({ topic, partition, offset }: FirstOffset): OffsetCommit => ({
  topic,
  partition,
  offset,
  metadata: '',
  leaderEpoch: -1,
});

type Decided = {
  readonly group: GroupMemory;
  readonly decision: CommitDecision;
  readonly topics: readonly AssignableTopic[];
};
