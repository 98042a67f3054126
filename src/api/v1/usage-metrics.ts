import { limits } from '../../limits.ts';
import { dayOf } from '../../log/usage/usage-counts.ts';
import type { UsageTotals } from '../../tenancy/usage/prices.ts';
import type { UsageRow } from '../../tenancy/usage/usage-ledger.ts';
import { monthOf } from '../../tenancy/usage/usage-month.ts';
import { dataAnswer } from '../answers.ts';
import { labelText } from '../metrics.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import type { Handler } from '../services.ts';
import { organizationOf, withCredentials } from './organization-access.ts';

/** What is told of each topic, with what it is. Dollars are told apart. */
const counted: Readonly<Partial<Record<keyof UsageTotals, readonly [name: string, help: string]>>> = {
  recordsIn: ['records_in', 'Records stored.'],
  bytesIn: ['bytes_in', 'Bytes of record batches stored.'],
  recordsOut: ['records_out', 'Records sent to readers.'],
  bytesOut: ['bytes_out', 'Bytes of the answers and frames that had records.'],
  requests: ['requests', 'HTTP requests let in.'],
  rowsWritten: ['rows_written', 'Rows of databases written.'],
};

/**
 * The organization's usage of the month (UTC) by topic, in Prometheus' text format. It comes out of the organization's
 * ledger, so it is the same from wherever it is read; with a month the counters begin anew.
 */
const readUsageMetrics: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const nowMs = c.env.clock.nowMs();
  const days = { fromDay: monthOf(nowMs).firstDay, toDay: dayOf(nowMs) };
  const request = { ...days, by: 'topic', clusterId: null, after: null, limit: limits.usageRowsPerPage.max } as const;
  const read = await organizationOf(c).readUsage(c.env.principal.orgId, request);
  if (!read.ok) return problemAnswer(read.error);
  return dataAnswer(renderUsage(read.value.rows), 'text/plain; version=0.0.4; charset=utf-8');
};

export const usageMetricsHandlers = withCredentials({ readUsageMetrics });

function renderUsage(rows: readonly UsageRow[]): string {
  const lines: string[] = [];
  const add = (name: string, help: string, amountOf: (row: UsageRow) => number) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} counter`);
    for (const row of rows) lines.push(`${name}${labelText({ topic: row.group })} ${amountOf(row)}`);
  };
  for (const [total, [name, help]] of Object.entries(counted)) {
    add(`millrace_usage_${name}_total`, help, ({ totals }) => totals[total as keyof UsageTotals]);
  }
  const minutesOf = ({ totals }: UsageRow) => totals.connectionMs / 60_000;
  add('millrace_usage_connection_minutes_total', 'For how long connections were open.', minutesOf);
  add('millrace_usage_dollars_total', 'What Cloudflare bills for it, by its list prices.', ({ dollars }) => dollars);
  return `${lines.join('\n')}\n`;
}
