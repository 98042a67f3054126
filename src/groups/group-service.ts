import { type Failure, failed, ok, type Result } from '../errors/result.ts';
import type { TransactionMarker } from '../log/transactions/transaction-marker.ts';
import { openSchema } from '../platform/migrations.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { ClassicMembers } from './classic/classic-members.ts';
import type { ClassicReply, ClassicRequest } from './classic/classic-rpc.ts';
import { hasClassicMembers } from './classic/classic-state.ts';
import {
  type DecidedCommit,
  decideMemberCommit,
  groupHasMembers,
  movedSince,
  type RefusedCommit,
  refuseAll,
  storedAt,
} from './committed-offset.ts';
import { ConsumerMembers } from './consumer/consumer-members.ts';
import type { ConsumerReply, ConsumerRequest } from './consumer/consumer-rpc.ts';
import { describeGroup, replyTo } from './group-description.ts';
import { quoteName, validateGroupId, validateMemberName } from './group-id.ts';
import { GroupMemory } from './group-memory.ts';
import { GroupOffsets } from './group-offsets.ts';
import type { GroupRef } from './group-ref.ts';
import type {
  CommitRequest,
  FirstOffset,
  GroupDescription,
  GroupRpc,
  HeartbeatReply,
  HeartbeatRequest,
  LeaveRequest,
  ResetOffset,
  TransactionCommitRequest,
} from './group-rpc.ts';
import { groupMigrations } from './group-schema.ts';
import type { GroupState } from './group-state.ts';
import { GroupStore } from './group-store.ts';
import { GroupWatch, type WatchPorts } from './group-watch.ts';
import { ConsumerInstances } from './instances/consumer-instances.ts';
import type { InstanceRequest, InstanceView } from './instances/instance-rpc.ts';
import { checkWish } from './member-wish.ts';
import { findMember, hasNewsFor, heartbeat, joinGroup, leaveGroup, type MemberClaim } from './membership.ts';
import { NewsWaiters } from './news-waiters.ts';
import { holdsAnything } from './offset-retention.ts';
import { TopicKeeper } from './topic-keeper.ts';

/** What a group needs of the platform. */
export type GroupPorts = WatchPorts & {
  readonly sql: SqlStore;
  /** Whether the object that runs this is the one that `ref` names. */
  readonly isOwn: (ref: GroupRef) => boolean;
  readonly pause: (ms: number) => Promise<void>;
};

/** Members that left are remembered, so that no call of theirs that is still under way brings them back. */
const maxRememberedLeavers = 1_000;

/** After a failure of the alarm itself (its storage, a bug) the next run waits this long. */
const alarmRetryMs = 30_000;

/**
 * The verbs of a group's object. An object without a group writes nothing until a member joins or an offset is
 * committed. Every command is decided on the group in memory and written in one transaction, without an await between;
 * what has to be asked of others is asked before.
 */
export class GroupService implements GroupRpc {
  readonly #ports: GroupPorts;
  readonly #store: GroupStore;
  /** Set when the stored data cannot be served; every verb answers with it. */
  readonly #refusal: Result<never> | null;
  readonly #waiters: NewsWaiters;
  readonly #topics: TopicKeeper;
  readonly #offsets: GroupOffsets;
  readonly #instances: ConsumerInstances;
  readonly #classic: ClassicMembers;
  readonly #consumers: ConsumerMembers;
  readonly #leavers = new Set<string>();
  #watch: GroupWatch;
  #group: GroupMemory | null = null;
  /** The state that waiting calls were last woken for. */
  #wokenFor: GroupState | null = null;
  #forgetting: Promise<void> | null = null;

