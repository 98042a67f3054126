/**
 * Acts that somebody can repeat as often as they like, and that are written down as sums therefore: access that was
 * refused, a key that did not let its bearer in, a browser token that was made.
 */
export type SummedKind = 'access' | 'sign_in' | 'token';

/** What one principal did how often in one way, as an edge counted it. */
export type SummedAct = {
  readonly kind: SummedKind;
  readonly principal: string;
  readonly host: string | null;
  readonly action: string;
  readonly resource: string;
  readonly count: number;
};

/** Whoever repeats them writes into someone's log: so much of each kind in an hour, and a sum of the rest. */
export const summedEntriesPerHour = 60;

const hourMs = 60 * 60 * 1000;

const nouns: Readonly<Record<SummedKind, string>> = {
  access: 'refusals',
  sign_in: 'failed sign-ins',
  token: 'browser tokens',
};

/** How a sum stands in the log. */
export function outcomeOf(kind: SummedKind): 'refused' | 'done' {
  return kind === 'token' ? 'done' : 'refused';
}

type Share = { hour: number; entries: number; unlisted: number };

/** What of an hour's share of the log each kind has taken: whoever floods one kind does not hide the others. */
export class HourShares {
  readonly #shares = new Map<SummedKind, Share>();

  /** Whether the act has an entry of its own; one that has none is counted. */
  takes(kind: SummedKind, count: number, nowMs: number): boolean {
    const share = this.#share(kind, nowMs);
    const isTaken = share.entries < summedEntriesPerHour;
    if (isTaken) share.entries += 1;
    else share.unlisted += count;
    return isTaken;
  }

  /** What has no entry of its own, and never gets one. */
  leaveOut(kind: SummedKind, count: number, nowMs: number): void {
    this.#share(kind, nowMs).unlisted += count;
  }

  /** How many acts of past hours had no entry, each told once. */
  unlistedBefore(nowMs: number): { readonly kind: SummedKind; readonly count: number; readonly resource: string }[] {
    const hour = Math.floor(nowMs / hourMs);
    return [...this.#shares].flatMap(([kind, share]) => {
      if (share.hour >= hour) return [];
      this.#shares.delete(kind);
      const resource = `${nouns[kind]} beyond what an hour lists`;
      return share.unlisted > 0 ? [{ kind, count: share.unlisted, resource }] : [];
    });
  }

  #share(kind: SummedKind, nowMs: number): Share {
    const hour = Math.floor(nowMs / hourMs);
    const share = this.#shares.get(kind) ?? { hour, entries: 0, unlisted: 0 };
    this.#shares.set(kind, share);
    return share;
  }
}
