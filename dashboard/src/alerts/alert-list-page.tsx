import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Alert, IssuedAlert } from '../../../src/client/index.ts';
import { plural } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { AlertDialog } from './alert-dialog.tsx';
import { amountText } from './alert-metrics.ts';
import { AlertSecretPanel } from './alert-secret-panel.tsx';
import { AlertState } from './alert-state.tsx';
import { alertsQuery } from './queries.ts';

const order = { firing: 0, pending: 1, ok: 2 } as const;

/** The rules of the cluster and how they stand, those that fire first. */
export function AlertListPage() {
  const { client, may } = useSession();
  const alerts = useQuery(alertsQuery(client, useScope()));
  const [isCreating, setCreating] = useState(false);
  const [issued, setIssued] = useState<IssuedAlert | null>(null);
  const create = (
    <Button kind="primary" onClick={() => setCreating(true)}>
      Create alert
    </Button>
  );
  const sorted = alerts.data?.toSorted((one, other) => order[one.state] - order[other.state]);
  return (
    <Page title="Alerts" facts={<Facts alerts={alerts.data} />} actions={may('alerts.alter') ? create : null}>
      {alerts.isPending ? <SkeletonRows /> : null}
      {alerts.error ? <ProblemNotice error={alerts.error} onRetry={() => void alerts.refetch()} /> : null}
      {sorted === undefined ? null : sorted.length === 0 ? (
        <EmptyState title="No alerts yet">
          <p>
            An alert tells a webhook when a group falls behind, a topic is silent or full, or a budget is used up, and
            when that is over.
          </p>
          {may('alerts.alter') ? null : <p>Whoever may alter the cluster makes them.</p>}
        </EmptyState>
      ) : (
        <Table caption="Alerts" columns={columns} rows={sorted} rowKey={({ alert_id }) => alert_id} />
      )}
      {isCreating ? <AlertDialog alert={null} onClose={() => setCreating(false)} onIssued={setIssued} /> : null}
      {issued === null ? null : <AlertSecretPanel issued={issued} onClose={() => setIssued(null)} />}
    </Page>
  );
}

function Facts({ alerts }: { readonly alerts: readonly Alert[] | undefined }) {
  if (alerts === undefined) return null;
  const firing = alerts.filter(({ state }) => state === 'firing').length;
  return (
    <>
      <span>{plural(alerts.length, 'alert')}</span>
      <span>{firing === 0 ? 'none fires' : `${firing} firing`}</span>
    </>
  );
}

function AlertLink({ alert }: { readonly alert: Alert }) {
  const { organization_id: organization, cluster_id: cluster } = useSession();
  return (
    <Link
      to="/$organization/$cluster/alerts/$alert"
      params={{ organization, cluster, alert: alert.alert_id }}
      className="font-medium hover:underline"
    >
      {alert.name}
    </Link>
  );
}

const columns: readonly Column<Alert>[] = [
  {
    header: 'Alert',
    cell: (alert) => (
      <div className="min-w-48">
        <AlertLink alert={alert} />
        <p className="text-xs text-muted">{alert.condition}</p>
      </div>
    ),
  },
  { header: 'State', cell: (alert) => <AlertState alert={alert} /> },
  {
    header: 'Now',
    isNumber: true,
    cell: ({ metric, value, subjects }) =>
      value === null ? (subjects.length === 0 ? '–' : plural(subjects.length, 'subject')) : amountText(metric, value),
  },
  { header: 'Tells', cell: ({ webhook_host: host }) => <span className="whitespace-nowrap">{host}</span> },
];
