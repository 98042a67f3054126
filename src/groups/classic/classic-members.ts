import { failed, ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import type { TransactionClaim } from '../../log/transactions/transaction-marker.ts';
import type { Clock } from '../../platform/clock.ts';
import type { AssignableTopic } from '../assignors/assignor.ts';
import { decideSimpleCommit, type OffsetCommit, storedAt } from '../committed-offset.ts';
import { validateMemberName } from '../group-id.ts';
import type { GroupMemory } from '../group-memory.ts';
import type { GroupRef } from '../group-ref.ts';
import { checkSessionTimeout } from '../member-wish.ts';
import {
  type ClassicLeaver,
  type ClassicSync,
  checkClassicCommit,
  heartbeatClassic,
  leaveClassicGroup,
  syncClassicGroup,
  syncOutcome,
} from './classic-calls.ts';
import { describeClassic } from './classic-description.ts';
import { type ClassicJoin, joinClassicGroup, joinOutcome, memberIdRequired, promiseId } from './classic-join.ts';
import type { ClassicReply, ClassicRequest } from './classic-rpc.ts';
import {
  type ClassicClaim,
  type ClassicState,
  findInGeneration,
  illegalGeneration,
  rebalanceInProgress,
  unknownMember,
} from './classic-state.ts';
import { nextPassMs, passTime } from './rebalance.ts';

export type ClassicPorts = {
  readonly clock: Clock;
  readonly pause: (ms: number) => Promise<void>;
  /** The topics of these names that exist. */
  readonly findTopics: (
    ref: GroupRef,
    names: readonly string[],
  ) => Promise<Result<ReadonlyMap<string, AssignableTopic>>>;
  /** The object's group as it is now; null when there is none. */
  readonly group: () => GroupMemory | null;
  /** The group, founded if there is none yet. */
  readonly found: (ref: GroupRef) => Promise<Result<GroupMemory>>;
  /** A member was heard of. */
  readonly hear: (group: GroupMemory, memberId: string) => void;
  /** To be awaited after every change. */
  readonly changed: () => Promise<void>;
};

/** Clients bring a handful of assignors; all members' are compared with each other, and each is a row. */
const protocolsMax = 32;

/**
 * A group's members that speak Kafka's classic protocol (JoinGroup, SyncGroup). Every command is decided on the group
 * in memory and written at once; calls that wait for others look again whenever the group moved on.
 */
export class ClassicMembers {
  readonly #ports: ClassicPorts;
  #moved = Promise.withResolvers<void>();
  /** What calls that wait were last woken for. */
  #wokenFor: ClassicState | null = null;

  constructor(ports: ClassicPorts) {
    this.#ports = ports;
  }

  async call({ ref, command }: ClassicRequest): Promise<Result<ClassicReply>> {
    switch (command.kind) {
      case 'join':
        return this.#join(ref, command.join, command.waitMs);
      case 'sync':
        return this.#sync(command.sync, command.waitMs);
      case 'heartbeat':
        return this.#heartbeat(command.claim);
      case 'leave':
        return this.#leave(command.leavers);
      case 'commit':
        return this.#commit(ref, command.claim, command.commits);
      case 'commitInTransaction':
        return this.#commitInTransaction(ref, command.claim, command.commits, command.transaction);
      case 'describe':
        return this.#describe();
    }
  }

  /** Wakes calls that wait, if the group moved on since. */
  wake(): void {
    const state = this.#ports.group()?.classic ?? null;
    const before = this.#wokenFor;
    this.#wokenFor = state;
    if (!hasMovedOn(before, state)) return;
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  async #join(ref: GroupRef, join: ClassicJoin, waitMs: number): Promise<Result<ClassicReply>> {
    const checked = checkJoin(join);
    if (!checked.ok) return checked;
    const current = this.#ports.group();
    if (current === null && !join.isNew) return unknownMember(join.memberId);
    const founded = current === null ? await this.#ports.found(ref) : ok(current);
    if (!founded.ok) return founded;
    const group = founded.value;
    const room = checkRoom(group, join);
    if (!room.ok) return room;
    const promised = promiseId(group.classic, join, this.#nowMs());
    if (promised !== null) {
      await this.#write(group, promised);
      return memberIdRequired(join.memberId);
    }
    const joined = joinClassicGroup(group.classic, join, this.#nowMs());
    if (!joined.ok) return joined;
    await this.#write(group, joined.value.state, join.memberId);
    if (joined.value.reply !== null) return ok({ kind: 'joined', reply: joined.value.reply });
    const boundedMs = Math.min(waitMs, join.sessionTimeoutMs / 2);
    const told = await this.#wait(boundedMs, (state) => joinOutcome(state, join));
    if (!told.ok || told.value === null) return told.ok ? ok({ kind: 'waiting' }) : told;
    this.#ports.hear(group, join.memberId);
    return ok({ kind: 'joined', reply: told.value });
  }

  async #sync(sync: ClassicSync, waitMs: number): Promise<Result<ClassicReply>> {
    const group = this.#ports.group();
    if (group === null) return unknownMember(sync.memberId);
    const synced = syncClassicGroup(group.classic, sync, this.#nowMs());
    if (!synced.ok) return synced;
    await this.#write(group, synced.value.state, sync.memberId);
    if (synced.value.reply !== null) return ok({ kind: 'synced', reply: synced.value.reply });
    const sessionTimeoutMs = group.classic.members.get(sync.memberId)?.sessionTimeoutMs ?? 0;
    const told = await this.#wait(Math.min(waitMs, sessionTimeoutMs / 2), (state) => syncOutcome(state, sync));
    if (!told.ok || told.value === null) return told.ok ? ok({ kind: 'waiting' }) : told;
    this.#ports.hear(group, sync.memberId);
    return ok({ kind: 'synced', reply: told.value });
  }

  async #heartbeat(claim: ClassicClaim): Promise<Result<ClassicReply>> {
    const group = this.#ports.group();
    if (group === null) return unknownMember(claim.memberId);
    const beaten = heartbeatClassic(group.classic, claim, this.#nowMs());
    if (!beaten.ok) return beaten;
    await this.#write(group, beaten.value, claim.memberId);
    return beaten.value.phase === 'preparing' ? rebalanceInProgress() : ok({ kind: 'heard' });
  }

  async #leave(leavers: readonly ClassicLeaver[]): Promise<Result<ClassicReply>> {
    const max = limits.membersPerGroup.value;
    if (leavers.length > max) return failed('INVALID_REQUEST', `At most ${max} members leave at once.`, { limit: max });
    const group = this.#ports.group();
    if (group === null) {
      return ok({ kind: 'left', refusals: leavers.map(({ memberId }) => unknownMember(memberId).error) });
    }
    const { state, left } = leaveClassicGroup(group.classic, leavers, this.#nowMs());
    await this.#write(group, state);
    return ok({ kind: 'left', refusals: left.map((result) => (result.ok ? null : result.error)) });
  }

  async #commit(ref: GroupRef, claim: ClassicClaim, commits: readonly OffsetCommit[]): Promise<Result<ClassicReply>> {
    const topics = await this.#topicsOf(ref, commits);
    if (!topics.ok) return topics;
    const group = this.#ports.group();
    if (group === null) return unknownMember(claim.memberId);
    const nowMs = this.#nowMs();
    const allowed = checkClassicCommit(passTime(group.classic, nowMs), claim);
    if (!allowed.ok) return allowed;
    const decided = decideSimpleCommit(0, commits, topics.value);
    if (!decided.ok) return decided;
    const { stored, refused } = decided.value;
    group.change(
      { offsets: stored.map((commit) => storedAt(commit, nowMs)), topics: [...topics.value.values()] },
      nowMs,
    );
    await this.#write(group, group.classic, claim.memberId);
    return ok({ kind: 'committed', refused });
  }

  /**
   * As Kafka checks it (ClassicGroup.validateOffsetCommit): who says which member it is must be that one, in any phase;
   * who does not may commit, since the producer is fenced by its epoch.
   */
  async #commitInTransaction(
    ref: GroupRef,
    claim: ClassicClaim | null,
    commits: readonly OffsetCommit[],
    transaction: TransactionClaim,
  ): Promise<Result<ClassicReply>> {
    const topics = await this.#topicsOf(ref, commits);
    if (!topics.ok) return topics;
    const current = this.#ports.group();
    if (current === null && claim !== null) return illegalGeneration(claim, 0);
    const founded = current === null ? await this.#ports.found(ref) : ok(current);
    if (!founded.ok) return founded;
    const group = founded.value;
    const nowMs = this.#nowMs();
    const known = claim === null ? null : findInGeneration(passTime(group.classic, nowMs), claim);
    if (known !== null && !known.ok) return known;
    const decided = decideSimpleCommit(0, commits, topics.value);
    if (!decided.ok) return decided;
    const { stored, refused } = decided.value;
    const transactional = group.transactional.decideCommit(transaction, stored);
    if (!transactional.ok) return transactional;
    group.change({ transactional: transactional.value, topics: [...topics.value.values()] }, nowMs);
    await this.#write(group, group.classic, claim?.memberId);
    return ok({ kind: 'committed', refused });
  }

  #describe(): Result<ClassicReply> {
    const classic = this.#ports.group()?.classic;
    const isSpoken = classic !== undefined && classic.members.size > 0;
    return ok({ kind: 'described', description: isSpoken ? describeClassic(classic) : null });
  }

  /** Topics are mostly known from commits before; the cluster is asked for others. */
  async #topicsOf(
    ref: GroupRef,
    commits: readonly OffsetCommit[],
  ): Promise<Result<ReadonlyMap<string, AssignableTopic>>> {
    const known = new Map([...(this.#ports.group()?.topics.values() ?? [])].map((topic) => [topic.topic, topic]));
    const isKnown = ({ topic, partition }: OffsetCommit) => partition < (known.get(topic)?.partitionCount ?? 0);
    if (!commits.every(isKnown)) return this.#ports.findTopics(ref, [...new Set(commits.map(({ topic }) => topic))]);
    return ok(new Map(commits.map(({ topic }) => [topic, known.get(topic)!])));
  }

  /** Waits for what others do, and for what time brings: whoever waits sees to it that it comes. */
  async #wait<T>(waitMs: number, outcome: (state: ClassicState) => Result<T | null>): Promise<Result<T | null>> {
    const untilMs = this.#nowMs() + waitMs;
    for (;;) {
      const group = this.#ports.group();
      if (group === null) return rebalanceInProgress();
      const nowMs = this.#nowMs();
      const passed = passTime(group.classic, nowMs);
      if (passed !== group.classic) await this.#write(group, passed);
      const told = outcome(group.classic);
      if (!told.ok || told.value !== null || nowMs >= untilMs) return told;
      const nextMs = Math.min(untilMs, nextPassMs(group.classic, nowMs) ?? untilMs);
      await Promise.race([this.#moved.promise, this.#ports.pause(Math.max(1, nextMs - nowMs))]);
    }
  }

  async #write(group: GroupMemory, classic: ClassicState, heardOf?: string): Promise<void> {
    if (classic !== group.classic) group.change({ classic }, this.#nowMs());
    if (heardOf !== undefined) this.#ports.hear(group, heardOf);
    await this.#ports.changed();
  }

  #nowMs(): number {
    return this.#ports.clock.nowMs();
  }
}

/** Whether anyone that waits may be answered: a member more is nothing to them, one that is gone may be one of them. */
function hasMovedOn(before: ClassicState | null, after: ClassicState | null): boolean {
  if (before === after) return false;
  if (before === null || after === null) return true;
  if (before.phase !== after.phase || before.generationId !== after.generationId) return true;
  if (before.members === after.members) return false;
  for (const memberId of before.members.keys()) if (!after.members.has(memberId)) return true;
  return false;
}

/** INVALID_REQUEST for ids and metadata that are out of bounds, INVALID_SESSION_TIMEOUT. */
function checkJoin({ memberId, instanceId, sessionTimeoutMs, protocols }: ClassicJoin): Result<null> {
  const member = validateMemberName('member_id', memberId);
  if (!member.ok) return member;
  const instance = instanceId === null ? ok('') : validateMemberName('instance_id', instanceId);
  if (!instance.ok) return instance;
  if (protocols.length > protocolsMax) {
    return failed('INVALID_REQUEST', `A member names ${protocolsMax} protocols at most, not ${protocols.length}.`, {
      limit: protocolsMax,
    });
  }
  const bytes = bytesOf(protocols);
  const max = limits.classicMemberBytes.value;
  if (bytes > max) {
    return failed('INVALID_REQUEST', `What a member says of its protocols has ${max} bytes at most, not ${bytes}.`, {
      limit: max,
    });
  }
  return checkSessionTimeout(sessionTimeoutMs);
}

/** Whether a member with these protocols can be in the group beside the others. */
function checkRoom(group: GroupMemory, { memberId, protocols }: ClassicJoin): Result<null> {
  if (group.state.members.size > 0) {
    return failed(
      'INCONSISTENT_GROUP_PROTOCOL',
      'The group has members whose partitions are assigned by the server; stop them first, or choose another group id.',
    );
  }
  const others = [...group.classic.members.values()].filter((member) => member.memberId !== memberId);
  const bytes = others.reduce((sum, member) => sum + bytesOf(member.protocols), bytesOf(protocols));
  const max = limits.classicGroupBytes.value;
  if (bytes <= max) return ok(null);
  return failed(
    'GROUP_MAX_SIZE_REACHED',
    `What the members of the group say of their protocols would have ${bytes} bytes, ${max} are the most; let one leave first.`,
    { limit: max },
  );
}

const bytesOf = (protocols: ClassicJoin['protocols']): number =>
  protocols.reduce((sum, { name, metadata }) => sum + name.length + metadata.length, 0);