  constructor(ports: GroupPorts) {
    this.#ports = ports;
    this.#store = new GroupStore(ports.sql);
    this.#waiters = new NewsWaiters(ports.pause);
    this.#watch = new GroupWatch(ports);
    this.#topics = new TopicKeeper(ports, { group: () => this.#group, changed: () => this.#changed() });
    const { sql, clock } = ports;
    const found = (ref: GroupRef) => this.#foundOrFind(ref);
    const members = {
      clock,
      findTopics: (ref: GroupRef, names: readonly string[]) => this.#topics.find(ref, names),
      found,
      hear: (group: GroupMemory, memberId: string) => this.#watch.hear(group, memberId),
      changed: () => this.#changed(),
    };
    this.#offsets = new GroupOffsets({ ...members, find: (ref) => this.#find(ref) });
    this.#instances = new ConsumerInstances({ sql, clock, rpc: this, group: () => this.#group, found });
    this.#classic = new ClassicMembers({ ...members, pause: ports.pause, group: () => this.#group });
    this.#consumers = new ConsumerMembers({ rpc: this, group: () => this.#group });
    const opened = openSchema(ports.sql, groupMigrations);
    this.#refusal = opened.ok ? null : opened;
    if (opened.ok && opened.value) this.#open();
  }

  async heartbeat(request: HeartbeatRequest): Promise<Result<HeartbeatReply>> {
    const checked = this.#checkHeartbeat(request);
    if (!checked.ok) return checked;
    const { ref, wish } = request;
    const known = await this.#topics.ensure(ref, wish?.subscription ?? null);
    if (!known.ok) return known;
    const mayJoin = wish !== null && (request.memberEpoch === 0 || request.mayRejoin);
    const founded = mayJoin ? await this.#foundOrFind(ref) : this.#find(ref);
    if (!founded.ok) return founded;
    // Founding takes a call, during which others may have looked up their topics instead of these.
    const isStillKnown = await this.#topics.ensure(ref, wish?.subscription ?? null);
    if (!isStillKnown.ok) return isStillKnown;
    const group = this.#find(ref);
    if (!group.ok) return group;
    const beaten = this.#beat(group.value, request);
    if (!beaten.ok) return beaten;
    this.#watch.hear(group.value, beaten.value.memberId);
    await this.#changed();
    return beaten;
  }

