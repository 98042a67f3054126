import type { ReadUsageRequest, UsagePage } from '../usage-rpc.ts';
import { dollarsOf } from './prices.ts';
import type { UsageLedger } from './usage-ledger.ts';
import { forecast, forecastRange, monthOf } from './usage-month.ts';
import { noTotals, plusTotals } from './usage-store.ts';

/** A page of what was used, with what all of it and the month come to. */
export function readUsagePage(ledger: UsageLedger, request: ReadUsageRequest, nowMs: number): UsagePage {
  const { after, limit } = request;
  const rows = ledger.read(request, nowMs);
  const rest = after === null ? rows : rows.filter(({ group }) => group > after);
  const totals = rows.reduce((sum, row) => plusTotals(sum, row.totals), noTotals);
  const { firstDay } = monthOf(nowMs);
  const days = ledger.read({ ...forecastRange(nowMs), clusterId: null, by: 'day' }, nowMs);
  const ofMonth = days.filter(({ group }) => Number(group) >= firstDay);
  return {
    rows: rest.slice(0, limit),
    next: rest.length > limit ? (rest[limit - 1]?.group ?? null) : null,
    total: { totals, dollars: dollarsOf(totals) },
    month: {
      firstDay,
      dollars: ofMonth.reduce((sum, { dollars }) => sum + dollars, 0),
      forecastDollars: forecast(days, ({ dollars }) => dollars, nowMs),
    },
  };
}
