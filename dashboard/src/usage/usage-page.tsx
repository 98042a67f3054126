import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { UsageRow } from '../../../src/client/index.ts';
import { formatBytes, formatCompact, formatCount, formatDollars } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { Figure, Page, Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { UsageBars, usageName } from './usage-bars.tsx';

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
  const navigate = route.useNavigate();
  const change = (changed: Partial<typeof search>) =>
    void navigate({ search: { ...search, ...changed }, replace: true });
  const usage = useQuery({
    queryKey: [...useScope(), 'usage', search],
    queryFn: ({ signal }) =>
      client.organization.usage({ by: search.by, from: search.from || undefined, to: search.to || undefined, signal }),
  });
  return (
    <Page
      title="Usage"
      facts="Records and bytes are exact; dollars are Cloudflare's list prices, without what a plan includes."
    >
      {usage.data === undefined ? null : (
        <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
          <Figure
            name={`Cost of ${usage.data.month.month}`}
            value={formatDollars(usage.data.month.dollars)}
            note="until now, all clusters"
          />
          <Figure name="Forecast" value={formatDollars(usage.data.month.forecast_dollars)} note="for the whole month" />
          <Figure name="Records in" value={formatCompact(usage.data.total.records_in)} note="in the time chosen" />
          <Figure name="Bytes in" value={formatBytes(usage.data.total.bytes_in)} note="in the time chosen" />
        </dl>
      )}
      <div className="flex flex-wrap items-end gap-3">
        <SelectField
          label="Show"
          choices={groupings}
          value={search.by}
          onChange={({ target }) => change({ by: target.value as typeof search.by })}
        />
        <TextField
          label="From"
          type="date"
          value={search.from}
          onChange={({ target }) => change({ from: target.value })}
        />
        <TextField label="To" type="date" value={search.to} onChange={({ target }) => change({ to: target.value })} />
      </div>
      {usage.isPending ? <SkeletonRows /> : null}
      {usage.error ? <ProblemNotice error={usage.error} onRetry={() => void usage.refetch()} /> : null}
      {usage.data?.usage.length === 0 ? (
        <EmptyState title="Nothing was used in this time">
          <p>Usage arrives within about a minute of what it counts.</p>
        </EmptyState>
      ) : null}
      {usage.data !== undefined && usage.data.usage.length > 0 ? (
        <>
          <Section title="Bytes in">
            <UsageBars rows={usage.data.usage} />
          </Section>
          <Section title="Everything that is counted">
            <Table caption="Usage" columns={columns} rows={usage.data.usage} rowKey={({ name }) => name} />
          </Section>
        </>
      ) : null}
    </Page>
  );
}

/** Bytes kept are counted times hours; a day of them is what people compare. */
const hoursPerDay = 24;

const columns: readonly Column<UsageRow>[] = [
  { header: 'Name', cell: (row) => <span className="font-medium">{usageName(row)}</span> },
  { header: 'Records in', isNumber: true, cell: (row) => formatCount(row.records_in) },
  { header: 'Bytes in', isNumber: true, cell: (row) => formatBytes(row.bytes_in) },
  { header: 'Rows written', isNumber: true, cell: (row) => formatCount(row.rows_written) },
  { header: 'Object calls', isNumber: true, cell: (row) => formatCount(row.object_requests) },
  { header: 'Kept here, byte days', isNumber: true, cell: (row) => formatBytes(row.stored_byte_hours / hoursPerDay) },
  { header: 'Kept in R2, byte days', isNumber: true, cell: (row) => formatBytes(row.r2_byte_hours / hoursPerDay) },
  { header: 'Dollars', isNumber: true, cell: (row) => formatDollars(row.dollars) },
];
