import type { ClassicState } from './classic-state.ts';

/**
 * When silent members of the classic protocol are taken out. In memory, as all sessions are: a heartbeat must not cost
 * a write, and after the object came back into memory every session begins anew.
 */
export class ClassicClock {
  readonly #sessionEndsMs = new Map<string, number>();

  /** Begins every session anew at `fromMs`. */
  begin(state: ClassicState, fromMs: number): void {
    for (const memberId of state.members.keys()) this.hear(state, memberId, fromMs);
  }

  /** A member was heard of. */
  hear(state: ClassicState, memberId: string, nowMs: number): void {
    const member = state.members.get(memberId);
    if (member !== undefined) this.#sessionEndsMs.set(memberId, nowMs + member.sessionTimeoutMs);
  }

  /** Forgets members that are gone. */
  follow(state: ClassicState): void {
    for (const memberId of this.#sessionEndsMs.keys()) {
      if (!state.members.has(memberId)) this.#sessionEndsMs.delete(memberId);
    }
  }

  /** Members whose session ended. */
  silent(nowMs: number): string[] {
    return [...this.#sessionEndsMs].filter(([, endMs]) => endMs <= nowMs).map(([memberId]) => memberId);
  }

  /** When the next member may have to go; null without members. */
  nextMs(): number | null {
    return this.#sessionEndsMs.size === 0 ? null : Math.min(...this.#sessionEndsMs.values());
  }
}
