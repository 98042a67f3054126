import { useQuery } from '@tanstack/react-query';
import type { Alert, AlertHistory } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Badge } from '../ui/badge.tsx';
import { Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { amountText } from './alert-metrics.ts';
import { alertHistoryQuery } from './queries.ts';
import { SubjectName, subjectHead } from './subject-name.tsx';

type Event = AlertHistory['events'][number];
type Delivery = AlertHistory['deliveries'][number];

/** When it fired and was resolved, and what became of each message. */
export function AlertHistorySections({ alert }: { readonly alert: Alert }) {
  const { client } = useSession();
  const history = useQuery(alertHistoryQuery(client, useScope(), alert.alert_id));
  if (history.error) return <ProblemNotice error={history.error} onRetry={() => void history.refetch()} />;
  if (history.data === undefined) return <SkeletonRows rows={3} />;
  const { events, deliveries } = history.data;
  return (
    <>
      <Section title="What it did">
        {events.length === 0 ? (
          <p className="text-sm text-muted">It has not fired yet.</p>
        ) : (
          <Table
            caption="What it did"
            columns={eventColumns(alert)}
            rows={events}
            rowKey={({ at, subject, kind }) => `${at}/${kind}/${subject}`}
          />
        )}
      </Section>
      <Section title="Messages">
        {deliveries.length === 0 ? (
          <p className="text-sm text-muted">
            Nothing was sent yet. A test message shows whether the receiver takes it.
          </p>
        ) : (
          <Table
            caption="Messages"
            columns={deliveryColumns(alert)}
            rows={deliveries}
            rowKey={({ delivery_id }) => delivery_id}
          />
        )}
      </Section>
    </>
  );
}

const eventColumns = (alert: Alert): readonly Column<Event>[] => [
  { header: 'At', cell: ({ at }) => <Timestamp ms={at} /> },
  {
    header: 'What',
    cell: ({ kind }) => <Badge tone={kind === 'firing' ? 'danger' : 'ok'}>{kind === 'firing' ? 'fired' : kind}</Badge>,
  },
  { header: subjectHead(alert), cell: ({ subject }) => <SubjectName alert={alert} subject={subject} /> },
  { header: 'Value', isNumber: true, cell: ({ value }) => amountText(alert.metric, value) },
];

const tones = { waiting: 'warn', delivered: 'ok', failed: 'danger' } as const;

const kinds = { firing: 'fires', repeated: 'still fires', resolved: 'is resolved', test: 'test' } as const;

const deliveryColumns = (alert: Alert): readonly Column<Delivery>[] => [
  { header: 'Written', cell: ({ created_at: createdAt }) => <Timestamp ms={createdAt} /> },
  { header: 'Says', cell: ({ kind }) => <span className="whitespace-nowrap">{kinds[kind]}</span> },
  {
    header: subjectHead(alert),
    cell: ({ subject, kind }) => (kind === 'test' ? '–' : <SubjectName alert={alert} subject={subject} />),
  },
  { header: 'State', cell: ({ state }) => <Badge tone={tones[state]}>{state}</Badge> },
  { header: 'Attempts', isNumber: true, cell: ({ attempts }) => attempts },
  {
    header: 'Answer',
    cell: ({ status, error, next_attempt_at: nextAttemptAt }) => (
      <span className="min-w-40">
        {status === null ? (error ?? '–') : `HTTP ${status}`}
        {nextAttemptAt === null ? null : (
          <span className="block text-xs text-muted">
            again at <Timestamp ms={nextAttemptAt} />
          </span>
        )}
      </span>
    ),
  },
];
