import type { Principal } from '../authorization/principal.ts';
import type { QuotaGate, QuotaUse } from '../authorization/quota-gate.ts';
import { type QuotaKind, type QuotaRate, quotaRatesOf } from '../authorization/quota-rates.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import type { Lease, LeaseWanted } from '../tenancy/quota-leases.ts';

export type QuotaPorts = {
  readonly nowMs: () => number;
  readonly lease: (orgId: string, wanted: readonly LeaseWanted[]) => Promise<Result<readonly Lease[]>>;
  /** Lets a lease that nobody waits for arrive after the answer. */
  readonly keepAlive: (work: Promise<unknown>) => void;
};

/** An isolate leases what this much of a second allows: little enough that many isolates share, and few calls. */
const leaseSeconds = 0.5;

/** What was leased and not spent is given up: it may not add up to more than the organization lends. */
const leaseMs = 5_000;

/** Between two questions about a quota that is used up. */
const minPauseMs = 500;
const maxPauseMs = 5_000;

/** Quotas that an isolate has leases of; the one that was used longest ago is forgotten first. */
const maxBuckets = 5_000;

type Bucket = {
  /** What may be spent; below zero when more was spent, which the next lease pays for. */
  balance: number;
  endsAtMs: number;
  nextAskAtMs: number;
  /** When its organization expects to have something to lend again. */
  lendsAtMs: number;
  asking: Promise<void> | null;
};

type Charge = { readonly rate: QuotaRate; readonly bucket: Bucket; readonly cost: number };

/**
 * The edge's side of quotas: what one isolate was lent of them. A request is let in while something is left, and may
 * take more than that; the debt is paid before the next one. A refused request asks nobody: while a quota is used up,
 * an isolate asks its organization at most twice a second, whatever arrives.
 */
export class QuotaBuckets {
  readonly #buckets = new Map<string, Bucket>();

