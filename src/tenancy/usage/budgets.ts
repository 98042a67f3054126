import type { BudgetStanding } from '../../authorization/budget-standing.ts';
import { ok, type Result } from '../../errors/result.ts';
import { dayStartMs } from '../../log/usage/usage-counts.ts';
import { usageReportMs } from '../../log/usage/usage-report.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SqlStore } from '../../platform/sql-store.ts';
import { type AuditSink, auditEvent } from '../audit-sink.ts';
import type { Actor } from '../organization-rpc.ts';
import { type Budget, type BudgetState, checkBudget, noBudget, type Spent, stateOf, tightest } from './budget.ts';
import type { UsageLedger, UsageRow } from './usage-ledger.ts';
import { forecast, forecastRange, monthOf } from './usage-month.ts';

export type BudgetPorts = { readonly sql: SqlStore; readonly clock: Clock; readonly audit: AuditSink };

/** What a budget does to its organization: both are part of a transaction. */
export type BudgetSurroundings = {
  /** Makes stale what doors remember of the organization's principals. */
  readonly advanceEpoch: () => void;
  /** The same, and whoever holds sockets looks again at once. */
  readonly takeRights: () => void;
};

/** A budget with how it stands. */
export type BudgetDescription = Budget & {
  readonly state: BudgetState;
  readonly spent: Spent;
  /** What the month will probably have come to at its end. */
  readonly forecast: Spent;
  /** The first day of the month it is about. */
  readonly firstDay: number;
};

/** With a budget or a cap on storage, partitions report this often, so that it is not overrun by much. */
export const boundedReportMs = 5_000;

/** Storage of partitions that report nothing is added up this often. */
const recountMs = 10 * 60 * 1000;

type BudgetRow = {
  monthly_dollars: number | null;
  monthly_bytes: number | null;
  warn_percent: number;
  state: string;
  first_day: number;
};

/** What was used when all of it was added up, and what the ledger had been told until then. */
type Count = { readonly firstDay: number; readonly atMs: number; readonly spent: Spent; readonly told: Spent };

/** Holds an organization to its budget: looks after everything that is entered, and when a month begins. */
export class Budgets {
  readonly #ports: BudgetPorts;
  readonly #ledger: UsageLedger;
  readonly #around: BudgetSurroundings;
  #count: Count | null = null;

  constructor(ports: BudgetPorts, ledger: UsageLedger, around: BudgetSurroundings) {
    this.#ports = ports;
    this.#ledger = ledger;
    this.#around = around;
  }

  describe(): BudgetDescription {
    const row = this.#load();
    const nowMs = this.#ports.clock.nowMs();
    const days = this.#ledger.read({ ...forecastRange(nowMs), clusterId: null, by: 'day' }, nowMs);
    return {
      ...budgetOf(row),
      state: (row?.state ?? 'within') as BudgetState,
      spent: this.#spent(),
      forecast: { dollars: forecast(days, ({ dollars }) => dollars, nowMs), bytes: forecast(days, bytesOf, nowMs) },
      firstDay: monthOf(nowMs).firstDay,
    };
  }

