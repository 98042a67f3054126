import { type Failure, ok, type Result } from '../errors/result.ts';
import { ConnectionReports, isCapped } from './connection-cap.ts';
import {
  type HeldPrincipal,
  maxUncheckedMs,
  type PrincipalAuthority,
  recheckMs,
  recheckPrincipals,
} from './principal-authority.ts';
import { isUnresolved } from './principal-text.ts';

/** While something is due, holders are looked through this often at most. */
const lookAgainMs = 1_000;

/** How long a connection was open is counted at its end, and this often while something goes on. */
const countOpenMs = 60_000;

/** What an object holds on behalf of somebody: a socket. */
export type PrincipalHolder = HeldPrincipal & {
  /** True while nobody vouches for the principal: nothing is sent, and nothing is taken. */
  isHeld: boolean;
  readonly isClosed: boolean;
  /** Until when it was counted that the connection is open. */
  countedToMs: number;
};

export type PrincipalWatchPorts<Holder extends PrincipalHolder> = {
  readonly authority: PrincipalAuthority;
  readonly nowMs: () => number;
  readonly keepAlive: (work: Promise<void>) => void;
  readonly holders: () => Iterable<Holder>;
  /** The holder's credential is over. */
  readonly end: (holder: Holder) => void;
  /** The holder is one connection more than there may be. */
  readonly refuse: (holder: Holder, failure: Failure) => void;
  /** The holder's principal was found good, and may have changed. */
  readonly resume: (holder: Holder) => void;
  /** Counts that a connection was open from one time to another, which is the holder's `countedToMs` now. */
  readonly wasOpen: (holder: Holder, fromMs: number, toMs: number) => void;
};

/**
 * Sees to it that nothing is done for long on behalf of who may no more: whenever an object does something, holders
 * whose credential has expired end, and the organization is asked about the others every few seconds. An object that
 * does nothing gives nothing away, so it needs no timer. What is held in open mode is none of its business.
 */
export class PrincipalWatch<Holder extends PrincipalHolder> {
  readonly #ports: PrincipalWatchPorts<Holder>;
  readonly #connections: ConnectionReports<Holder>;
  /** Whether the organization was asked in this life, and so knows whom to tell that rights were taken. */
  #isKnown = false;
  /** Nothing is due before. */
  #nextMs = Number.POSITIVE_INFINITY;
  #check: Promise<void> | null = null;
  #count: Promise<void> = Promise.resolve();
  #nextCount: Promise<void> | null = null;
  /** Somebody came to be due who is not in the check that is under way. */
  #isMissing = false;

  constructor(ports: PrincipalWatchPorts<Holder>) {
    this.#ports = ports;
    this.#connections = new ConnectionReports(ports.authority);
  }

  /** A holder came, or came back, or was given another principal. */
  add(holder: Holder): void {
    if (holder.principal.kind === 'anonymous') return;
    this.#nextMs = 0;
    const isNew = !this.#isKnown;
    this.#isKnown = true;
    if (isNew) void this.#begin([holder]);
    // Of one that sends nothing it has to be found out all the same whether it is one connection too many.
    else if (isUnresolved(holder.principal) || isCapped(holder.principal)) {
      if (this.#check === null) this.touch();
      else this.#isMissing = true;
    }
  }

  /** Waits until the organization was told of the connections that there are. */
  async counted(): Promise<void> {
    await this.#check;
    await this.#countConnections();
  }

  /** A holder is gone: where connections are counted, another one may take its place. */
  removed(holder: Holder): void {
    const { principal } = holder;
    if (principal.kind !== 'anonymous') this.#countOpen(holder, this.#ports.nowMs(), 0);
    if (!isCapped(principal)) return;
    this.#ports.keepAlive(this.#countConnections());
  }

  /**
   * Asks about everyone at once, because the organization said that rights were taken. Answers whether anybody is left;
   * fails when the organization cannot be asked.
   */
  async lookAgain(): Promise<Result<boolean>> {
    // One that is under way may have asked before the rights were taken.
    await this.#check;
    const held = this.#watched();
    const looked = held.length === 0 ? ok(null) : await this.#begin(held);
    if (!looked.ok) return looked;
    // Who holds nobody's sockets is forgotten by the organization, and makes itself known with the next one.
    this.#isKnown = this.#watched().length > 0;
    return ok(this.#isKnown);
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
      this.#countOpen(holder, nowMs, countOpenMs);
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
    if (this.#check !== null) this.#isMissing = due.length > 0;
    else if (due.length > 0) void this.#begin(due);
  }

  /** Waits until a held holder was asked about: the check that is under way may have begun before it came. */
  async settled(holder: Holder): Promise<void> {
    await this.#check;
    if (!holder.isHeld || holder.isClosed) return;
    this.#nextMs = 0;
    this.touch();
    await this.#check;
  }

  #countOpen(holder: Holder, nowMs: number, leastMs: number): void {
    const fromMs = holder.countedToMs;
    if (nowMs - fromMs < Math.max(1, leastMs)) return;
    holder.countedToMs = nowMs;
    this.#ports.wasOpen(holder, fromMs, nowMs);
  }

  #watched(): Holder[] {
    return [...this.#ports.holders()].filter(({ principal }) => principal.kind !== 'anonymous');
  }

  #begin(due: readonly Holder[]): Promise<Result<null>> {
    const recheck = this.#recheck(due);
    const check: Promise<void> = recheck.then(() => {
      if (this.#check !== check) return;
      this.#check = null;
      if (!this.#isMissing) return;
      this.#isMissing = false;
      this.#nextMs = 0;
      this.touch();
    });
    this.#check = check;
    this.#ports.keepAlive(check);
    return recheck;
  }

  async #recheck(due: readonly Holder[]): Promise<Result<null>> {
    const { authority, nowMs, end, resume } = this.#ports;
    const gone = await recheckPrincipals(authority, due, nowMs);
    // Whoever cannot be asked about is held when the time is up, and asked about again.
    if (!gone.ok) return gone;
    for (const holder of gone.value) if (!holder.isClosed) end(holder);
    await this.#countConnections();
    for (const holder of due) {
      if (holder.isClosed) continue;
      holder.isHeld = false;
      resume(holder);
    }
    return ok(null);
  }

  /** One count at a time, and one that waits: an older one must not be told after a newer. */
  #countConnections(): Promise<void> {
    if (this.#nextCount !== null) return this.#nextCount;
    const next = this.#count.then(() => {
      this.#nextCount = null;
      return this.#tellConnections();
    });
    this.#nextCount = next;
    this.#count = next;
    return next;
  }

  async #tellConnections(): Promise<void> {
    const { nowMs, holders, refuse } = this.#ports;
    for (const [holder, { error }] of await this.#connections.settle(holders(), nowMs())) {
      if (!holder.isClosed) refuse(holder, error);
    }
  }
}
