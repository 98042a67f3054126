import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Usage, UsageRow } from '../../../src/client/index.ts';
import { formatBytes, formatCompact, formatCount, formatDollars } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { Figure, Page, Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { formatMinutes, localByteDays, measureOf, measures, remoteByteDays } from './measures.ts';
import { saveFile } from './save-file.ts';
import { UsageBars, UsageColumns } from './usage-bars.tsx';
import { usageCsv } from './usage-csv.ts';
import { everyDay } from './usage-days.ts';
import { useUsageNames } from './use-usage-names.ts';

const route = getRouteApi('/$organization/$cluster/usage');

const groupings = [
  { value: 'day', label: 'by day' },
  { value: 'topic', label: 'by topic' },
  { value: 'key', label: 'by key' },
];

/** What the organization used, and what Cloudflare bills for it. */
export function UsagePage() {
  const { client } = useSession();
  const search = route.useSearch();
  const { by, from, to } = search;
  const navigate = route.useNavigate();
  const change = (changed: Partial<typeof search>) =>
    void navigate({ search: { ...search, ...changed }, replace: true });
  const usage = useQuery({
    queryKey: [...useScope(), 'usage', by, from, to],
    queryFn: ({ signal }) => client.organization.usage({ by, from: from || undefined, to: to || undefined, signal }),
  });
  return (
    <Page
      title="Usage"
      facts="Of the whole organization, by days of UTC. Records and bytes in are exact; dollars are Cloudflare's list prices, without what a plan includes."
    >
      {usage.data === undefined ? null : <UsageFigures usage={usage.data} />}
      <div className="grid grid-cols-2 items-end gap-3 sm:flex sm:flex-wrap">
        <SelectField
          label="Show"
          choices={measures}
          value={measureOf(search.show).value}
          onChange={({ target }) => change({ show: target.value })}
        />
        <SelectField
          label="Grouped"
          choices={groupings}
          value={by}
          onChange={({ target }) => change({ by: target.value as typeof by })}
        />
        <TextField
          label="From"
          type="date"
          value={from || (usage.data?.from ?? '')}
          onChange={({ target }) => change({ from: target.value })}
        />
        <TextField
          label="To"
          type="date"
          value={to || (usage.data?.to ?? '')}
          onChange={({ target }) => change({ to: target.value })}
        />
      </div>
      {usage.isPending ? <SkeletonRows /> : null}
      {usage.error ? <ProblemNotice error={usage.error} onRetry={() => void usage.refetch()} /> : null}
      {usage.data === undefined ? null : <UsageShown usage={usage.data} show={search.show} />}
    </Page>
  );
}

function UsageFigures({ usage: { month, total } }: { readonly usage: Usage }) {
  return (
    <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Figure name={`Cost of ${month.month}`} value={formatDollars(month.dollars)} note="until now, all clusters" />
      <Figure name="Forecast" value={formatDollars(month.forecast_dollars)} note="for the whole month" />
      <Figure
        name="In"
        value={formatBytes(total.bytes_in)}
        note={`${formatCompact(total.records_in)} records in the time chosen`}
      />
      <Figure
        name="Out"
        value={formatBytes(total.bytes_out)}
        note={`${formatCompact(total.records_out)} records in the time chosen`}
      />
    </dl>
  );
}

function UsageShown({ usage, show }: { readonly usage: Usage; readonly show: string }) {
  const measure = measureOf(show);
  const nameOf = useUsageNames(usage.by);
  if (usage.usage.length === 0) {
    return (
      <EmptyState title="Nothing was used in this time">
        <p>Usage arrives within about a minute of what it counts.</p>
      </EmptyState>
    );
  }
  const name: Column<UsageRow> = {
    header: { day: 'Day', topic: 'Topic', key: 'Key' }[usage.by],
    cell: (row) => <span className="font-medium whitespace-nowrap">{nameOf(row)}</span>,
  };
  return (
    <>
      <Section title={measure.label}>
        {usage.by === 'day' ? (
          <UsageColumns measure={measure} rows={everyDay(usage)} />
        ) : (
          <UsageBars measure={measure} rows={usage.usage} nameOf={nameOf} />
        )}
      </Section>
      <Section
        title="Everything that is counted"
        actions={
          <Button
            onClick={() =>
              saveFile(`usage-by-${usage.by}-${usage.from}-${usage.to}.csv`, 'text/csv', usageCsv(usage, nameOf))
            }
          >
            Save as CSV
          </Button>
        }
      >
        <Table caption="Usage" columns={[name, ...columns]} rows={usage.usage} rowKey={(row) => row.name} />
      </Section>
    </>
  );
}

const columns: readonly Column<UsageRow>[] = [
  { header: 'Dollars', isNumber: true, cell: (row) => formatDollars(row.dollars) },
  { header: 'Records in', isNumber: true, cell: (row) => formatCount(row.records_in) },
  { header: 'Bytes in', isNumber: true, cell: (row) => formatBytes(row.bytes_in) },
  { header: 'Records out', isNumber: true, cell: (row) => formatCount(row.records_out) },
  { header: 'Bytes out', isNumber: true, cell: (row) => formatBytes(row.bytes_out) },
  { header: 'Requests', isNumber: true, cell: (row) => formatCount(row.requests) },
  { header: 'Connected', isNumber: true, cell: (row) => formatMinutes(row.connection_minutes) },
  { header: 'Object calls', isNumber: true, cell: (row) => formatCount(row.object_requests) },
  { header: 'Rows written', isNumber: true, cell: (row) => formatCount(row.rows_written) },
  { header: 'Kept here, byte days', isNumber: true, cell: (row) => formatBytes(localByteDays(row)) },
  { header: 'Kept in R2, byte days', isNumber: true, cell: (row) => formatBytes(remoteByteDays(row)) },
];
