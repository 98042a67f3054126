import type { ExcessConnections, HeldConnections } from '../authorization/connection-cap.ts';

/** What of connections is bounded; null where nothing is. */
export type ConnectionCaps = {
  readonly organization: number | null;
  readonly ofAccount: (account: string) => number | null;
};

/**
 * A holder that has said nothing for so long is not counted any more: it is gone, or sleeps, and so do its connections.
 * It is longer than a Kafka connection may be idle.
 */
export const connectionMemoryMs = 15 * 60 * 1000;

type Counted = { atMs: number; readonly byAccount: ReadonlyMap<string, number> };

/**
 * Who holds how many connections of an organization: in memory alone, because holders tell it again every minute. Of
 * connections that are too many, those that came last go: what was let in before stays, also when a cap is lowered.
 */
export class ConnectionCounts {
  readonly #holders = new Map<string, Counted>();

  /** Takes in what a holder has now; answers how many of each account it has to end. */
  settle(
    holder: string,
    held: readonly HeldConnections[],
    caps: ConnectionCaps,
    nowMs: number,
  ): readonly ExcessConnections[] {
    this.#forgetSilent(nowMs);
    const before = this.#holders.get(holder)?.byAccount ?? new Map<string, number>();
    this.#holders.delete(holder);
    const settled = new Map<string, number>();
    const left = { organization: roomIn(caps.organization, this.#count(null)) };
    const verdicts = held.map(({ account, count }): ExcessConnections & { readonly kept: number } => {
      const kept = Math.min(count, before.get(account) ?? 0);
      left.organization -= kept;
      return { account, kept, excess: count - kept, max: 0 };
    });
    const answer = verdicts.map(({ account, kept, excess: added }) => {
      const cap = caps.ofAccount(account);
      const ofAccount = roomIn(cap, this.#count(account)) - kept;
      const taken = Math.max(0, Math.min(added, ofAccount, left.organization));
      left.organization -= taken;
      if (kept + taken > 0) settled.set(account, kept + taken);
      const max = (ofAccount < added && cap !== null ? cap : caps.organization) ?? 0;
      return { account, excess: added - taken, max };
    });
    if (settled.size > 0) this.#holders.set(holder, { atMs: nowMs, byAccount: settled });
    return answer;
  }

  /** Connections that all holders have, of one account or of all. */
  #count(account: string | null): number {
    let count = 0;
    for (const { byAccount } of this.#holders.values()) {
      if (account !== null) count += byAccount.get(account) ?? 0;
      else for (const ofOne of byAccount.values()) count += ofOne;
    }
    return count;
  }

  #forgetSilent(nowMs: number): void {
    for (const [holder, { atMs }] of this.#holders) {
      if (nowMs - atMs >= connectionMemoryMs) this.#holders.delete(holder);
    }
  }
}

const roomIn = (cap: number | null, taken: number): number => (cap === null ? Number.POSITIVE_INFINITY : cap - taken);