  async admit(principal: Principal, use: QuotaUse, ports: QuotaPorts): Promise<Result<null>> {
    if (principal.quotas === undefined) return ok(null);
    const charges = quotaRatesOf(principal, use.topic).flatMap((rate) => this.#chargeOf(principal.orgId, rate, use));
    const nowMs = ports.nowMs();
    for (const { bucket } of charges) endLease(bucket, nowMs);
    const empty = charges.filter(({ bucket }) => bucket.balance <= 0);
    if (empty.length > 0) await this.#ask(principal.orgId, empty, ports);
    const lacking = charges.find(({ bucket }) => bucket.balance <= 0);
    if (lacking !== undefined) return refusal(lacking, ports.nowMs());
    for (const { bucket, cost } of charges) bucket.balance -= cost;
    const low = charges.filter(({ bucket, rate }) => bucket.balance < chunkOf(rate) / 2);
    if (low.length > 0) ports.keepAlive(this.#ask(principal.orgId, low, ports));
    return ok(null);
  }

  /** Counts what a request turned out to answer. */
  spendFetchBytes(principal: Principal, topic: string | null, bytes: number): void {
    for (const rate of quotaRatesOf(principal, topic)) {
      if (rate.kind === 'fetchBytes') this.#bucket(principal.orgId, rate).balance -= bytes;
    }
  }

  /** How long it takes until what was spent and not leased is paid for. */
  async owedMs(principal: Principal, topic: string | null, ports: QuotaPorts): Promise<number> {
    const charges = quotaRatesOf(principal, topic).map(
      (rate): Charge => ({ rate, bucket: this.#bucket(principal.orgId, rate), cost: 0 }),
    );
    const owing = charges.filter(({ bucket }) => bucket.balance < 0);
    if (owing.length > 0) await this.#ask(principal.orgId, owing, ports);
    const lacking = charges.filter(({ bucket }) => bucket.balance <= 0);
    return Math.max(0, ...lacking.map((charge) => waitMs(charge, ports.nowMs())));
  }

  #chargeOf(orgId: string, rate: QuotaRate, use: QuotaUse): Charge[] {
    const cost = costOf(rate.kind, use);
    return cost === null ? [] : [{ rate, bucket: this.#bucket(orgId, rate), cost }];
  }

  #bucket(orgId: string, { subject, kind }: QuotaRate): Bucket {
    const key = `${orgId} ${kind} ${subject}`;
    const bucket = this.#buckets.get(key) ?? { balance: 0, endsAtMs: 0, nextAskAtMs: 0, lendsAtMs: 0, asking: null };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > maxBuckets) {
      const first = this.#buckets.keys().next();
      if (!first.done) this.#buckets.delete(first.value);
    }
    return bucket;
  }

  /** Asks for what may be asked for now, in one call, and waits for what is asked for already. */
  async #ask(orgId: string, charges: readonly Charge[], ports: QuotaPorts): Promise<void> {
    const nowMs = ports.nowMs();
    const free = charges.filter(({ bucket }) => bucket.asking === null && bucket.nextAskAtMs <= nowMs);
    if (free.length > 0) {
      const asking = this.#lease(orgId, free, ports);
      for (const { bucket } of free) bucket.asking = asking;
    }
    await Promise.all(charges.map(({ bucket }) => bucket.asking));
  }

  async #lease(orgId: string, charges: readonly Charge[], ports: QuotaPorts): Promise<void> {
    const wanted = charges.map(({ rate: { subject, kind, ...rate }, bucket }) => ({
      subject,
      kind,
      tokens: chunkOf(rate) - Math.max(0, bucket.balance),
      debt: Math.max(0, -bucket.balance),
    }));
    const leased = await ports.lease(orgId, wanted);
    const nowMs = ports.nowMs();
    for (const [index, { bucket, rate }] of charges.entries()) {
      // A quota is not worth an outage: out of reach of the organization, an isolate lends itself its share a second.
      const lease = leased.ok ? leased.value[index] : undefined;
      const { tokens, retryAfterMs } = lease ?? { tokens: chunkOf(rate), retryAfterMs: 2 * minPauseMs };
      bucket.balance += lease === undefined ? tokens : tokens + wanted[index]!.debt;
      bucket.lendsAtMs = nowMs + retryAfterMs;
      bucket.endsAtMs = nowMs + leaseMs;
      bucket.nextAskAtMs =
        retryAfterMs > 0 || lease === undefined ? nowMs + Math.min(Math.max(retryAfterMs, minPauseMs), maxPauseMs) : 0;
      bucket.asking = null;
    }
  }
}

/** Quotas as everything that is asked on behalf of a principal meets them. */
export function quotaGate(buckets: QuotaBuckets, ports: QuotaPorts): QuotaGate {
  return {
    admit: (principal, use) => buckets.admit(principal, use, ports),
    spendFetchBytes: (principal, topic, bytes) => buckets.spendFetchBytes(principal, topic, bytes),
    owedMs: (principal, topic) => buckets.owedMs(principal, topic, ports),
  };
}

function costOf(kind: QuotaKind, { requests, produceBytes, isFetch }: QuotaUse): number | null {
  switch (kind) {
    case 'requests':
      return requests > 0 ? requests : null;
    case 'produceBytes':
      return produceBytes > 0 ? produceBytes : null;
    case 'fetchBytes':
      return isFetch ? 0 : null;
  }
}

function chunkOf({ perSecond }: Pick<QuotaRate, 'perSecond'>): number {
  return Math.max(1, perSecond * leaseSeconds);
}

/** Debts do not end with a lease. */
function endLease(bucket: Bucket, nowMs: number): void {
  if (bucket.endsAtMs <= nowMs) bucket.balance = Math.min(bucket.balance, 0);
}

const nounOf: Readonly<Record<QuotaKind, string>> = {
  requests: 'requests',
  produceBytes: 'produced bytes',
  fetchBytes: 'fetched bytes',
};

/** How long until something is left: what was spent since the organization was last asked has to come in first. */
function waitMs({ rate, bucket }: Charge, nowMs: number): number {
  const owedMs = (Math.max(0, -bucket.balance) / rate.perSecond) * 1000;
  return Math.max(0, bucket.lendsAtMs - nowMs) + owedMs;
}

function refusal(charge: Charge, nowMs: number): Result<null> {
  const { rate, bucket } = charge;
  const { subject, kind, perSecond } = rate;
  const retryAfterMs = Math.ceil(Math.max(minPauseMs, bucket.nextAskAtMs - nowMs, waitMs(charge, nowMs)));
  const [type = '', name = ''] = subject.split(/:(.*)/s);
  return failed(
    'THROTTLING_QUOTA_EXCEEDED',
    `The quota of ${perSecond} ${nounOf[kind]} a second of ${name === '' ? `the ${type}` : `${type} ${name}`} is used up for the moment. Wait for Retry-After, or raise it (GET /v1/quotas).`,
    { quota: kind, entity: subject, per_second: perSecond, retry_after_ms: retryAfterMs },
  );
}