  async awaitNews(ref: GroupRef, claim: MemberClaim, waitMs: number): Promise<Result<{ hasNews: boolean }>> {
    const group = this.#find(ref);
    if (!group.ok) return group;
    const found = findMember(group.value.state, claim);
    if (!found.ok) return found;
    const { memberId, memberEpoch } = claim;
    if (this.#hasNews(memberId, memberEpoch)) return ok({ hasNews: true });
    // A member whose call waits is not heard of meanwhile, and must not lose its session over it.
    const boundedMs = Math.min(waitMs, found.value.sessionTimeoutMs / 2);
    return ok({ hasNews: await this.#waiters.wait(memberId, memberEpoch, boundedMs) });
  }

  async leave({ ref, claim, commits, isAway }: LeaveRequest): Promise<Result<{ refused: readonly RefusedCommit[] }>> {
    const group = this.#find(ref);
    if (!group.ok) return group;
    const committed = decideMemberCommit(group.value.state, claim, commits);
    if (!committed.ok) return committed;
    const left = leaveGroup(group.value.state, { ...claim, isAway });
    if (!left.ok) return left;
    this.#write(group.value, left.value, movedSince(group.value.offsets, committed.value.stored));
    if (!left.value.members.has(claim.memberId)) this.#rememberLeaver(claim.memberId);
    await this.#changed();
    return ok({ refused: committed.value.refused });
  }

  commit(request: CommitRequest) {
    return this.#offsets.commit(request);
  }

  commitInTransaction(request: TransactionCommitRequest) {
    return this.#offsets.commitInTransaction(request);
  }

  writeTxnMarker(ref: GroupRef, marker: TransactionMarker) {
    return this.#offsets.writeTxnMarker(ref, marker);
  }

  keepFirstOffsets(ref: GroupRef, claim: MemberClaim, firsts: readonly FirstOffset[]) {
    return this.#offsets.keepFirst(ref, claim, firsts);
  }

  async describe(ref: GroupRef): Promise<Result<GroupDescription>> {
    const found = this.#find(ref);
    if (!found.ok) return found;
    const known = await this.#topics.renew(ref);
    if (!known.ok) return known;
    const group = this.#find(ref);
    return group.ok ? ok(describeGroup(group.value)) : group;
  }

  resetOffsets(ref: GroupRef, offsets: readonly ResetOffset[], undoes: number | null) {
    return this.#offsets.reset(ref, offsets, undoes);
  }

  async listResets(ref: GroupRef) {
    return this.#offsets.resets(ref);
  }

  deleteOffsets(ref: GroupRef, topic: string, partition: number | null) {
    return this.#offsets.delete(ref, topic, partition);
  }

  async deleteGroup(ref: GroupRef): Promise<Result<null>> {
    const group = this.#find(ref);
    if (!group.ok) {
      // The list may still have a group whose founding was cut short.
      if (group.error.code === 'GROUP_ID_NOT_FOUND') await this.#unlist(ref);
      return group;
    }
    const isInUse = () => group.value.memberCount > 0;
    if (isInUse()) return groupHasMembers(group.value.memberCount);
    const removed = await this.#remove(group.value, isInUse);
    if (!removed.ok) return removed;
    return removed.value ? ok(null) : groupHasMembers(group.value.memberCount);
  }

  /** Takes the group out of the list, and forgets it unless it came into use meanwhile; answers whether it is gone. */
  async #remove(group: GroupMemory, isInUse: () => boolean): Promise<Result<boolean>> {
    const unlisted = await this.#unlist(group.ref);
    if (!unlisted.ok) return unlisted;
    if (!isInUse()) {
      await this.#forget();
      return ok(true);
    }
    // It stays, and enters the list again with its next report.
    this.#watch.begin(group);
    await this.#changed();
    return ok(false);
  }

  #unlist(ref: GroupRef): Promise<Result<null>> {
    return this.#ports.catalog(ref).unregisterGroup(ref, ref.groupId, 'consumer');
  }

  async callInstance(request: InstanceRequest): Promise<Result<InstanceView>> {
    const own = this.#checkOwn(request.ref);
    return own.ok ? this.#instances.call(request) : own;
  }

  async callClassic(request: ClassicRequest): Promise<Result<ClassicReply>> {
    const own = this.#checkOwn(request.ref);
    return own.ok ? this.#classic.call(request) : own;
  }

  async callConsumer(request: ConsumerRequest): Promise<Result<ConsumerReply>> {
    const own = this.#checkOwn(request.ref);
    return own.ok ? this.#consumers.call(request) : own;
  }

  /** The object's alarm. Never throws: the platform gives up on an alarm that keeps throwing. */
  async runAlarm(): Promise<void> {
    const group = this.#group;
    if (group === null) return;
    try {
      await this.#instances.prune();
      const isOver = await this.#watch.runDue(group);
      this.#wakeWaiters();
      if (isOver) await this.#remove(group, () => holdsAnything(group));
    } catch (error) {
      this.#ports.reportError(error);
      await this.#ports.alarm.armBy(this.#ports.clock.nowMs() + alarmRetryMs).catch(this.#ports.reportError);
    }
  }

  /** Decides and writes one heartbeat, synchronously. */
  #beat(group: GroupMemory, request: HeartbeatRequest): Result<HeartbeatReply> {
    const { memberId, instanceId, memberEpoch, wish, commits } = request;
    if (memberEpoch === 0) return this.#join(group, request, null);
    const claim = { memberId, instanceId, memberEpoch };
    const committed = decideMemberCommit(group.state, claim, commits);
    if (!committed.ok) {
      const isGone = committed.error.code === 'UNKNOWN_MEMBER_ID' && !this.#leavers.has(memberId);
      return isGone && request.mayRejoin && wish !== null ? this.#join(group, request, committed.error) : committed;
    }
    const beaten = heartbeat(group.state, { ...claim, wish, held: request.held ?? 'as-told' }, this.#topics.known);
    if (!beaten.ok) return beaten;
    this.#write(group, beaten.value, movedSince(group.offsets, committed.value.stored));
    return ok(replyTo(group, beaten.value.members.get(memberId)!, committed.value.refused, null));
  }

  #join(group: GroupMemory, request: HeartbeatRequest, reason: Failure | null): Result<HeartbeatReply> {
    const { memberId, wish, instanceId, clientId, relay } = request;
    if (wish === null) return failed('INVALID_REQUEST', 'To join a group, say which topics the member wants to read.');
    if (group.classic.members.size > 0) return hasClassicMembers();
    const joined = joinGroup(group.state, { ...wish, memberId, instanceId, clientId, relay }, this.#topics.known);
    if (!joined.ok) return joined;
    this.#write(group, joined.value, []);
    this.#leavers.delete(memberId);
    return ok(replyTo(group, joined.value.members.get(memberId)!, refuseAll(request.commits), reason));
  }

  #write(group: GroupMemory, state: GroupState, committed: readonly DecidedCommit[]): void {
    const nowMs = this.#ports.clock.nowMs();
    const offsets = committed.map((commit) => storedAt(commit, nowMs));
    if (state !== group.state || offsets.length > 0) group.change({ state, offsets }, nowMs);
  }

