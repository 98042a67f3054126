import { type PartitionRef, partitionObjectName } from '../../../src/log/partition-ref.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import type { JournaledSqlStore } from '../journaled-sql-store.ts';
import type { TurnObserver } from '../simulated-object.ts';
import type { Platform } from '../simulated-platform.ts';
import { CallsOfTurn } from './calls-of-turn.ts';
import { type GroupCall, groupCallOf, mayCommit } from './group-calls.ts';
import { GroupReadings } from './group-readings.ts';
import { type GroupSnapshot, heldBy, isNewTenure, type MemberSnapshot, readGroup } from './group-snapshot.ts';
import { logEnds } from './log-end.ts';

/** A clock may jump by so much, and a call may be answered by an instance that was replaced so long ago. */
const clockJumpMs = 8_500;
const zombieMs = 2_500;

/** A call on its way into a group's object. */
export type ArrivingCall = {
  readonly groupId: string;
  readonly verb: string;
  readonly args: readonly unknown[];
  readonly isZombie: boolean;
  /** Runs something once all that the call wrote is durable. */
  readonly whenDurable: (run: () => void) => void;
};

/** Judges every consumer group of a run. */
export class GroupJudge {
  readonly #platform: Platform;
  readonly #cases = new Map<string, GroupCase>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  of(groupId: string): GroupCase {
    let found = this.#cases.get(groupId);
    if (found === undefined) {
      found = new GroupCase(this.#platform, groupId);
      this.#cases.set(groupId, found);
    }
    return found;
  }

  watch(groupId: string, store: JournaledSqlStore): TurnObserver {
    const judged = this.of(groupId);
    let before: GroupSnapshot | null = null;
    return {
      opened: () => {
        before = readGroup(store);
      },
      written: (whenDurable) => {
        const after = readGroup(store);
        judged.turn(before, after);
        whenDurable(() => {
          judged.durable = after;
        });
      },
    };
  }

  handling(call: ArrivingCall, run: () => Promise<unknown>): Promise<unknown> {
    return this.of(call.groupId).handling(call, run);
  }
}

/** One group: its rows are held against the rules of protocols I-3a to I-3e, turn by turn. */
export class GroupCase {
  readonly groupId: string;
  readonly readings: GroupReadings;
  /** What is stored and can no longer be lost. */
  durable: GroupSnapshot | null = null;
  readonly #platform: Platform;
  readonly #toleranceMs: number;
  readonly #inFlight = new CallsOfTurn<GroupCall>();
  readonly #heardAtMs = new Map<string, number>();
  readonly #mustGiveBackSinceMs = new Map<string, number>();
  /** Who committed what is committed: a member and its grant, or the one who reset it. */
  readonly #committedBy = new Map<string, string>();

  constructor(platform: Platform, groupId: string) {
    const { faults, mayHaveZombies } = platform.world;
    this.#platform = platform;
    this.groupId = groupId;
    this.#toleranceMs = 100 + (faults.clockJump > 0 ? clockJumpMs : 0) + (mayHaveZombies ? zombieMs : 0);
    this.readings = new GroupReadings(platform.world, this.#toleranceMs);
  }

  async handling({ verb, args, isZombie, whenDurable }: ArrivingCall, run: () => Promise<unknown>): Promise<unknown> {
    const call = groupCallOf(verb, args);
    this.#inFlight.begin(call);
    try {
      const answer = (await run()) as { readonly ok: boolean };
      const { nowMs } = this.#platform.world;
      const memberId = call.claim?.memberId;
      const isHeard = verb === 'heartbeat' || verb === 'commit';
      // What was heard counts once its answer may leave: an instance that dies before has heard nothing.
      if (answer.ok && memberId !== undefined && isHeard && !isZombie) {
        whenDurable(() => this.#heardAtMs.set(memberId, nowMs));
      }
      return answer;
    } finally {
      this.#inFlight.end(call, this.#platform.world.queue.eventCount);
    }
  }

  #calls(): readonly GroupCall[] {
    return this.#inFlight.during(this.#platform.world.queue.eventCount);
  }

  turn(before: GroupSnapshot | null, after: GroupSnapshot | null): void {
    if (after === null) {
      if (before !== null) this.#violate('it is gone, although nobody deleted it');
      return;
    }
    this.#checkHolders(after);
    this.#checkCoverage(after);
    if (before === null) return;
    this.#checkEpochs(before, after);
    for (const member of before.members.values()) this.#checkMember(member, before, after);
    for (const member of after.members.values()) this.#noteMember(before.members.get(member.memberId), member);
    this.#checkOffsets(before, after);
    this.#checkPending(before, after);
    this.#platform.transactionJudge.groupTurn(this.groupId, before, after);
  }

  /** I-3a: whoever holds a partition, granted or not yet given back, is the only one. */
  #checkHolders({ members }: GroupSnapshot): void {
    const holders = new Map<string, string>();
    for (const member of members.values()) {
      for (const key of heldBy(member)) {
        const other = holders.get(key);
        if (other !== undefined) this.#violate(`I-3a: ${key} is with ${other} and with ${member.memberId}`);
        holders.set(key, member.memberId);
      }
    }
  }

