import { failed, ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SqlStore } from '../../platform/sql-store.ts';
import { type PartitionKey, partitionKey } from '../assignors/assignor.ts';
import type { OffsetCommit, RefusedCommit } from '../committed-offset.ts';
import { quoteName, validateMemberName } from '../group-id.ts';
import type { GroupMemory } from '../group-memory.ts';
import type { GroupRef } from '../group-ref.ts';
import type { AssignedPartition, GroupRpc, HeartbeatReply } from '../group-rpc.ts';
import { mustGiveBack } from '../group-state.ts';
import { covers } from '../retarget.ts';
import {
  advanceInstance,
  assignInstance,
  type ConsumerInstance,
  keyOf,
  rejoinedInstance,
  seekInstance,
  subscribeInstance,
  unsubscribeInstance,
  withPartitions,
} from './consumer-instance.ts';
import type { InstanceCommand, InstanceRequest, InstanceView } from './instance-rpc.ts';
import { InstanceStore } from './instance-store.ts';

/** Idle for so long, an instance is gone: the REST Proxy's consumer.instance.timeout.ms. */
const instanceTimeoutMs = limits.consumerInstanceTimeoutMs.value;

/** That an instance was used is written down this often and not with every call, since a write is billed. */
const useWrittenEveryMs = 60_000;

/** Kafka's auto.commit.interval.ms. */
const autoCommitIntervalMs = 5_000;

/** Joining, confirming what was taken back, and being told what that made free. */
const maxBeatsPerCommand = 4;

/** What members of the group show as the program they are. */
const clientId = 'rest-proxy';

export type InstancePorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  /** The group's own verbs: an instance is a member like any other, and a simple consumer like any other. */
  readonly rpc: Pick<GroupRpc, 'heartbeat' | 'commit' | 'leave'>;
  readonly group: () => GroupMemory | null;
  /** Founds the group if there is none yet. */
  readonly found: (ref: GroupRef) => Promise<Result<GroupMemory>>;
};

/** An instance, what it has, and what was refused of the commits that went with the call. */
type Standing = {
  readonly instance: ConsumerInstance;
  readonly assigned: readonly AssignedPartition[];
  readonly refused: readonly RefusedCommit[];
};

/**
 * The consumer instances of a group. Commands to one instance are done one after the other; each writes the instance's
 * row once at most, and only when something besides the time of its use has changed.
 */
