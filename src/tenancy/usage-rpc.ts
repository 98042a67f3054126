import type { Result } from '../errors/result.ts';
import type { UsageCounts } from '../log/usage/usage-counts.ts';
import type { PartitionUsageReport, UsageReceipt } from '../log/usage/usage-report.ts';
import type { Actor } from './organization-rpc.ts';
import type { Budget } from './usage/budget.ts';
import type { BudgetDescription } from './usage/budgets.ts';
import type { UsageQuery, UsageRow } from './usage/usage-ledger.ts';

/** A page of {@link UsageRow}s, by their names. */
export type ReadUsageRequest = UsageQuery & { readonly after: string | null; readonly limit: number };

export type UsagePage = {
  readonly rows: readonly UsageRow[];
  /** The name to go on after; null at the end. */
  readonly next: string | null;
  /** Everything that was asked for, on whatever page it is. */
  readonly total: Omit<UsageRow, 'group'>;
  /** The month (UTC) that is under way: what it came to until now, and probably will until its end. */
  readonly month: { readonly firstDay: number; readonly dollars: number; readonly forecastDollars: number };
};

/** What an edge served one key on one day; the topic is empty for what is of none. */
export type EdgeUsageEntry = {
  readonly day: number;
  readonly clusterId: string;
  readonly topic: string;
  readonly keyId: string;
  readonly counts: UsageCounts;
};

/** What an isolate, or an object that holds sockets, served. It is told again as it is until it is answered. */
export type EdgeUsageReport = {
  /** A name that nobody else reports by, and never again. */
  readonly reporter: string;
  /** Counted from 1: what has the last one's number, or one before, is entered already. */
  readonly number: number;
  readonly entries: readonly EdgeUsageEntry[];
};

export type EdgeUsageReceipt = {
  /** How long the edge goes on before it reports again. */
  readonly nextReportMs: number;
};

/** What is undefined stays as it is; null lifts a bound. */
export type BudgetChange = { readonly [Field in keyof Budget]?: Budget[Field] | undefined };

/** The verbs of an organization's object about what it uses. */
export interface UsageRpc {
  /** Enters what a partition counted. Repeated, it is entered once. */
  reportUsage(orgId: string, report: PartitionUsageReport): Promise<Result<UsageReceipt>>;
  /** Enters what an edge counted. Repeated, it is entered once. */
  reportEdgeUsage(orgId: string, report: EdgeUsageReport): Promise<Result<EdgeUsageReceipt>>;
  readUsage(orgId: string, request: ReadUsageRequest): Promise<Result<UsagePage>>;
  describeBudget(orgId: string): Promise<Result<BudgetDescription>>;
  /** It holds for what was used in the month already. */
  alterBudget(orgId: string, actor: Actor, change: BudgetChange): Promise<Result<BudgetDescription>>;
}
