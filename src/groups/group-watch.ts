import type { Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { AlarmClock } from '../platform/alarm.ts';
import type { Clock } from '../platform/clock.ts';
import type { CatalogRpc } from '../topics/catalog-rpc.ts';
import { ClassicClock } from './classic/classic-clock.ts';
import type { ClassicState } from './classic/classic-state.ts';
import { removeClassicMembers } from './classic/rebalance.ts';
import { groupPhaseOf, groupProtocolOf } from './group-description.ts';
import type { GroupMemory } from './group-memory.ts';
import type { GroupRef } from './group-ref.ts';
import type { GroupRelayRpc } from './group-rpc.ts';
import type { GroupState } from './group-state.ts';
import { hasNewsFor, removeMembers } from './membership.ts';
import { dueOffsets, holdsAnything, nextExpiryMs } from './offset-retention.ts';
import { SessionClock } from './session-clock.ts';

/** Changes of a rebalance come in a burst: the cluster's list hears of the last one only. */
const reportDelayMs = 1_000;

/** After something that failed because the cluster's object was out of reach. */
const retryMs = 30_000;

/** An alarm that did not come for so long was lost: whoever calls then sets it going again. */
const overdueAfterMs = 10_000;

export type WatchPorts = {
  readonly clock: Clock;
  readonly alarm: AlarmClock;
  readonly catalog: (ref: GroupRef) => CatalogRpc;
  /** A relay by its object name. */
  readonly relay: (name: string) => GroupRelayRpc;
  /** Told what went wrong where nobody waits for an answer. */
  readonly reportError: (error: unknown) => void;
};

/**
 * What happens to a group while nobody calls: members that fall silent are taken out, offsets expire, relays and the
 * cluster's list are told. Everything due is driven by the object's one alarm.
 */
export class GroupWatch {
  readonly #ports: WatchPorts;
  readonly #sessions = new SessionClock();
  readonly #classicSessions = new ClassicClock();
  /** False until a member was heard of in this life of the object. */
  #hasHeard = false;
  #armedForMs: number | null = null;
  #reported = '';
  /** The state that times and relays were last brought in line with. */
  #followed: GroupState | null = null;
  #followedClassic: ClassicState | null = null;
  #reportDueMs: number | null = null;

  constructor(ports: WatchPorts) {
    this.#ports = ports;
  }

  /** The group came into memory: every session begins anew, unless the last life heard of nobody either. */
  begin(group: GroupMemory): void {
    const nowMs = this.#ports.clock.nowMs();
    this.#sessions.begin(group.state, group.row.unheardSinceMs ?? nowMs);
    this.#classicSessions.begin(group.classic, group.row.unheardSinceMs ?? nowMs);
    this.#reportDueMs = nowMs + reportDelayMs;
  }

  /** A member called. */
  hear(group: GroupMemory, memberId: string): void {
    const nowMs = this.#ports.clock.nowMs();
    const member = group.state.members.get(memberId);
    if (member !== undefined) this.#sessions.hear(member, nowMs);
    else this.#classicSessions.hear(group.classic, memberId, nowMs);
    this.#hasHeard = true;
    if (group.row.unheardSinceMs !== null) group.change({ unheardSinceMs: null }, nowMs);
  }

  /** The group changed, or a member was heard of: times are started and stopped, and whoever must know is told. */
  async follow(group: GroupMemory): Promise<void> {
    if (group.state !== this.#followed || group.classic !== this.#followedClassic) {
      const nowMs = this.#ports.clock.nowMs();
      const before = this.#followed;
      this.#followed = group.state;
      this.#followedClassic = group.classic;
      this.#sessions.follow(group.state, nowMs);
      this.#classicSessions.follow(group.classic);
      if (JSON.stringify(summaryOf(group)) !== this.#reported) this.#reportDueMs ??= nowMs + reportDelayMs;
      this.#tellRelays(group, before);
    }
    await this.#arm(group);
  }

  /** What is due by now; answers whether the group's own time is over. */
  async runDue(group: GroupMemory): Promise<boolean> {
    this.#armedForMs = null;
    const startedMs = this.#ports.clock.nowMs();
    if (!this.#hasHeard && group.memberCount > 0 && group.row.unheardSinceMs === null) {
      // The alarm alone keeps bringing the object back, and every life grants full sessions: this one must count.
      group.change({ unheardSinceMs: startedMs }, startedMs);
    }
    await this.#askRelays(group);
    const nowMs = this.#ports.clock.nowMs();
    const gone = [...this.#sessions.silent(nowMs), ...this.#sessions.tardy(nowMs)];
    if (gone.length > 0) group.change({ state: removeMembers(group.state, gone) }, nowMs);
    const silent = this.#classicSessions.silent(nowMs);
    if (silent.length > 0) group.change({ classic: removeClassicMembers(group.classic, silent, nowMs) }, nowMs);
    const expired = dueOffsets(group, nowMs, limits.offsetsRetentionMs.value);
    if (expired.length > 0) group.change({ deletedOffsets: expired }, nowMs);
    await this.#report(group);
    await this.follow(group);
    const endMs = nextExpiryMs(group, limits.offsetsRetentionMs.value);
    return !holdsAnything(group) && endMs !== null && endMs <= nowMs;
  }

  /** Members on sockets do not call by themselves: before their session ends, their relay is asked about them. */
  async #askRelays(group: GroupMemory): Promise<void> {
    const silent = this.#sessions
      .silent(this.#ports.clock.nowMs())
      .map((memberId) => group.state.members.get(memberId));
    const byRelay = Map.groupBy(
      silent.flatMap((member) => (member !== undefined && member.relay !== null ? [member] : [])),
      ({ relay }) => relay ?? '',
    );
    for (const [relay, members] of byRelay) {
      try {
        const memberIds = members.map(({ memberId }) => memberId);
        for (const memberId of await this.#ports.relay(relay).confirmMembers(group.ref, memberIds)) {
          this.hear(group, memberId);
        }
      } catch (error) {
        // A relay that cannot be reached has lost its sockets, or they find their way back within a new session.
        this.#ports.reportError(error);
      }
    }
  }

  /** Of members on sockets that would be told something new, or were taken out. */
  #tellRelays({ state, ref }: GroupMemory, before: GroupState | null): void {
    const gone = [...(before?.members.values() ?? [])].filter(({ memberId }) => !state.members.has(memberId));
    const news = [...state.members.values()].filter(
      ({ relay, memberId }) => relay !== null && hasNewsFor(state, memberId),
    );
    const told = [...gone, ...news].filter(({ relay }) => relay !== null);
    for (const [relay, members] of Map.groupBy(told, (member) => member.relay ?? '')) {
      const memberIds = members.map(({ memberId }) => memberId);
      this.#ports.relay(relay).groupChanged(ref, memberIds).catch(this.#ports.reportError);
    }
  }

  async #report(group: GroupMemory): Promise<void> {
    const nowMs = this.#ports.clock.nowMs();
    if (this.#reportDueMs === null || this.#reportDueMs > nowMs) return;
    const summary = summaryOf(group);
    const reported = await succeeds(() => this.#ports.catalog(group.ref).reportGroup(group.ref, summary));
    if (reported) this.#reported = JSON.stringify(summary);
    this.#reportDueMs = reported ? null : nowMs + retryMs;
  }

  /** Heartbeats only move ends of sessions away, so they hardly ever arm the alarm anew, which is a write. */
  async #arm(group: GroupMemory): Promise<void> {
    const nowMs = this.#ports.clock.nowMs();
    const expiresMs = nextExpiryMs(group, limits.offsetsRetentionMs.value);
    // What should be gone by now could not be deleted: that is tried again in a while, not at once for ever.
    const expiryDueMs = expiresMs !== null && expiresMs <= nowMs ? nowMs + retryMs : expiresMs;
    const dueMs = [this.#sessions.nextMs(), this.#classicSessions.nextMs(), this.#reportDueMs, expiryDueMs];
    const nextMs = Math.min(...dueMs.map((due) => due ?? Number.POSITIVE_INFINITY));
    const isArmed =
      this.#armedForMs !== null && this.#armedForMs <= nextMs && this.#armedForMs > nowMs - overdueAfterMs;
    if (nextMs === Number.POSITIVE_INFINITY || isArmed) return;
    this.#armedForMs = nextMs;
    await this.#ports.alarm.armBy(nextMs);
  }
}

function summaryOf(group: GroupMemory) {
  const { ref, memberCount } = group;
  return {
    groupId: ref.groupId,
    kind: 'consumer' as const,
    protocol: groupProtocolOf(group),
    state: groupPhaseOf(group),
    memberCount,
  };
}

async function succeeds(call: () => Promise<Result<unknown>>): Promise<boolean> {
  try {
    return (await call()).ok;
  } catch {
    return false;
  }
}