  /** What is undefined stays as it is. */
  alter(actor: Actor, change: { readonly [Field in keyof Budget]?: Budget[Field] | undefined }): Result<null> {
    const { sql, clock, audit } = this.#ports;
    const old = budgetOf(this.#load());
    const {
      monthlyDollars = old.monthlyDollars,
      monthlyBytes = old.monthlyBytes,
      warnPercent = old.warnPercent,
    } = change;
    const budget = { monthlyDollars, monthlyBytes, warnPercent };
    const checked = checkBudget(budget);
    if (!checked.ok) return checked;
    this.#count = null;
    sql.transaction(() => {
      sql.run(
        `INSERT INTO budget VALUES (1, ?, ?, ?, 'within', ?) ON CONFLICT (id) DO UPDATE SET
           monthly_dollars = excluded.monthly_dollars, monthly_bytes = excluded.monthly_bytes,
           warn_percent = excluded.warn_percent`,
        monthlyDollars,
        monthlyBytes,
        warnPercent,
        monthOf(clock.nowMs()).firstDay,
      );
      const resource = JSON.stringify(budget);
      audit.record(auditEvent(actor, { atMs: clock.nowMs(), action: 'budget.alter', resource }));
    });
    this.review();
    return ok(null);
  }

  /** Compares what was used with the budget; answers whether the organization is stopped, or goes on, from now on. */
  review(): boolean {
    const row = this.#load();
    if (row === null) return false;
    const { sql, clock, audit } = this.#ports;
    const { firstDay } = monthOf(clock.nowMs());
    const spent = this.#spent();
    const state = stateOf(budgetOf(row), spent);
    if (state === row.state && firstDay === row.first_day) return false;
    sql.transaction(() => {
      sql.run('UPDATE budget SET state = ?, first_day = ?', state, firstDay);
      if (state === row.state) return;
      const resource = JSON.stringify({ ...budgetOf(row), spent });
      const action = `budget.${state}`;
      audit.record({ atMs: clock.nowMs(), principal: null, host: null, action, resource, outcome: 'done' });
      if (state === 'stopped' || row.state === 'stopped') this.#around.takeRights();
      else this.#around.advanceEpoch();
    });
    return state === 'stopped' || row.state === 'stopped';
  }

  /** Looks whether the month that the budget was last compared in is over. */
  reviewMonth(): void {
    const row = this.#load();
    if (row !== null && row.first_day !== monthOf(this.#ports.clock.nowMs()).firstDay) this.review();
  }

  /** What goes with every principal; undefined while there is nothing to say. */
  get standing(): BudgetStanding | undefined {
    const row = this.#load();
    if (row === null || row.state === 'within') return undefined;
    const { firstDay } = monthOf(this.#ports.clock.nowMs());
    const part = tightest(budgetOf(row), this.#spent());
    if (row.first_day !== firstDay || part === null) return undefined;
    const { unit, used, budget } = part;
    const month = new Date(dayStartMs(firstDay)).toISOString().slice(0, 7);
    return { state: row.state as BudgetStanding['state'], unit, used, budget, month };
  }

  /** How long partitions go on before they report again. */
  get reportMs(): number {
    const { monthlyDollars, monthlyBytes } = budgetOf(this.#load());
    return monthlyDollars === null && monthlyBytes === null ? usageReportMs : boundedReportMs;
  }

  /** What the month came to: all of it added up now and then, and what was entered since. */
  #spent(): Spent {
    const nowMs = this.#ports.clock.nowMs();
    const { firstDay, lastDay } = monthOf(nowMs);
    const told = this.#ledger.entered;
    if (this.#count === null || this.#count.firstDay !== firstDay || nowMs - this.#count.atMs >= recountMs) {
      const days = this.#ledger.read({ fromDay: firstDay, toDay: lastDay, clusterId: null, by: 'day' }, nowMs);
      const dollars = days.reduce((sum, day) => sum + day.dollars, 0);
      const bytes = days.reduce((sum, day) => sum + bytesOf(day), 0);
      this.#count = { firstDay, atMs: nowMs, spent: { dollars, bytes }, told };
    }
    const { spent, told: before } = this.#count;
    return { dollars: spent.dollars + told.dollars - before.dollars, bytes: spent.bytes + told.bytes - before.bytes };
  }

  #load(): BudgetRow | null {
    return (
      this.#ports.sql.query<BudgetRow>(
        'SELECT monthly_dollars, monthly_bytes, warn_percent, state, first_day FROM budget',
      )[0] ?? null
    );
  }
}

const bytesOf = ({ totals }: UsageRow): number => totals.bytesIn + totals.bytesOut;

function budgetOf(row: BudgetRow | null): Budget {
  if (row === null) return noBudget;
  return {
    monthlyDollars: row.monthly_dollars,
    monthlyBytes: row.monthly_bytes,
    warnPercent: row.warn_percent,
  };
}
