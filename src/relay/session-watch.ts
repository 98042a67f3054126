import {
  maxUncheckedMs,
  type PrincipalAuthority,
  recheckMs,
  recheckPrincipals,
} from '../authorization/principal-authority.ts';
import type { Clock } from '../platform/clock.ts';
import type { RelaySession } from './relay-session.ts';

/** While something is due, sessions are looked through this often at most. */
const lookAgainMs = 1_000;

export type SessionWatchPorts = {
  readonly authority: PrincipalAuthority;
  readonly clock: Clock;
  readonly keepAlive: (work: Promise<void>) => void;
  readonly sessions: () => Iterable<RelaySession>;
  /** The session's credential is over. */
  readonly end: (session: RelaySession) => void;
  /** The session's principal was found good, and may have changed. */
  readonly resume: (session: RelaySession) => void;
};

/**
 * Sees to it that nothing is done for long on behalf of who may no more: whenever a relay does something, sessions whose
 * credential has expired end, and the organization is asked about the others every few seconds. A relay that does
 * nothing gives nothing away, so it needs no timer. Sessions of open mode are none of its business.
 */
export class SessionWatch {
  readonly #ports: SessionWatchPorts;
  /** Nothing is due before. */
  #nextMs = Number.POSITIVE_INFINITY;
  #check: Promise<void> | null = null;

  constructor(ports: SessionWatchPorts) {
    this.#ports = ports;
  }

  /** A session came, or came back, or was given another principal. */
  add({ principal }: RelaySession): void {
    if (principal.kind !== 'anonymous') this.#nextMs = 0;
  }

  /** Called before anything is done. What it cannot vouch for is held until it can. */
  touch(): void {
    const nowMs = this.#ports.clock.nowMs();
    if (nowMs < this.#nextMs) return;
    let nextMs = Number.POSITIVE_INFINITY;
    const due: RelaySession[] = [];
    for (const session of [...this.#ports.sessions()]) {
      const { principal, checkedAtMs } = session;
      if (principal.kind === 'anonymous') continue;
      if (principal.expiresAtMs !== null && principal.expiresAtMs <= nowMs) {
        this.#ports.end(session);
        continue;
      }
      session.isHeld = nowMs - checkedAtMs >= maxUncheckedMs;
      const dueMs = checkedAtMs + recheckMs;
      if (dueMs <= nowMs) due.push(session);
      nextMs = Math.min(nextMs, principal.expiresAtMs ?? nextMs, dueMs <= nowMs ? nowMs + lookAgainMs : dueMs);
    }
    this.#nextMs = nextMs;
    if (due.length === 0 || this.#check !== null) return;
    this.#check = this.#recheck(due).finally(() => {
      this.#check = null;
    });
    this.#ports.keepAlive(this.#check);
  }

  /** Resolves when a check that is under way is over. */
  async settled(): Promise<void> {
    await this.#check;
  }

  async #recheck(due: readonly RelaySession[]): Promise<void> {
    const { authority, clock, end, resume } = this.#ports;
    const gone = await recheckPrincipals(authority, due, () => clock.nowMs());
    // Whoever cannot be asked about is held when the time is up, and asked about again.
    if (!gone.ok) return;
    for (const session of gone.value) if (!session.isClosed) end(session);
    for (const session of due) {
      if (session.isClosed) continue;
      session.isHeld = false;
      resume(session);
    }
  }
}
