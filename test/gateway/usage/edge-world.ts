import { expect } from 'vitest';
import { anonymousPrincipal, type Principal } from '../../../src/authorization/principal.ts';
import { failed, ok, type Result } from '../../../src/errors/result.ts';
import { EdgeUsage, type EdgeUsagePorts, type UsageMeter, usageMeter } from '../../../src/gateway/usage/edge-usage.ts';
import { NodeSqlStore } from '../../../src/platform/memory/node-sql-store.ts';
import { OrganizationStore } from '../../../src/tenancy/organization-store.ts';
import { UsageLedger } from '../../../src/tenancy/usage/usage-ledger.ts';
import type { EdgeUsageReceipt, EdgeUsageReport } from '../../../src/tenancy/usage-rpc.ts';

/** What becomes of reports. */
export type Fate = 'arrives' | 'answer is lost' | 'is lost' | 'arrives twice' | 'is refused' | 'organization is gone';

/** A moment of a sleeper: it is woken when the clock gets there. */
type Sleeper = { readonly atMs: number; readonly wake: () => void };

/** A principal of the organization, by its key. */
export function keyPrincipal(keyId: string, orgId = 'acme'): Principal {
  const cluster = { orgId, clusterId: `${orgId}1` };
  return { ...anonymousPrincipal(cluster), kind: 'key', id: `User:${keyId}`, keyId, isSuper: false };
}

/** An edge that serves, loses its memory and its calls, and the ledger that it reports to, in time that is made up. */
export class EdgeWorld {
  nowMs = Date.UTC(2026, 10, 20, 23, 50);
  fate: Fate = 'arrives';
  nextReportMs = 60_000;
  readonly reports: { readonly atMs: number; readonly report: EdgeUsageReport }[] = [];
  readonly ledger: UsageLedger;
  #sleepers: Sleeper[] = [];
  #life = 0;
  #ids = 0;
  #meter: UsageMeter;
  readonly #served = new Map<string, { records: number; bytes: number }>();

  constructor() {
    const sql = new NodeSqlStore();
    sql.transaction(() => new OrganizationStore(sql).create('acme', 'Acme', this.nowMs));
    this.ledger = new UsageLedger(sql);
    this.#meter = this.#newEdge();
  }

  /** Sends records of a topic, of 10 bytes each. */
  serve(keyId: string, topic: string, records: number): void {
    const known = this.#served.get(keyId) ?? { records: 0, bytes: 0 };
    this.#served.set(keyId, { records: known.records + records, bytes: known.bytes + 10 * records });
    this.count(keyPrincipal(keyId), topic, { recordsOut: records, bytesOut: 10 * records });
  }

  count(...counted: Parameters<UsageMeter['count']>): void {
    this.#meter.count(...counted);
  }

  /** The edge is gone with its memory, its waits and whatever it would have done with answers. */
  crash(): void {
    this.#life += 1;
    this.#sleepers = [];
    this.#meter = this.#newEdge();
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const [next] = this.#sleepers.filter(({ atMs }) => atMs <= untilMs).sort((one, other) => one.atMs - other.atMs);
      if (next === undefined) break;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.wake();
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    }
    this.nowMs = untilMs;
  }

  served(): Record<string, { records: number; bytes: number }> {
    return Object.fromEntries([...this.#served].sort());
  }

  /** What the organization knows of, key by key. */
  entered(): Record<string, { records: number; bytes: number }> {
    const range = { fromDay: 0, toDay: 100_000, clusterId: null };
    const rows = this.ledger.read({ ...range, by: 'key' }, this.nowMs).filter(({ group }) => group !== '');
    return Object.fromEntries(
      rows.map(({ group, totals: { recordsOut, bytesOut } }) => [group, { records: recordsOut, bytes: bytesOut }]),
    );
  }

  expectNotTooMuch(): void {
    for (const [keyId, { records, bytes }] of Object.entries(this.entered())) {
      expect(records).toBeLessThanOrEqual(this.#served.get(keyId)?.records ?? 0);
      expect(bytes).toBeLessThanOrEqual(this.#served.get(keyId)?.bytes ?? 0);
    }
  }

  #newEdge(): UsageMeter {
    const life = this.#life;
    const ports: EdgeUsagePorts = {
      nowMs: () => this.nowMs,
      newId: () => `edge-${++this.#ids}`,
      pause: (ms) =>
        new Promise((wake) => {
          if (life === this.#life) this.#sleepers.push({ atMs: this.nowMs + ms, wake });
        }),
      report: (_, report) => this.#report(report),
      keepAlive: () => {},
    };
    return usageMeter(new EdgeUsage(), ports);
  }

  async #report(given: EdgeUsageReport): Promise<Result<EdgeUsageReceipt>> {
    const report = structuredClone(given);
    this.reports.push({ atMs: this.nowMs, report });
    if (this.fate === 'is lost') throw new Error('the call never arrived');
    if (this.fate === 'is refused') return failed('OVERLOADED', 'not now');
    if (this.fate === 'organization is gone') return failed('WRONG_OBJECT', 'there is no such organization');
    this.ledger.reportEdge(report, this.nowMs);
    if (this.fate === 'answer is lost') throw new Error('the answer was lost');
    if (this.fate === 'arrives twice') this.ledger.reportEdge(report, this.nowMs);
    return ok({ nextReportMs: this.nextReportMs });
  }
}
