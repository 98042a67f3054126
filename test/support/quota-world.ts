import type { Principal } from '../../src/authorization/principal.ts';
import type { QuotaGate } from '../../src/authorization/quota-gate.ts';
import type { QuotaRate } from '../../src/authorization/quota-rates.ts';
import { type Failure, ok } from '../../src/errors/result.ts';
import { QuotaBuckets, quotaGate } from '../../src/gateway/quota-buckets.ts';
import { QuotaLeases } from '../../src/tenancy/quota-leases.ts';

/** An organization's leases, and what one isolate or object has of them; time is the test's. */
export class QuotaWorld {
  readonly rates: readonly QuotaRate[];
  /** Calls of the organization. */
  calls = 0;
  /** What it refuses with instead of lending. */
  refusal: Failure | null = null;
  readonly gate: QuotaGate;
  readonly #leases = new QuotaLeases();

  constructor(rates: readonly QuotaRate[], nowMs: () => number) {
    this.rates = rates;
    const gate = quotaGate(new QuotaBuckets(), {
      nowMs,
      keepAlive: () => {},
      lease: async (_, wanted) => {
        this.calls += 1;
        return ok(this.#leases.lease(this.rates, wanted, nowMs()));
      },
    });
    this.gate = {
      ...gate,
      admit: async (principal, use) =>
        this.refusal === null ? gate.admit(principal, use) : { ok: false, error: this.refusal },
    };
  }

  /** The principal, held to the rates. */
  bound(principal: Principal): Principal {
    return { ...principal, quotas: { own: this.rates, topics: {} } };
  }
}
