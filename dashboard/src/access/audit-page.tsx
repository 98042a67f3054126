import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { AuditEntry } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Badge } from '../ui/badge.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { Page } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { type VirtualColumn, VirtualTable } from '../ui/virtual-table.tsx';
import { outcomeTones } from './outcome-tones.ts';

const route = getRouteApi('/$organization/$cluster/audit');
const shownMax = 500;

const outcomes = [
  { value: '', label: 'Every outcome' },
  { value: 'done', label: 'done' },
  { value: 'attempted', label: 'attempted' },
  { value: 'refused', label: 'refused' },
];

/** Who did what, and who was refused. */
export function AuditPage() {
  const { client } = useSession();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (changed: Partial<typeof search>) =>
    void navigate({ search: { ...search, ...changed }, replace: true });
  const entries = useQuery({
    queryKey: [...useScope(), 'audit', search],
    queryFn: async ({ signal }) => {
      const found: AuditEntry[] = [];
      const { principal, action, outcome } = search;
      const query = { principal: principal || undefined, action: action || undefined, outcome: outcome || undefined };
      for await (const entry of client.organization.audit({ ...query, signal })) {
        found.push(entry);
        if (found.length === shownMax) break;
      }
      return found;
    },
  });
  return (
    <Page
      title="Audit log"
      facts="Every entry carries the hash of the one before; `millrace audit verify` checks the chain."
    >
      <div className="flex flex-wrap items-end gap-3">
        <TextField
          label="Principal"
          data-filter
          value={search.principal}
          placeholder="User:mrk_…"
          onChange={({ target }) => change({ principal: target.value })}
        />
        <TextField
          label="Action"
          value={search.action}
          placeholder="keys.create"
          onChange={({ target }) => change({ action: target.value })}
        />
        <SelectField
          label="Outcome"
          choices={outcomes}
          value={search.outcome}
          onChange={({ target }) => change({ outcome: target.value })}
        />
      </div>
      {entries.isPending ? <SkeletonRows /> : null}
      {entries.error ? <ProblemNotice error={entries.error} onRetry={() => void entries.refetch()} /> : null}
      {entries.data?.length === 0 ? <EmptyState title="No such entries" /> : null}
      {entries.data !== undefined && entries.data.length > 0 ? (
        <VirtualTable
          caption="Audit log"
          columns={columns}
          rows={entries.data}
          rowKey={({ sequence }) => String(sequence)}
        />
      ) : null}
    </Page>
  );
}

const columns: readonly VirtualColumn<AuditEntry>[] = [
  { header: '#', width: '4rem', isNumber: true, cell: ({ sequence }) => sequence },
  { header: 'At', width: '13rem', cell: ({ at }) => <Timestamp ms={at} /> },
  { header: 'Outcome', width: '8rem', cell: ({ outcome }) => <Badge tone={outcomeTones[outcome]}>{outcome}</Badge> },
  { header: 'Action', width: '11rem', cell: ({ action }) => action },
  {
    header: 'Resource',
    width: 'minmax(10rem, 1fr)',
    cell: ({ resource }) => <span className="font-mono text-xs">{resource}</span>,
  },
  {
    header: 'Principal',
    width: 'minmax(12rem, 20rem)',
    cell: ({ principal }) => <span className="font-mono text-xs">{principal ?? '–'}</span>,
  },
  { header: 'Times', width: '4rem', isNumber: true, cell: ({ count }) => count },
];