export class ConsumerInstances {
  readonly #ports: InstancePorts;
  readonly #store: InstanceStore;
  /** Null until the group is in memory. */
  #instances: Map<string, ConsumerInstance> | null = null;
  /** In this life of the object; the rows are behind by up to {@link useWrittenEveryMs}. */
  readonly #lastUsedMs = new Map<string, number>();
  readonly #autoCommittedMs = new Map<string, number>();
  /** The last command of each instance that has some under way. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(ports: InstancePorts) {
    this.#ports = ports;
    this.#store = new InstanceStore(ports.sql);
  }

  call(request: InstanceRequest): Promise<Result<InstanceView>> {
    return this.#inTurn(request.name, () => this.#run(request));
  }

  async #inTurn<Done>(name: string, work: () => Promise<Done>): Promise<Done> {
    const turn = (this.#underWay.get(name) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined);
    this.#underWay.set(name, settled);
    try {
      return await turn;
    } finally {
      if (this.#underWay.get(name) === settled) this.#underWay.delete(name);
    }
  }

  /** Takes out the instances that nobody has used for too long. */
  async prune(): Promise<void> {
    for (const instance of [...this.#all().values()]) {
      if (this.#isExpired(instance)) await this.#remove(instance, []);
    }
  }

  /**
   * Gives back at once what idle instances are to give back: nobody but this object reads for them, so no member has to
   * wait until their clients call again.
   */
  async release(): Promise<void> {
    for (const { name } of [...this.#all().values()]) {
      if (this.#mustRelease(name)) await this.#inTurn(name, () => this.#releaseOne(name));
    }
  }

  /** The group was deleted, and everything stored with it. */
  forget(): void {
    this.#instances = null;
    this.#lastUsedMs.clear();
    this.#autoCommittedMs.clear();
  }

  async #run(request: InstanceRequest): Promise<Result<InstanceView>> {
    if (request.command.kind === 'create') return this.#create(request, request.command.config);
    const found = await this.#find(request.name);
    if (!found.ok) return found;
    return this.#obey(this.#hear(found.value), request.command);
  }

  async #releaseOne(name: string): Promise<void> {
    const instance = this.#all().get(name);
    if (instance !== undefined && this.#mustRelease(name)) this.#answer(await this.#stay(instance, []));
  }

  #mustRelease(name: string): boolean {
    const instance = this.#all().get(name);
    const members = this.#ports.group()?.state.members;
    const member = instance === undefined ? undefined : members?.get(memberIdOf(instance));
    return member !== undefined && mustGiveBack(member);
  }

  async #create({ ref, name }: InstanceRequest, config: ConsumerInstance['config']): Promise<Result<InstanceView>> {
    const valid = validateMemberName('instance_id', name);
    if (!valid.ok) return valid;
    const founded = await this.#ports.found(ref);
    if (!founded.ok) return founded;
    await this.prune();
    const known = this.#all().get(name);
    if (known?.config.createdBy === config.createdBy) return ok(this.#viewOf(standing(known)));
    if (known !== undefined) return alreadyThere(name);
    if (this.#all().size >= limits.consumerInstancesPerGroup.value) return tooMany();
    const lastUsedMs = this.#ports.clock.nowMs();
    const bare = { subscription: null, assignment: null, positions: new Map(), version: 0 };
    const instance: ConsumerInstance = { name, config, ...bare, lastUsedMs };
    this.#save(instance);
    this.#lastUsedMs.set(name, lastUsedMs);
    return ok(this.#viewOf(standing(instance)));
  }

  async #obey(instance: ConsumerInstance, command: Exclude<InstanceCommand, { kind: 'create' }>) {
    switch (command.kind) {
      case 'describe':
        return this.#answer(await this.#stay(instance, []));
      case 'poll':
        return this.#answer(await this.#poll(instance));
      case 'advance':
        return this.#change(instance, (at, keys) => ok(advanceInstance(at, command.version, command.positions, keys)));
      case 'seek':
        return this.#change(instance, (at, keys) => seekInstance(at, command.positions, keys));
      case 'subscribe':
        return this.#subscribe(instance, command.subscription);
      case 'assign':
        return this.#change(instance, (at) => assignInstance(at, command.partitions));
      case 'unsubscribe':
        return this.#unsubscribe(instance);
      case 'commit':
        return this.#commit(instance, command.commits);
      case 'delete':
        return this.#answer(ok(standing(await this.#remove(instance, this.#commitsOf(instance)))));
    }
  }

  /** Changes an instance by a decision that depends on the partitions it has. */
  async #change(
    instance: ConsumerInstance,
    decide: (at: ConsumerInstance, keys: ReadonlySet<PartitionKey>) => Result<ConsumerInstance>,
  ): Promise<Result<InstanceView>> {
    const stayed = await this.#stay(instance, []);
    if (!stayed.ok) return stayed;
    const { assigned } = stayed.value;
    const decided = decide(stayed.value.instance, new Set(assigned.map(keyOf)));
    if (!decided.ok) return decided;
    this.#save(decided.value);
    const isReassigned = decided.value.assignment !== stayed.value.instance.assignment;
    return ok(
      this.#viewOf({
        ...stayed.value,
        instance: decided.value,
        assigned: isReassigned ? this.#byHand(decided.value) : assigned,
      }),
    );
  }

