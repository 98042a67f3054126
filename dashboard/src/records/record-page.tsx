import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { ConsumedRecord } from '../../../src/client/index.ts';
import { formatCount } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { topicQuery } from '../topics/queries.ts';
import { Button, buttonClasses } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { Payload, PayloadPreview, usePayload } from './payload.tsx';
import { ProduceDialog } from './produce-dialog.tsx';
import { Tombstone } from './record-cell.tsx';
import { readCommands } from './record-commands.ts';
import { RenderingField } from './record-toolbar.tsx';

const route = getRouteApi('/$organization/$cluster/topics/$topic/$partition/$offset');

/** One record, whole, at an address of its own. */
export function RecordPage() {
  const params = route.useParams();
  const { client } = useSession();
  const scope = useScope();
  const partition = Number(params.partition);
  const offset = Number(params.offset);
  const page = useQuery({
    queryKey: [...scope, 'record', params.topic, partition, offset],
    queryFn: ({ signal }) => client.read({ topic: params.topic, partition, offset, maxRecords: 1, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (page.error) return <ProblemNotice error={page.error} onRetry={() => void page.refetch()} />;
  if (page.data === undefined) return <SkeletonRows />;
  const record = page.data.records[0];
  const { logStartOffset, highWatermark } = page.data;
  return (
    <div className="flex flex-col gap-5">
      <nav aria-label="Neighbours" className="flex flex-wrap items-center gap-2">
        <Neighbour offset={offset - 1} isThere={offset > logStartOffset} label="← Previous offset" />
        <Neighbour offset={offset + 1} isThere={offset + 1 < highWatermark} label="Next offset →" />
        <span className="text-sm text-muted">
          Partition {partition} holds {formatCount(logStartOffset)} to{' '}
          {formatCount(Math.max(logStartOffset, highWatermark - 1))}
        </span>
      </nav>
      {record?.offset === offset ? (
        <RecordDetail record={record} />
      ) : (
        <EmptyState title={`There is no record at ${params.topic}/${partition}@${formatCount(offset)}`}>
          <p>
            Compaction took it, or the offset is a transaction's marker
            {record === undefined ? '.' : '; the next record is'}
          </p>
          {record === undefined ? null : (
            <Neighbour offset={record.offset} isThere label={`Offset ${formatCount(record.offset)}`} />
          )}
        </EmptyState>
      )}
    </div>
  );
}

function Neighbour({
  offset,
  isThere,
  label,
}: {
  readonly offset: number;
  readonly isThere: boolean;
  readonly label: string;
}) {
  const params = route.useParams();
  if (!isThere) return <span className="px-3 text-sm text-muted">{label}</span>;
  const to = '/$organization/$cluster/topics/$topic/$partition/$offset';
  return (
    <Link to={to} params={{ ...params, offset: String(offset) }} search={true} className={buttonClasses()}>
      {label}
    </Link>
  );
}

function RecordDetail({ record }: { readonly record: ConsumedRecord }) {
  const session = useSession();
  const topic = useQuery(topicQuery(session.client, useScope(), record.topic)).data;
  const { as: rendering } = route.useSearch();
  const navigate = route.useNavigate();
  const [isProducing, setProducing] = useState(false);
  const commands = readCommands(record, location.origin, session.mode);
  const key = usePayload(record.key, rendering);
  const value = usePayload(record.value, rendering);
  return (
    <>
      <dl className="flex flex-wrap gap-x-8 gap-y-2 text-sm">
        <Fact name="Offset">{formatCount(record.offset)}</Fact>
        <Fact name="Partition">{record.partition}</Fact>
        <Fact name="Timestamp">
          <Timestamp ms={record.timestamp} />
        </Fact>
      </dl>
      <div className="flex flex-wrap items-end gap-2">
        <RenderingField rendering={rendering} onChange={(as) => void navigate({ search: { as } })} />
        {value?.text ? <CopyButton kind="secondary" label="Copy value" text={value.text} /> : null}
        {commands.map(({ label, text }) => (
          <CopyButton key={label} kind="secondary" label={`Copy as ${label}`} text={text} />
        ))}
        <CompareLink record={record} />
        {topic !== undefined && session.may('records.write') ? (
          <Button onClick={() => setProducing(true)}>Edit and produce</Button>
        ) : null}
      </div>
      <Section title="Key">
        <Payload bytes={record.key} payload={key} />
      </Section>
      <Section title="Value">
        {record.value === null ? <TombstoneNote /> : <Payload bytes={record.value} payload={value} />}
      </Section>
      <Section title="Headers">
        {record.headers.length === 0 ? (
          <p className="text-sm text-muted">None</p>
        ) : (
          <Table
            caption="Headers"
            columns={headerColumns}
            rows={record.headers.map((header, index) => ({ ...header, index }))}
            rowKey={({ index }) => String(index)}
          />
        )}
      </Section>
      {topic === undefined ? null : (
        <ProduceDialog topic={topic} template={record} isOpen={isProducing} onClose={() => setProducing(false)} />
      )}
    </>
  );
}

function TombstoneNote() {
  return (
    <p className="flex items-center gap-2 text-sm text-muted">
      <Tombstone /> The value is null: where the topic is compacted, this deletes what its key had.
    </p>
  );
}

function CompareLink({ record: { partition, offset } }: { readonly record: ConsumedRecord }) {
  const { organization, cluster, topic } = route.useParams();
  return (
    <Link
      to="/$organization/$cluster/topics/$topic/compare"
      params={{ organization, cluster, topic }}
      search={{ left: `${partition}@${offset}`, right: '' }}
      className={buttonClasses()}
    >
      Compare
    </Link>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-muted">{name}</dt>
      <dd className="tabular font-medium">{children}</dd>
    </div>
  );
}

type HeaderRow = ConsumedRecord['headers'][number] & { readonly index: number };

const headerColumns: readonly Column<HeaderRow>[] = [
  { header: 'Name', cell: ({ name }) => <span className="font-mono text-xs">{name}</span> },
  { header: 'Value', cell: ({ value }) => <PayloadPreview bytes={value} /> },
];
