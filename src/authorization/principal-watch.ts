import {
  type HeldPrincipal,
  maxUncheckedMs,
  type PrincipalAuthority,
  recheckMs,
  recheckPrincipals,
} from './principal-authority.ts';

/** While something is due, holders are looked through this often at most. */
const lookAgainMs = 1_000;

/** What an object holds on behalf of somebody: a socket. */
export type PrincipalHolder = HeldPrincipal & {
  /** True while nobody vouches for the principal: nothing is sent, and nothing is taken. */
  isHeld: boolean;
  readonly isClosed: boolean;
};

export type PrincipalWatchPorts<Holder extends PrincipalHolder> = {
  readonly authority: PrincipalAuthority;
  readonly nowMs: () => number;
  readonly keepAlive: (work: Promise<void>) => void;
  readonly holders: () => Iterable<Holder>;
  /** The holder's credential is over. */
  readonly end: (holder: Holder) => void;
  /** The holder's principal was found good, and may have changed. */
  readonly resume: (holder: Holder) => void;
};

/**
 * Sees to it that nothing is done for long on behalf of who may no more: whenever an object does something, holders
 * whose credential has expired end, and the organization is asked about the others every few seconds. An object that
 * does nothing gives nothing away, so it needs no timer. What is held in open mode is none of its business.
 */
export class PrincipalWatch<Holder extends PrincipalHolder> {
  readonly #ports: PrincipalWatchPorts<Holder>;
  /** Nothing is due before. */
  #nextMs = Number.POSITIVE_INFINITY;
  #check: Promise<void> | null = null;

  constructor(ports: PrincipalWatchPorts<Holder>) {
    this.#ports = ports;
  }

  /** A holder came, or came back, or was given another principal. */
  add({ principal }: Holder): void {
    if (principal.kind !== 'anonymous') this.#nextMs = 0;
  }

  /** Called before anything is done. What it cannot vouch for is held until it can. */
  touch(): void {
    if (this.#nextMs === Number.POSITIVE_INFINITY) return;
    const nowMs = this.#ports.nowMs();
    if (nowMs < this.#nextMs) return;
    let nextMs = Number.POSITIVE_INFINITY;
    const due: Holder[] = [];
    for (const holder of [...this.#ports.holders()]) {
      const { principal, checkedAtMs } = holder;
      if (principal.kind === 'anonymous') continue;
      if (principal.expiresAtMs !== null && principal.expiresAtMs <= nowMs) {
        this.#ports.end(holder);
        continue;
      }
      holder.isHeld = nowMs - checkedAtMs >= maxUncheckedMs;
      const dueMs = checkedAtMs + recheckMs;
      if (dueMs <= nowMs) due.push(holder);
      nextMs = Math.min(nextMs, principal.expiresAtMs ?? nextMs, dueMs <= nowMs ? nowMs + lookAgainMs : dueMs);
    }
    this.#nextMs = nextMs;
    if (due.length === 0 || this.#check !== null) return;
    this.#check = this.#recheck(due).finally(() => {
      this.#check = null;
    });
    this.#ports.keepAlive(this.#check);
  }

  /** Waits until a held holder was asked about: the check that is under way may have begun before it came. */
  async settled(holder: Holder): Promise<void> {
    await this.#check;
    if (!holder.isHeld || holder.isClosed) return;
    this.#nextMs = 0;
    this.touch();
    await this.#check;
  }

  async #recheck(due: readonly Holder[]): Promise<void> {
    const { authority, nowMs, end, resume } = this.#ports;
    const gone = await recheckPrincipals(authority, due, nowMs);
    // Whoever cannot be asked about is held when the time is up, and asked about again.
    if (!gone.ok) return;
    for (const holder of gone.value) if (!holder.isClosed) end(holder);
    for (const holder of due) {
      if (holder.isClosed) continue;
      holder.isHeld = false;
      resume(holder);
    }
  }
}