  async #subscribe(instance: ConsumerInstance, subscription: NonNullable<ConsumerInstance['subscription']>) {
    const decided = subscribeInstance(instance, subscription);
    if (!decided.ok) return decided;
    const stayed = await this.#stay(decided.value, this.#commitsOf(instance));
    if (stayed.ok) this.#save(stayed.value.instance);
    return this.#answer(stayed);
  }

  async #unsubscribe(instance: ConsumerInstance): Promise<Result<InstanceView>> {
    await this.#leave(instance, this.#commitsOf(instance));
    const bare = unsubscribeInstance(instance);
    this.#save(bare);
    return ok(this.#viewOf(standing(bare)));
  }

  /** As Kafka's consumer does it: what was read before is committed, now and then, by the next read. */
  async #poll(instance: ConsumerInstance): Promise<Result<Standing>> {
    const nowMs = this.#ports.clock.nowMs();
    const isDue = nowMs - (this.#autoCommittedMs.get(instance.name) ?? 0) >= autoCommitIntervalMs;
    if (!isDue || !instance.config.isAutoCommit) return this.#stay(instance, []);
    this.#autoCommittedMs.set(instance.name, nowMs);
    const commits = this.#commitsOf(instance);
    if (instance.subscription === null && commits.length > 0) await this.#commitByHand(commits);
    return this.#stay(instance, commits);
  }

  async #commit(instance: ConsumerInstance, commits: readonly OffsetCommit[] | null): Promise<Result<InstanceView>> {
    const stayed = await this.#stay(instance, []);
    if (!stayed.ok) return stayed;
    const asked = commits ?? this.#positionsOf(stayed.value.instance, stayed.value.assigned);
    if (asked.length === 0) return ok(this.#viewOf(stayed.value));
    const committed =
      instance.subscription === null
        ? await this.#commitByHand(asked)
        : await this.#ports.rpc.commit({ ref: this.#ref(), claim: this.#claim(instance), commits: asked });
    return committed.ok ? ok(this.#viewOf({ ...stayed.value, refused: committed.value.refused })) : committed;
  }

  #commitByHand(commits: readonly OffsetCommit[]) {
    return this.#ports.rpc.commit({ ref: this.#ref(), claim: null, commits });
  }

  /**
   * Keeps the member of a subscribed instance in the group: joins if need be, and confirms at once what is taken back,
   * since nobody but this object reads for it. `commits` go with it.
   */
  async #stay(instance: ConsumerInstance, commits: readonly OffsetCommit[]): Promise<Result<Standing>> {
    if (instance.subscription === null) return ok({ instance, assigned: this.#byHand(instance), refused: [] });
    let at = instance;
    let pending = commits;
    const refused: RefusedCommit[] = [];
    for (let beat = 0; ; beat++) {
      const beaten = await this.#beat(at, pending);
      if (!beaten.ok) return beaten;
      const { reply, hasJoined } = beaten.value;
      if (hasJoined) at = rejoinedInstance(at);
      refused.push(...reply.refused);
      const isDone = reply.revoked.length === 0 || beat === maxBeatsPerCommand - 1;
      pending = isDone ? [] : this.#commitsOf(at);
      at = withPartitions(at, new Set(reply.assigned.map(keyOf)));
      if (isDone) return ok({ instance: at, assigned: reply.assigned, refused });
    }
  }

  async #beat(
    instance: ConsumerInstance,
    commits: readonly OffsetCommit[],
  ): Promise<Result<{ readonly reply: HeartbeatReply; readonly hasJoined: boolean }>> {
    const { memberId, memberEpoch } = this.#claim(instance);
    const beaten = await this.#ports.rpc.heartbeat({
      ref: this.#ref(),
      memberId,
      memberEpoch,
      instanceId: null,
      wish: {
        subscription: instance.subscription!,
        assignor: null,
        sessionTimeoutMs: instanceTimeoutMs,
        rebalanceTimeoutMs: instanceTimeoutMs,
      },
      clientId,
      relay: null,
      commits,
      mayRejoin: true,
    });
    if (!beaten.ok) return beaten;
    return ok({ reply: beaten.value, hasJoined: memberEpoch === 0 || beaten.value.rejoinedAfter !== null });
  }

  async #find(name: string): Promise<Result<ConsumerInstance>> {
    const instance = this.#all().get(name);
    if (instance !== undefined && !this.#isExpired(instance)) return ok(instance);
    if (instance !== undefined) await this.#remove(instance, []);
    return failed(
      'UNKNOWN_MEMBER_ID',
      `The group has no consumer instance ${quoteName(name)}: it was deleted, or idle for ${instanceTimeoutMs / 1000} seconds; create it again.`,
    );
  }

  async #remove(instance: ConsumerInstance, commits: readonly OffsetCommit[]): Promise<ConsumerInstance> {
    await this.#leave(instance, commits);
    this.#store.delete(instance.name);
    this.#all().delete(instance.name);
    this.#lastUsedMs.delete(instance.name);
    this.#autoCommittedMs.delete(instance.name);
    return instance;
  }

  async #leave(instance: ConsumerInstance, commits: readonly OffsetCommit[]): Promise<void> {
    const claim = this.#claim(instance);
    if (claim.memberEpoch > 0) await this.#ports.rpc.leave({ ref: this.#ref(), claim, commits, isAway: false });
    else if (commits.length > 0) await this.#commitByHand(commits);
  }

  /** What an instance that commits by itself has read and not committed. */
  #commitsOf(instance: ConsumerInstance): OffsetCommit[] {
    const group = this.#ports.group();
    if (!instance.config.isAutoCommit || group === null) return [];
    return this.#positionsOf(instance, this.#held(instance));
  }

  /** How far the instance has come in partitions of which the group knows less. */
  #positionsOf(instance: ConsumerInstance, partitions: readonly AssignedPartition[]): OffsetCommit[] {
    return partitions.flatMap(({ topic, topicId, partition, offset: committed }) => {
      const offset = instance.positions.get(partitionKey(topicId, partition));
      const isNew = offset !== undefined && offset !== committed;
      return isNew ? [{ topic, partition, offset, metadata: '', leaderEpoch: -1 }] : [];
    });
  }

  /** Everything the instance has, what was taken back and not confirmed yet among it. */
  #held(instance: ConsumerInstance): readonly AssignedPartition[] {
    if (instance.subscription === null) return this.#byHand(instance);
    const group = this.#ports.group();
    const member = group?.state.members.get(memberIdOf(instance));
    if (group === null || member === undefined) return [];
    const { pendingKeys } = group.transactional;
    return [...group.topics.values()].flatMap(({ topic, topicId, partitionCount }) =>
      Array.from({ length: partitionCount }, (_, partition) => ({ topic, topicId, partition, isAdded: false }))
        .filter((one) => member.assigned.has(keyOf(one)) || member.revoking.has(keyOf(one)))
        .map((one) => ({
          ...one,
          offset: group.offsets.get(keyOf(one))?.offset ?? null,
          isPending: pendingKeys.has(keyOf(one)),
        })),
    );
  }

  /** The partitions that were assigned by hand, with their committed offsets. */
  #byHand({ assignment }: ConsumerInstance): readonly AssignedPartition[] {
    const group = this.#ports.group();
    const pendingKeys = group?.transactional.pendingKeys;
    return (assignment ?? []).map((one) => ({
      ...one,
      offset: group?.offsets.get(keyOf(one))?.offset ?? null,
      isPending: pendingKeys?.has(keyOf(one)) ?? false,
      isAdded: false,
    }));
  }

  #answer(stood: Result<Standing>): Result<InstanceView> {
    if (!stood.ok) return stood;
    const { instance } = stood.value;
    // What joining anew or losing partitions did to the positions outlives the call; a deleted instance does not.
    const known = this.#all().get(instance.name);
    if (known !== undefined && known !== instance) this.#save(instance);
    return ok(this.#viewOf(stood.value));
  }

  #viewOf({ instance, assigned, refused }: Standing): InstanceView {
    const { name, config, version, subscription, positions } = instance;
    const topics = [...(this.#ports.group()?.topics.values() ?? [])].map(({ topic }) => topic);
    const matched = subscription === null ? [] : topics.filter((topic) => covers(subscription, topic));
    const { memberId, memberEpoch } = this.#claim(instance);
    return {
      name,
      config,
      version,
      subscription,
      topics: [...new Set([...(subscription?.topics ?? []), ...matched])].sort(),
      partitions: assigned.map((one) => ({ ...one, from: positions.get(keyOf(one)) ?? one.offset })),
      member: memberEpoch === 0 ? null : { memberId, memberEpoch },
      refused,
    };
  }

  #save(instance: ConsumerInstance): void {
    if (this.#all().get(instance.name) === instance) return;
    const used = { ...instance, lastUsedMs: this.#lastUsedMs.get(instance.name) ?? instance.lastUsedMs };
    this.#store.save(used);
    this.#all().set(instance.name, used);
  }

  #hear(instance: ConsumerInstance): ConsumerInstance {
    const nowMs = this.#ports.clock.nowMs();
    this.#lastUsedMs.set(instance.name, nowMs);
    if (nowMs - instance.lastUsedMs >= useWrittenEveryMs) this.#save({ ...instance });
    return this.#all().get(instance.name) ?? instance;
  }

  /** Never too early: what was not written down is granted to an instance that the object has not heard of itself. */
  #isExpired({ name, lastUsedMs }: ConsumerInstance): boolean {
    const heardMs = this.#lastUsedMs.get(name) ?? lastUsedMs + useWrittenEveryMs;
    return this.#ports.clock.nowMs() - heardMs > instanceTimeoutMs;
  }

  #claim(instance: ConsumerInstance) {
    const memberId = memberIdOf(instance);
    const memberEpoch = this.#ports.group()?.state.members.get(memberId)?.epoch ?? 0;
    return { memberId, memberEpoch, instanceId: null };
  }

  #ref(): GroupRef {
    return this.#ports.group()!.ref;
  }

  #all(): Map<string, ConsumerInstance> {
    if (this.#ports.group() === null) return new Map();
    this.#instances ??= this.#store.load();
    return this.#instances;
  }
}

/** Instances and members that call by themselves do not share names by accident. */
const memberIdOf = ({ name }: ConsumerInstance) => `rest-proxy:${name}`;

const standing = (instance: ConsumerInstance): Standing => ({ instance, assigned: [], refused: [] });

const alreadyThere = (name: string) =>
  failed(
    'UNRELEASED_INSTANCE_ID',
    `Consumer with specified consumer ID already exists in the specified consumer group: ${quoteName(name)}.`,
  );

const tooMany = () => {
  const max = limits.consumerInstancesPerGroup.value;
  return failed('LIMIT_REACHED', `The group has ${max} consumer instances, which are the most; delete one first.`, {
    limit: max,
  });
};