  /** I-3d: every partition of a topic that somebody subscribes to is meant for exactly one of its subscribers. */
  #checkCoverage({ members, topics }: GroupSnapshot): void {
    const meantFor = new Map<string, string>();
    for (const { memberId, target, topics: wanted } of members.values()) {
      for (const key of target) {
        const other = meantFor.get(key);
        if (other !== undefined) this.#violate(`I-3d: ${key} is meant for ${other} and for ${memberId}`);
        meantFor.set(key, memberId);
        const topic = topics.get(key.split('/')[0]!)?.topic;
        if (topic !== undefined && !wanted.includes(topic)) this.#violate(`I-3d: ${memberId} gets ${topic} unasked`);
      }
    }
    for (const [topicId, { topic, partitionCount }] of topics) {
      if (![...members.values()].some((member) => member.topics.includes(topic))) continue;
      for (let partition = 0; partition < partitionCount; partition += 1) {
        if (!meantFor.has(`${topicId}/${partition}`)) this.#violate(`I-3d: nobody is to have ${topicId}/${partition}`);
      }
    }
  }

  /** I-3c: epochs only grow, and none is given twice. */
  #checkEpochs(before: GroupSnapshot, after: GroupSnapshot): void {
    if (after.groupEpoch < before.groupEpoch) this.#violate('I-3c: the group epoch fell');
    if (after.lastMemberEpoch < before.lastMemberEpoch) this.#violate('I-3c: the last member epoch fell');
    for (const { memberId, epoch } of after.members.values()) {
      if (epoch === before.members.get(memberId)?.epoch) continue;
      if (epoch <= before.lastMemberEpoch)
        this.#violate(`I-3c: ${memberId} got epoch ${epoch}, which was given before`);
    }
  }

  /** What a member lost in a turn, it gave back, or it went itself. */
  #checkMember(member: MemberSnapshot, before: GroupSnapshot, after: GroupSnapshot): void {
    const { memberId, instanceId, epoch } = member;
    const now = after.members.get(memberId);
    const calls = this.#calls().filter(({ claim }) => claim?.memberId === memberId);
    if (now === undefined) {
      this.readings.tenureBegan(memberId, after.lastMemberEpoch);
      const isReplaced =
        instanceId !== null && [...after.members.values()].some((other) => other.instanceId === instanceId);
      if (!isReplaced && !calls.some(({ verb }) => verb === 'leave')) this.#checkRemoval(member);
      return;
    }
    if (isNewTenure(member, now)) {
      this.readings.tenureBegan(memberId, now.epoch);
      if (!calls.some(({ verb, mayJoin }) => mayJoin || verb === 'leave')) {
        this.#violate(`${memberId} began anew without having joined`);
      }
      return;
    }
    const held = heldBy(now);
    for (const key of heldBy(member)) {
      if (held.has(key)) continue;
      const isConfirmed = calls.some(({ claim }) => claim?.memberEpoch === epoch);
      if (!member.revoking.has(key) || !isConfirmed) {
        this.#violate(`I-3a: ${key} was taken from ${memberId} before that said it had stopped`);
      }
      this.#platform.world.sometimes('partition given back');
    }
    if (before.members.size > 1 && now.revoking.size > member.revoking.size) {
      this.#platform.world.sometimes('partition taken back');
    }
  }

  /** Nobody is taken out before its session, or the time it has for giving back, is over. */
  #checkRemoval({ memberId, sessionTimeoutMs, rebalanceTimeoutMs }: MemberSnapshot): void {
    const { world } = this.#platform;
    const silentMs = world.nowMs - (this.#heardAtMs.get(memberId) ?? Number.NEGATIVE_INFINITY);
    const keptMs = world.nowMs - (this.#mustGiveBackSinceMs.get(memberId) ?? world.nowMs);
    world.sometimes(silentMs >= sessionTimeoutMs ? 'member fell silent' : 'member gave nothing back');
    this.#heardAtMs.delete(memberId);
    if (silentMs >= sessionTimeoutMs - this.#toleranceMs || keptMs >= rebalanceTimeoutMs - this.#toleranceMs) return;
    this.#violate(`${memberId} was taken out ${Math.round(silentMs)} ms after it was heard of`);
  }

  #noteMember(before: MemberSnapshot | undefined, after: MemberSnapshot): void {
    const { memberId, epoch, assigned, revoking, target } = after;
    if (before === undefined) this.readings.tenureBegan(memberId, epoch);
    const mustGiveBack = revoking.size > 0 || [...assigned.keys()].some((key) => !target.has(key));
    if (!mustGiveBack) this.#mustGiveBackSinceMs.delete(memberId);
    else if (!this.#mustGiveBackSinceMs.has(memberId)) {
      this.#mustGiveBackSinceMs.set(memberId, this.#platform.world.nowMs);
    }
  }

  #checkOffsets(before: GroupSnapshot, after: GroupSnapshot): void {
    for (const [key, offset] of after.offsets) {
      const known = before.offsets.get(key);
      if (offset !== known) this.#checkCommit(key, known, offset, before);
    }
    for (const [key, offset] of before.offsets) {
      if (after.offsets.has(key)) continue;
      const [topicId = ''] = key.split('/');
      if (after.topics.has(topicId)) this.#violate(`the committed offset ${offset} of ${key} is gone`);
      else if (this.isTopicLive(topicId)) this.#violate(`the offset of ${key} is forgotten, but its topic is there`);
    }
  }

  #checkCommit(key: string, known: number | undefined, offset: number, before: GroupSnapshot): void {
    const { world } = this.#platform;
    const call = this.#calls().find(
      (candidate) => candidate.verb !== 'commitInTransaction' && mayCommit(candidate, before, key, offset),
    );
    if (call === undefined) {
      this.#violate(`I-3b: ${offset} was committed for ${key} by a call that may not: ${this.#callers(key)}`);
      return;
    }
    const isReset = call.verb === 'resetOffsets';
    const member = call.claim === null ? null : before.members.get(call.claim.memberId);
    const granted = member?.assigned.get(key) ?? member?.revoking.get(key);
    const committer = committerOf(call, granted);
    const isBack = known !== undefined && offset < known;
    if (isBack && !isReset && this.#committedBy.get(key) !== committer) {
      this.#violate(`the offset of ${key} went back from ${known} to ${offset} by ${committer}`);
    }
    // A call of the same tenure that comes late says what it said then: the platform cannot tell it from a rewind.
    if (isBack) this.readings.movedBack(key);
    if (isBack && !isReset) world.sometimes('late commit moved an offset back');
    if (isReset) world.sometimes('offset reset');
    this.#committedBy.set(key, committer);
    const end = this.endOf(key)?.end;
    if (end !== undefined && offset > end)
      this.#violate(`I-3e: ${offset} is committed for ${key}, which ends at ${end}`);
    if (isReset || call.verb === 'keepFirstOffsets') {
      this.readings.handedOut(key, 0, offset);
      return;
    }
    const missing = this.readings.firstMissing(key, known ?? 0, offset);
    if (missing !== null) this.#violate(`${offset} is committed for ${key}, but nobody was handed offset ${missing}`);
  }

  /** What is to be committed with a transaction, too, only its holder may say. */
  #checkPending(before: GroupSnapshot, after: GroupSnapshot): void {
    for (const [producerId, { offsets }] of after.pending) {
      for (const [key, offset] of offsets) {
        if (before.pending.get(producerId)?.offsets.get(key) === offset) continue;
        const isAllowed = (call: GroupCall) =>
          call.verb === 'commitInTransaction' && mayCommit(call, before, key, offset);
        if (!this.#calls().some(isAllowed)) {
          this.#violate(`I-3b: ${offset} is to be committed for ${key} by a call that may not: ${this.#callers(key)}`);
        }
      }
    }
  }

  #callers(key: string): string {
    const partition = Number(key.split('/')[1]);
    const callers = this.#calls().filter(({ commits }) => commits.some((one) => one.partition === partition));
    return JSON.stringify(callers.map(({ verb, claim }) => ({ verb, claim })));
  }

  /** Where the log of a partition begins and ends. */
  endOf(key: string) {
    // What is stored of a deleted one goes bit by bit.
    if (!this.isTopicLive(key.split('/')[0]!)) return null;
    const [topicId = '', partition] = key.split('/');
    const { orgId, clusterId } = localCluster;
    const ref: PartitionRef = { orgId, clusterId, topicId, partition: Number(partition) };
    const found = this.#platform.partitions.get(partitionObjectName(ref));
    return found === undefined ? null : logEnds(found.object.store);
  }

  isTopicLive(topicId: string): boolean {
    return this.liveTopics().some((topic) => topic.topicId === topicId);
  }

  liveTopics(): { readonly topicId: string; readonly topic: string; readonly partitionCount: number }[] {
    const { store } = this.#platform.cluster;
    if (store.peek("SELECT 1 AS found FROM sqlite_master WHERE name = 'topic'").length === 0) return [];
    return store.peek<{ topicId: string; topic: string; partitionCount: number }>(
      "SELECT topic_id AS topicId, name AS topic, partition_count AS partitionCount FROM topic WHERE state = 'ACTIVE'",
    );
  }

  #violate(what: string): void {
    this.#platform.world.violate(`group ${this.groupId}: ${what}`);
  }
}

/** Who commits, so that nobody else may take it back. */
function committerOf({ verb, claim, marker }: GroupCall, grantedEpoch: number | undefined): string {
  if (verb === 'resetOffsets') return 'a reset';
  if (marker !== null) return `transaction ${marker.producerId}/${marker.transactionNumber}`;
  return `${claim?.memberId} since ${grantedEpoch}`;
}
