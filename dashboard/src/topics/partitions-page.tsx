import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { PartitionReport } from '../../../src/client/index.ts';
import { formatBytes, formatCount } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { topicQuery } from './queries.ts';

const route = getRouteApi('/$organization/$cluster/topics/$topic');

/** How far each partition's log reaches, and where its bytes lie. */
export function PartitionsPage() {
  const { topic: name } = route.useParams();
  const { data } = useQuery(topicQuery(useSession().client, useScope(), name));
  const reports = data?.partitionReports ?? [];
  if (reports.length === 0) {
    return (
      <EmptyState title="No partition has reported yet">
        <p>A partition reports when something is written to it.</p>
      </EmptyState>
    );
  }
  return <Table caption="Partitions" columns={columns} rows={reports} rowKey={({ partition }) => String(partition)} />;
}

function PartitionLink({ partition }: { readonly partition: number }) {
  const params = route.useParams();
  return (
    <Link
      to="/$organization/$cluster/topics/$topic"
      params={params}
      search={{ partition, from: 'latest', size: 50, live: false }}
      className="font-medium hover:underline"
    >
      {partition}
    </Link>
  );
}

const columns: readonly Column<PartitionReport>[] = [
  { header: 'Partition', cell: ({ partition }) => <PartitionLink partition={partition} /> },
  { header: 'First offset', isNumber: true, cell: ({ logStartOffset }) => formatCount(logStartOffset) },
  { header: 'Next offset', isNumber: true, cell: ({ highWatermark }) => formatCount(highWatermark) },
  {
    header: 'Records',
    isNumber: true,
    cell: ({ logStartOffset, highWatermark }) => formatCount(highWatermark - logStartOffset),
  },
  { header: 'Local', isNumber: true, cell: ({ localBytes }) => formatBytes(localBytes) },
  { header: 'Object storage', isNumber: true, cell: ({ remoteBytes }) => formatBytes(remoteBytes) },
  { header: 'Reported', cell: ({ reportedAt }) => <Timestamp ms={reportedAt} /> },
];