  /** Whoever waits for news of the group is woken, and times and lists follow it. */
  async #changed(): Promise<void> {
    if (this.#group === null) return;
    this.#wakeWaiters();
    this.#instances.release().catch(this.#ports.reportError);
    await this.#watch.follow(this.#group);
  }

  #wakeWaiters(): void {
    this.#classic.wake();
    if (this.#group === null || this.#group.state === this.#wokenFor) return;
    this.#wokenFor = this.#group.state;
    this.#waiters.wake((memberId, epoch) => this.#hasNews(memberId, epoch));
  }

  #hasNews(memberId: string, memberEpoch: number): boolean {
    const member = this.#group?.state.members.get(memberId);
    if (this.#group === null || member === undefined || member.epoch !== memberEpoch) return true;
    return hasNewsFor(this.#group.state, memberId);
  }

  #checkHeartbeat({ ref, memberId, instanceId, wish, held }: HeartbeatRequest): Result<null> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    const member = validateMemberName('member_id', memberId);
    if (!member.ok) return member;
    const instance = instanceId === null ? ok('') : validateMemberName('instance_id', instanceId);
    if (!instance.ok) return instance;
    return wish === null ? ok(null) : checkWish(wish, held !== undefined);
  }

  #checkOwn(ref: GroupRef): Result<null> {
    if (this.#refusal !== null) return this.#refusal;
    const own = this.#group?.ref ?? ref;
    const isSame = own.orgId === ref.orgId && own.clusterId === ref.clusterId && own.groupId === ref.groupId;
    return isSame && this.#ports.isOwn(ref)
      ? ok(null)
      : failed('WRONG_OBJECT', 'This object belongs to another group, or to none.');
  }

  #find(ref: GroupRef): Result<GroupMemory> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    if (this.#group !== null) return ok(this.#group);
    return failed(
      'GROUP_ID_NOT_FOUND',
      `There is no group ${quoteName(ref.groupId)}; a group is founded by its first member or commit.`,
    );
  }

  /** Enters the group in the cluster's list first, so that nothing is stored that the list does not know of. */
  async #foundOrFind(ref: GroupRef): Promise<Result<GroupMemory>> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    if (this.#group !== null) return ok(this.#group);
    const valid = validateGroupId(ref.groupId);
    if (!valid.ok) return valid;
    await this.#forgetting;
    const listed = await this.#ports.catalog(ref).registerGroup(ref, ref.groupId, 'consumer');
    if (!listed.ok) return listed;
    if (this.#group === null) {
      const nowMs = this.#ports.clock.nowMs();
      this.#ports.sql.transaction(() => this.#store.create(ref, nowMs));
      this.#open();
    }
    return this.#find(ref);
  }

  #open(): void {
    this.#group = new GroupMemory(this.#ports.sql, this.#store);
    this.#watch = new GroupWatch(this.#ports);
    this.#watch.begin(this.#group);
  }

  async #forget(): Promise<void> {
    this.#group = null;
    this.#watch = new GroupWatch(this.#ports);
    this.#leavers.clear();
    this.#instances.forget();
    this.#classic.wake();
    this.#forgetting = this.#ports.sql.deleteAll();
    await this.#forgetting;
    this.#forgetting = null;
  }

  #rememberLeaver(memberId: string): void {
    if (this.#leavers.size >= maxRememberedLeavers) this.#leavers.clear();
    this.#leavers.add(memberId);
  }
}
