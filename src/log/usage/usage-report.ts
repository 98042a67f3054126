import { ok, type Result } from '../../errors/result.ts';
import type { PartitionRef } from '../partition-ref.ts';
import type { UsageEntry } from './usage-counts.ts';

/**
 * What a partition counted from one report to the next. Its number is its own in the partition and only grows, so that
 * whoever is told of it a second time, with more in it or less, enters what is new alone.
 */
export type UsagePeriod = { readonly number: number; readonly entries: readonly UsageEntry[] };

/** What a partition tells its organization. */
export type PartitionUsageReport = {
  readonly ref: PartitionRef;
  readonly topic: string;
  /** In the order of their numbers; the last may still grow. */
  readonly periods: readonly UsagePeriod[];
  /** Bytes of batches in the partition's rows, from now on, */
  readonly localBytes: number;
  /** and in objects. */
  readonly remoteBytes: number;
};

export type UsageReceipt = {
  /** The last period that was entered: it and all before are accounted for, up to what the report had of them. */
  readonly lastPeriod: number;
  /** How long the partition goes on before it reports again. */
  readonly nextReportMs: number;
};

/** Tells the organization. WRONG_OBJECT when there is none any more. */
export type ReportUsage = (report: PartitionUsageReport) => Promise<Result<UsageReceipt>>;

/** Where there is no organization to tell, as in open mode. */
export const reportsToNobody: ReportUsage = async ({ periods }) =>
  ok({ lastPeriod: periods.at(-1)?.number ?? 0, nextReportMs: usageReportMs });

/** While something is counted, it is reported this often, unless the organization asks for it earlier. */
export const usageReportMs = 60_000;
