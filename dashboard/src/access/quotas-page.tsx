import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Quota } from '../../../src/client/index.ts';
import { formatBytes, formatCount } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { QuotaDialog } from './quota-dialog.tsx';

const blank: Quota = {
  entity_type: 'organization',
  entity_name: '',
  requests_per_second: null,
  produce_bytes_per_second: null,
  fetch_bytes_per_second: null,
};

/** How much the organization, its keys and its topics may be used, a second. */
export function QuotasPage() {
  const session = useSession();
  const quotas = useQuery({ queryKey: [...useScope(), 'quotas'], queryFn: () => session.client.organization.quotas() });
  const [edited, setEdited] = useState<Quota | null>(null);
  const mayAlter = session.may('organization.alter');
  const steer: Column<Quota> = {
    header: 'Steer',
    cell: (quota) => (
      <Button kind="quiet" onClick={() => setEdited(quota)} aria-label={`Change the quota of ${entityOf(quota)}`}>
        Change
      </Button>
    ),
  };
  return (
    <Page
      title="Quotas"
      actions={
        mayAlter ? (
          <Button kind="primary" onClick={() => setEdited(blank)}>
            Set a quota
          </Button>
        ) : null
      }
    >
      {quotas.isPending ? <SkeletonRows /> : null}
      {quotas.error ? <ProblemNotice error={quotas.error} onRetry={() => void quotas.refetch()} /> : null}
      {quotas.data?.length === 0 ? (
        <EmptyState title="No quotas">
          <p>
            Nothing is bounded but by the platform. A quota bounds requests and bytes a second; what is beyond it waits
            or is told when to come again.
          </p>
        </EmptyState>
      ) : null}
      {quotas.data !== undefined && quotas.data.length > 0 ? (
        <Table
          caption="Quotas"
          columns={mayAlter ? [...columns, steer] : columns}
          rows={quotas.data}
          rowKey={entityOf}
        />
      ) : null}
      {edited === null ? null : <QuotaDialog key={entityOf(edited)} quota={edited} onClose={() => setEdited(null)} />}
    </Page>
  );
}

/** Whom a quota holds for, in words. */
export function entityOf({ entity_type: type, entity_name: name }: Quota): string {
  return type === 'organization' ? 'the organization' : `${type} ${name}`;
}

const orUnbounded = (value: number | null, format: (value: number) => string) =>
  value === null ? 'unbounded' : format(value);

const columns: readonly Column<Quota>[] = [
  { header: 'For', cell: (quota) => <span className="font-medium">{entityOf(quota)}</span> },
  { header: 'Requests/s', isNumber: true, cell: (quota) => orUnbounded(quota.requests_per_second, formatCount) },
  { header: 'Produced/s', isNumber: true, cell: (quota) => orUnbounded(quota.produce_bytes_per_second, formatBytes) },
  { header: 'Fetched/s', isNumber: true, cell: (quota) => orUnbounded(quota.fetch_bytes_per_second, formatBytes) },
];
