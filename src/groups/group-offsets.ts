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
import type {
  CommitRequest,
  FirstOffset,
  ResetDescription,
  ResetOffset,
  ResetReply,
  TransactionCommitRequest,
} from './group-rpc.ts';
import type { MemberClaim } from './membership.ts';
import { changesOf, type KeptReset, unknownReset } from './offset-resets.ts';
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

  async reset(ref: GroupRef, offsets: readonly ResetOffset[], undoes: number | null): Promise<Result<ResetReply>> {
    const decided = await this.#decideSimple(ref, offsets.filter((place) => place.offset !== null).map(commitOf));
    if (!decided.ok) return decided;
    const { group, decision, topics } = decided.value;
    const [refused] = decision.refused;
    if (refused !== undefined) return { ok: false, error: refused.failure };
    const undone = decideUndo(group.resets, undoes);
    if (!undone.ok) return undone;
    if (undone.value.isDone) return ok({ resetId: undone.value.reset.resetId });
    const nowMs = this.#ports.clock.nowMs();
    const committed = decision.stored.map((commit) => storedAt(withNote(commit, undone.value.reset), nowMs));
    const deletedOffsets = offsets.filter((place) => place.offset === null);
    const changes = changesOf(group.offsets, committed, deletedOffsets);
    if (changes.length === 0) return ok({ resetId: null });
    const resetId = (group.resets[0]?.resetId ?? 0) + 1;
    const reset = { resetId, resetAtMs: nowMs, undoes, changes };
    group.change({ offsets: committed, deletedOffsets, topics, reset }, nowMs);
    await this.#ports.changed();
    return ok({ resetId });
  }

  /** What can be put back; of topics that are gone there is nothing to put back. */
  resets(ref: GroupRef): Result<readonly ResetDescription[]> {
    const group = this.#ports.find(ref);
    if (!group.ok) return group;
    const { topics, resets } = group.value;
    return ok(
      resets.map((reset) => ({
        ...reset,
        changes: reset.changes.flatMap(({ topicId, partition, before, after }) => {
          const topic = topics.get(topicId)?.topic;
          return topic === undefined ? [] : [{ topic, topicId, partition, before: before?.offset ?? null, after }];
        }),
      })),
    );
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

/** The reset that is to be put back; `isDone` with the one that did so before, by a call whose answer was lost. */
function decideUndo(
  resets: readonly KeptReset[],
  undoes: number | null,
): Result<{ reset: KeptReset; isDone: boolean } | { reset: null; isDone: false }> {
  if (undoes === null) return ok({ reset: null, isDone: false });
  const kept = resets.find(({ resetId }) => resetId === undoes);
  if (kept !== undefined) return ok({ reset: kept, isDone: false });
  const before = resets.find((reset) => reset.undoes === undoes);
  return before === undefined ? unknownReset(undoes) : ok({ reset: before, isDone: true });
}

/** An offset that is put back has its note again. */
function withNote(commit: DecidedCommit, undone: KeptReset | null): DecidedCommit {
  const before = undone?.changes.find(
    ({ topicId, partition }) => topicId === commit.topicId && partition === commit.partition,
  )?.before;
  return before?.offset === commit.offset
    ? { ...commit, metadata: before.metadata, leaderEpoch: before.leaderEpoch }
    : commit;
}

const commitOf = ({ topic, partition, offset }: ResetOffset): OffsetCommit => ({
  topic,
  partition,
  offset: offset ?? 0,
  metadata: '',
  leaderEpoch: -1,
});

type Decided = {
  readonly group: GroupMemory;
  readonly decision: CommitDecision;
  readonly topics: readonly AssignableTopic[];
};
