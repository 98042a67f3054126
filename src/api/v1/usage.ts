import type { UsageJson, UsageTotalsJson } from '../../contracts/usage.ts';
import { failed } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import { dayOf, dayStartMs } from '../../log/usage/usage-counts.ts';
import { pricesAsOf } from '../../tenancy/usage/prices.ts';
import type { UsageRow } from '../../tenancy/usage/usage-ledger.ts';
import { monthOf } from '../../tenancy/usage/usage-month.ts';
import { jsonAnswer } from '../answers.ts';
import { encodeCursor, pageCursor } from '../page-cursor.ts';
import { problemAnswer } from '../problem.ts';
import { integer, oneOf, type QueryParameter, readQuery, text } from '../query.ts';
import type { Handler } from '../services.ts';
import { organizationOf, withCredentials } from './organization-access.ts';

/** A day (UTC) as days since 1970. */
const day: QueryParameter<number | null> = {
  parse: (given) => {
    if (!/^\d{4}-\d\d-\d\d$/.test(given)) return undefined;
    const atMs = Date.parse(`${given}T00:00:00Z`);
    return Number.isNaN(atMs) || dateOf(dayOf(atMs)) !== given ? undefined : dayOf(atMs);
  },
  allowed: 'a date such as 2026-11-20',
  absent: null,
};

const readUsageQuery = {
  from: day,
  to: day,
  by: oneOf(['topic', 'key', 'day'], 'day'),
  cluster: text({ min: 1, max: 100, absent: undefined }),
  limit: integer({ min: 1, max: limits.usageRowsPerPage.max, absent: limits.usageRowsPerPage.value }),
  cursor: pageCursor,
};

const readUsage: Handler = async (c) => {
  const query = readQuery(c.req.url, readUsageQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { by, cluster, limit, cursor } = query.value;
  // The name of a group may be empty, and a cursor of another grouping names none of these.
  const after = cursor?.startsWith(`${by}:`) === true ? cursor.slice(by.length + 1) : null;
  const nowMs = c.env.clock.nowMs();
  const toDay = query.value.to ?? dayOf(nowMs);
  const fromDay = query.value.from ?? Math.min(monthOf(nowMs).firstDay, toDay);
  if (fromDay > toDay) {
    return problemAnswer(failed('INVALID_REQUEST', 'Query parameter "from" is a later day than "to".').error);
  }
  const request = { fromDay, toDay, by, clusterId: cluster ?? null, after, limit };
  const read = await organizationOf(c).readUsage(c.env.principal.orgId, request);
  if (!read.ok) return problemAnswer(read.error);
  const { rows, next, total, month } = read.value;
  const nameOf = ({ group }: UsageRow) => (by === 'day' ? dateOf(Number(group)) : group);
  return jsonAnswer({
    from: dateOf(fromDay),
    to: dateOf(toDay),
    by,
    usage: rows.map((row) => ({ name: nameOf(row), ...totalsJson(row) })),
    next_cursor: next === null ? null : encodeCursor(`${by}:${next}`),
    total: totalsJson(total),
    month: {
      month: dateOf(month.firstDay).slice(0, 7),
      dollars: month.dollars,
      forecast_dollars: month.forecastDollars,
    },
    prices_as_of: pricesAsOf,
  } satisfies UsageJson);
};

export const usageHandlers = withCredentials({ readUsage });

function dateOf(since1970: number): string {
  return new Date(dayStartMs(since1970)).toISOString().slice(0, 10);
}

function totalsJson({ totals, dollars }: Omit<UsageRow, 'group'>): UsageTotalsJson {
  return {
    records_in: totals.recordsIn,
    bytes_in: totals.bytesIn,
    records_out: totals.recordsOut,
    bytes_out: totals.bytesOut,
    requests: totals.requests,
    connection_minutes: totals.connectionMs / 60_000,
    object_requests: totals.objectRequests,
    rows_read: totals.rowsRead,
    rows_written: totals.rowsWritten,
    r2_class_a: totals.classA,
    r2_class_b: totals.classB,
    stored_byte_hours: totals.localByteHours,
    r2_byte_hours: totals.remoteByteHours,
    dollars,
  };
}
