import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type Alert, MillraceError } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Figure, Page, Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { AlertActions } from './alert-actions.tsx';
import { AlertHistorySections } from './alert-history.tsx';
import { amountText } from './alert-metrics.ts';
import { AlertState, MutedNote } from './alert-state.tsx';
import { alertQuery } from './queries.ts';
import { SubjectName, subjectHead } from './subject-name.tsx';

const route = getRouteApi('/$organization/$cluster/alerts/$alert');

/** How an alert stands, what it did, and what became of its messages. */
export function AlertPage() {
  const { alert: alertId } = route.useParams();
  const { client, may } = useSession();
  const alert = useQuery(alertQuery(client, useScope(), alertId));
  if (alert.error instanceof MillraceError && alert.error.code === 'UNKNOWN_RESOURCE') {
    return (
      <Page title="Alert">
        <EmptyState title="There is no such alert" />
      </Page>
    );
  }
  if (alert.error) return <ProblemNotice error={alert.error} onRetry={() => void alert.refetch()} />;
  if (alert.data === undefined) return <SkeletonRows />;
  return (
    <Page
      title={alert.data.name}
      facts={
        <>
          <AlertState alert={alert.data} />
          <span>{alert.data.condition}</span>
          <MutedNote alert={alert.data} />
        </>
      }
      actions={may('alerts.alter') ? <AlertActions alert={alert.data} /> : null}
    >
      <AlertFigures alert={alert.data} />
      <Subjects alert={alert.data} />
      <AlertHistorySections alert={alert.data} />
    </Page>
  );
}

function AlertFigures({ alert }: { readonly alert: Alert }) {
  const { metric, value, threshold, comparison, subjects, target } = alert;
  const isPrefix = 'pattern' in target && target.pattern === 'prefixed';
  return (
    <dl className="grid gap-3 sm:grid-cols-3">
      {isPrefix ? (
        <Figure name="Beyond it now" value={String(subjects.length)} note={`${target.type}s of the rule`} />
      ) : (
        <Figure
          name="Now"
          value={value === null ? '–' : amountText(metric, value)}
          note={value === null ? 'not measured yet' : 'as measured last'}
        />
      )}
      <Figure name="Fires" value={`${comparison} ${amountText(metric, threshold)}`} note={lastingText(alert)} />
      <Figure
        name="Tells"
        value={alert.webhook_host}
        note={alert.webhook_url ?? 'its address is for who may change it'}
      />
    </dl>
  );
}

function lastingText({ for_ms: forMs, repeat_ms: repeatMs }: Alert): string {
  const lasting = forMs === 0 ? 'at once' : `when that lasts ${amountText('lag_ms', forMs)}`;
  return repeatMs === null ? lasting : `${lasting}, again every ${amountText('lag_ms', repeatMs)}`;
}

function Subjects({ alert }: { readonly alert: Alert }) {
  if (alert.subjects.length === 0) return null;
  return (
    <Section title="Not fine now">
      <Table
        caption="Not fine now"
        columns={subjectColumns(alert)}
        rows={alert.subjects}
        rowKey={({ subject }) => subject ?? ''}
      />
    </Section>
  );
}

type Subject = Alert['subjects'][number];

const subjectColumns = (alert: Alert): readonly Column<Subject>[] => [
  { header: subjectHead(alert), cell: ({ subject }) => <SubjectName alert={alert} subject={subject} /> },
  { header: 'State', cell: ({ state }) => state },
  { header: 'Value', isNumber: true, cell: ({ value }) => amountText(alert.metric, value) },
  { header: 'Since', cell: ({ since }) => <Timestamp ms={since} /> },
  { header: 'Told', cell: ({ told_at: toldAt }) => (toldAt === null ? 'nobody' : <Timestamp ms={toldAt} />) },
];
