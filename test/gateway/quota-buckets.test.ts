import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anonymousPrincipal, type Principal } from '../../src/authorization/principal.ts';
import type { QuotaUse } from '../../src/authorization/quota-gate.ts';
import type { QuotaRate } from '../../src/authorization/quota-rates.ts';
import { failed, ok } from '../../src/errors/result.ts';
import { QuotaBuckets, type QuotaPorts } from '../../src/gateway/quota-buckets.ts';
import { burstSeconds, QuotaLeases } from '../../src/tenancy/quota-leases.ts';

const request: QuotaUse = { topic: null, requests: 1, produceBytes: 0, isFetch: false };

/** Isolates before one organization's object; time moves when it is told to. */
class World {
  nowMs = 1_790_000_000_000;
  calls = 0;
  isAway = false;
  readonly rates: readonly QuotaRate[];
  readonly principal: Principal;
  readonly isolates: QuotaBuckets[];
  readonly #leases = new QuotaLeases();
  #background: Promise<unknown>[] = [];

  constructor(rates: readonly QuotaRate[], isolateCount = 1) {
    this.rates = rates;
    const quotas = { own: rates, topics: {} };
    this.principal = { ...anonymousPrincipal({ orgId: 'acme', clusterId: 'acme1' }), kind: 'key', quotas };
    this.isolates = Array.from({ length: isolateCount }, () => new QuotaBuckets());
  }

