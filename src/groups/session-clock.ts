import { type GroupState, type Member, mustGiveBack } from './group-state.ts';

/**
 * When members are taken out: a silent one when its session ends, one that does not give partitions back when its
 * rebalance time ends. All of it is in memory: a heartbeat must not cost a write. After the object came back into
 * memory every session begins anew.
 */
export class SessionClock {
  readonly #sessionEndsMs = new Map<string, number>();
  readonly #rebalanceEndsMs = new Map<string, number>();

  /** Begins every session anew at `fromMs`. */
  begin(state: GroupState, fromMs: number): void {
    for (const member of state.members.values()) this.hear(member, fromMs);
    this.follow(state, fromMs);
  }

  /** A member was heard of. */
  hear({ memberId, sessionTimeoutMs }: Member, nowMs: number): void {
    this.#sessionEndsMs.set(memberId, nowMs + sessionTimeoutMs);
  }

  /** Starts and stops rebalance times as the state asks for it, and forgets members that are gone. */
  follow(state: GroupState, nowMs: number): void {
    for (const memberId of this.#sessionEndsMs.keys()) {
      if (state.members.has(memberId)) continue;
      this.#sessionEndsMs.delete(memberId);
      this.#rebalanceEndsMs.delete(memberId);
    }
    for (const member of state.members.values()) {
      if (!mustGiveBack(member)) this.#rebalanceEndsMs.delete(member.memberId);
      else if (!this.#rebalanceEndsMs.has(member.memberId)) {
        this.#rebalanceEndsMs.set(member.memberId, nowMs + member.rebalanceTimeoutMs);
      }
    }
  }

  /** Members whose session ended. */
  silent(nowMs: number): string[] {
    return due(this.#sessionEndsMs, nowMs);
  }

  /** Members that kept for too long what they were to give back. */
  tardy(nowMs: number): string[] {
    return due(this.#rebalanceEndsMs, nowMs);
  }

  /** When the next member may have to go; null without members. */
  nextMs(): number | null {
    const next = Math.min(...this.#sessionEndsMs.values(), ...this.#rebalanceEndsMs.values());
    return Number.isFinite(next) ? next : null;
  }
}

function due(endsMs: ReadonlyMap<string, number>, nowMs: number): string[] {
  return [...endsMs].filter(([, endMs]) => endMs <= nowMs).map(([memberId]) => memberId);
}
