import type { QuotaKind, QuotaRate } from '../authorization/quota-rates.ts';

/** What an edge asks for: so many requests or bytes of a quota, to spend without asking again. */
export type LeaseWanted = {
  readonly subject: string;
  readonly kind: QuotaKind;
  readonly tokens: number;
  /** What it has spent beyond its leases: that is paid for before anyone is lent anything. */
  readonly debt: number;
};

/** What it gets, which may be nothing, and how long it should not ask again then. */
export type Lease = { readonly tokens: number; readonly retryAfterMs: number };

/** What was not spent can be spent later, as far as this many seconds of the rate. */
export const burstSeconds = 2;

/** Debts beyond so many seconds of the rate are forgiven: one large answer must not shut a tenant out for hours. */
const debtSecondsMax = 300;

/** One call leases no more: a request counts against at most nine quotas, and several may ask in one call. */
const maxLeasesPerCall = 50;

type Bucket = { tokens: number; filledAtMs: number };

/**
 * The organization's side of its quotas: a token bucket each, out of which edges are lent. In memory alone: a start
 * fills every bucket anew, which lends one burst too much.
 */
export class QuotaLeases {
  readonly #buckets = new Map<string, Bucket>();

  lease(rates: readonly QuotaRate[], wanted: readonly LeaseWanted[], nowMs: number): Lease[] {
    const known = new Map(rates.map((rate) => [keyOf(rate), rate]));
    for (const key of this.#buckets.keys()) if (!known.has(key)) this.#buckets.delete(key);
    return wanted.slice(0, maxLeasesPerCall).map((want) => {
      const rate = known.get(keyOf(want));
      // A quota that was lifted meanwhile: the edge learns it within seconds, and until then nothing is held back.
      return rate === undefined ? { tokens: want.tokens, retryAfterMs: 0 } : this.#lend(rate, want, nowMs);
    });
  }

  #lend(rate: QuotaRate, { tokens: wanted, debt }: LeaseWanted, nowMs: number): Lease {
    const { perSecond } = rate;
    const capacity = perSecond * burstSeconds;
    const bucket = this.#buckets.get(keyOf(rate)) ?? { tokens: capacity, filledAtMs: nowMs };
    const elapsedS = Math.max(0, nowMs - bucket.filledAtMs) / 1000;
    const filled = Math.max(
      Math.min(capacity, bucket.tokens + elapsedS * perSecond) - Math.max(0, debt),
      -debtSecondsMax * perSecond,
    );
    const tokens = Math.max(0, Math.min(wanted, filled));
    this.#buckets.set(keyOf(rate), { tokens: filled - tokens, filledAtMs: nowMs });
    const missing = Math.min(wanted, capacity) - (tokens > 0 ? tokens : filled);
    return { tokens, retryAfterMs: missing > 0 ? Math.ceil((missing / perSecond) * 1000) : 0 };
  }
}

function keyOf({ subject, kind }: Pick<QuotaRate, 'subject' | 'kind'>): string {
  return `${kind} ${subject}`;
}