  get ports(): QuotaPorts {
    return {
      nowMs: () => this.nowMs,
      keepAlive: (work) => this.#background.push(work),
      lease: async (_, wanted) => {
        this.calls += 1;
        if (this.isAway) return failed('OVERLOADED', 'away');
        return ok(this.#leases.lease(this.rates, wanted, this.nowMs));
      },
    };
  }

  async admit(use: QuotaUse, isolate = 0): Promise<boolean> {
    return (await this.isolates[isolate]!.admit(this.principal, use, this.ports)).ok;
  }

  async settle(): Promise<void> {
    await Promise.all(this.#background.splice(0));
  }
}

const requestsPerSecond = (perSecond: number): QuotaRate => ({ subject: 'organization:', kind: 'requests', perSecond });

describe('quotas at the edge', () => {
  it('cost nothing where there are none', async () => {
    const world = new World([]);
    const { quotas: _, ...free } = world.principal;
    for (let index = 0; index < 100; index += 1) {
      expect(await world.isolates[0]!.admit(free, request, world.ports)).toEqual(ok(null));
    }
    expect(world.calls).toBe(0);
  });

  it('admit the rate and one burst, however many isolates and however hard they are asked', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 2, max: 200 }),
        fc.integer({ min: 20, max: 500 }),
        async (isolateCount, rate, stepMs) => {
          const world = new World([requestsPerSecond(rate)], isolateCount);
          const seconds = 20;
          let admitted = 0;
          for (let ms = 0; ms < seconds * 1000; ms += stepMs) {
            for (let isolate = 0; isolate < isolateCount; isolate += 1) {
              // Ten times what everybody may do together.
              const tries = Math.ceil((10 * rate * stepMs) / 1000);
              for (let index = 0; index < tries; index += 1) if (await world.admit(request, isolate)) admitted += 1;
            }
            await world.settle();
            world.nowMs += stepMs;
          }
          // An isolate admits one request more than it has tokens for.
          const most = rate * (seconds + burstSeconds) + isolateCount * (2 * seconds + 1);
          expect(admitted).toBeLessThanOrEqual(most);
          if (isolateCount === 1) expect(admitted).toBeGreaterThan(rate * seconds * 0.5);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('ask at most twice a second, whatever is refused', async () => {
    const world = new World([requestsPerSecond(1)]);
    for (let ms = 0; ms < 10_000; ms += 10) {
      await Promise.all(Array.from({ length: 10 }, () => world.admit(request)));
      await world.settle();
      world.nowMs += 10;
    }
    expect(world.calls).toBeLessThanOrEqual(21);
  });

  it('say how long to wait', async () => {
    const world = new World([requestsPerSecond(10)]);
    while (await world.admit(request)) await world.settle();
    const refused = await world.isolates[0]!.admit(world.principal, request, world.ports);
    expect(refused).toMatchObject({
      error: { code: 'THROTTLING_QUOTA_EXCEEDED', detail: { quota: 'requests', per_second: 10 } },
    });
    const wait = refused.ok ? 0 : Number(refused.error.detail?.retry_after_ms);
    expect(wait).toBeGreaterThanOrEqual(500);
    world.nowMs += wait;
    expect(await world.admit(request)).toBe(true);
  });

  it('let a request through that is larger than the rate, and have it paid for', async () => {
    const world = new World([{ subject: 'key:mrk_a', kind: 'produceBytes', perSecond: 1_000 }]);
    const large = { ...request, produceBytes: 10_000 };
    expect(await world.admit(large)).toBe(true);
    let admittedAfterMs = 0;
    while (!(await world.admit(large))) {
      await world.settle();
      world.nowMs += 100;
      admittedAfterMs += 100;
    }
    expect(admittedAfterMs).toBeGreaterThanOrEqual(7_000);
    expect(admittedAfterMs).toBeLessThanOrEqual(15_000);
  });

  it('have what was spent beyond them paid for by waiting as long as is said, and not by asking', async () => {
    const world = new World([{ subject: 'key:mrk_a', kind: 'produceBytes', perSecond: 1_000 }]);
    const [isolate] = world.isolates as [QuotaBuckets];
    const large = { ...request, produceBytes: 10_000 };
    expect(await isolate.owedMs(world.principal, null, world.ports)).toBe(0);
    expect(await world.admit(large)).toBe(true);
    const owedMs = await isolate.owedMs(world.principal, null, world.ports);
    expect(owedMs).toBeGreaterThanOrEqual(8_000);
    expect(owedMs).toBeLessThanOrEqual(10_000);
    // Half a second's share is lent at a time, so a little less than what was said may be enough.
    world.nowMs += owedMs - 600;
    expect(await world.admit(large)).toBe(false);
    world.nowMs += 600;
    expect(await world.admit(large)).toBe(true);
  });

  it('do not shut anyone out for hours, whatever one answer took', async () => {
    const world = new World([{ subject: 'organization:', kind: 'fetchBytes', perSecond: 10 }]);
    const read = { ...request, isFetch: true };
    expect(await world.admit(read)).toBe(true);
    world.isolates[0]!.spendFetchBytes(world.principal, null, 10_000_000);
    expect(await world.admit(read)).toBe(false);
    world.nowMs += 305_000;
    expect(await world.admit(read)).toBe(true);
  });

  it('count fetched bytes after they left, and refuse the next read alone', async () => {
    const world = new World([{ subject: 'organization:', kind: 'fetchBytes', perSecond: 1_000 }]);
    const read = { ...request, isFetch: true };
    expect(await world.admit(read)).toBe(true);
    world.isolates[0]!.spendFetchBytes(world.principal, null, 50_000);
    world.nowMs += 1_000;
    expect(await world.admit(read)).toBe(false);
    expect(await world.admit(request)).toBe(true);
  });

  it('count a topic by itself, and for whom it has no quota not at all', async () => {
    const world = new World([requestsPerSecond(1)]);
    const quotas = { own: [], topics: { orders: world.rates } };
    const principal = { ...world.principal, quotas };
    const admit = async (topic: string) =>
      (await world.isolates[0]!.admit(principal, { ...request, topic }, world.ports)).ok;
    while (await admit('orders')) await world.settle();
    const { calls } = world;
    for (let index = 0; index < 100; index += 1) expect(await admit('invoices')).toBe(true);
    expect(await admit('toString')).toBe(true);
    expect(world.calls).toBe(calls);
  });

  it('go on with a share of the rate while the organization is out of reach', async () => {
    const world = new World([requestsPerSecond(100)]);
    world.isAway = true;
    let admitted = 0;
    for (let ms = 0; ms < 10_000; ms += 10) {
      for (let index = 0; index < 10; index += 1) if (await world.admit(request)) admitted += 1;
      await world.settle();
      world.nowMs += 10;
    }
    expect(admitted).toBeGreaterThan(300);
    expect(admitted).toBeLessThan(1_000);
    expect(world.calls).toBeLessThanOrEqual(21);
  });
});
