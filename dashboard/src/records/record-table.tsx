import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useState } from 'react';
import type { ConsumedRecord } from '../../../src/client/index.ts';
import { formatCount } from '../lib/format.ts';
import { isTyping } from '../shell/use-shortcuts.ts';
import { Timestamp } from '../ui/timestamp.tsx';
import { type VirtualColumn, VirtualTable } from '../ui/virtual-table.tsx';
import { PayloadPreview } from './payload.tsx';

const route = getRouteApi('/$organization/$cluster/topics/$topic');

const keyOf = ({ partition, offset }: ConsumedRecord) => `${partition}@${offset}`;

/** Records in rows; j and k walk through them, Enter opens the one that is marked. */
export function RecordTable({ records }: { readonly records: readonly ConsumedRecord[] }) {
  const params = route.useParams();
  const navigate = useNavigate();
  const [marked, setMarked] = useState<string | null>(null);
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const index = records.findIndex((record) => keyOf(record) === marked);
    const step = { j: 1, k: -1 }[event.key];
    if (step !== undefined) {
      const next = records[Math.min(records.length - 1, Math.max(0, index + step))];
      if (next === undefined) return;
      setMarked(keyOf(next));
      document.querySelector(`[data-key="${keyOf(next)}"]`)?.scrollIntoView({ block: 'nearest' });
    }
    const record = records[index];
    if (event.key !== 'Enter' || record === undefined || event.target instanceof HTMLAnchorElement) return;
    const to = '/$organization/$cluster/topics/$topic/$partition/$offset';
    void navigate({ to, params: { ...params, partition: String(record.partition), offset: String(record.offset) } });
  });
  useEffect(() => {
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
  return <VirtualTable caption="Records" columns={columns} rows={records} rowKey={keyOf} selectedKey={marked} />;
}

function OffsetLink({ record }: { readonly record: ConsumedRecord }) {
  const params = route.useParams();
  return (
    <Link
      to="/$organization/$cluster/topics/$topic/$partition/$offset"
      params={{ ...params, partition: String(record.partition), offset: String(record.offset) }}
      className="hover:underline"
    >
      {formatCount(record.offset)}
    </Link>
  );
}

const columns: readonly VirtualColumn<ConsumedRecord>[] = [
  { header: 'Partition', width: '4.5rem', isNumber: true, cell: ({ partition }) => partition },
  { header: 'Offset', width: '8rem', isNumber: true, cell: (record) => <OffsetLink record={record} /> },
  { header: 'Timestamp', width: '13rem', cell: ({ timestamp }) => <Timestamp ms={timestamp} /> },
  { header: 'Key', width: 'minmax(6rem, 14rem)', cell: ({ key }) => <PayloadPreview bytes={key} /> },
  { header: 'Value', width: 'minmax(16rem, 1fr)', cell: ({ value }) => <PayloadPreview bytes={value} /> },
];
