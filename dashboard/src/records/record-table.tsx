import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import type { ConsumedRecord } from '../../../src/client/index.ts';
import { formatCount } from '../lib/format.ts';
import { isTyping } from '../shell/use-shortcuts.ts';
import { Timestamp } from '../ui/timestamp.tsx';
import { type VirtualColumn, VirtualTable } from '../ui/virtual-table.tsx';
import { RecordCell, Tombstone } from './record-cell.tsx';
import { type RecordRow, rowKey } from './record-rows.ts';

const route = getRouteApi('/$organization/$cluster/topics/$topic');

const recordAddress = '/$organization/$cluster/topics/$topic/$partition/$offset';

/** Which rows are chosen to be compared, by their keys. */
export type Selection = { readonly keys: readonly string[]; readonly toggle: (key: string) => void };

/**
 * Records in rows; j and k walk through them, Enter opens the one that is marked, x chooses it. `columns` are fields of
 * the payload that the rows were made with.
 */
export function RecordTable(props: {
  readonly rows: readonly RecordRow[];
  readonly columns: readonly string[];
  readonly selection: Selection;
  readonly onAtTopChange?: (isAtTop: boolean) => void;
}) {
  const { rows, columns, selection } = props;
  const params = route.useParams();
  const navigate = useNavigate();
  const [marked, setMarked] = useState<string | null>(null);
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const index = rows.findIndex((row) => rowKey(row) === marked);
    const step = { j: 1, k: -1 }[event.key];
    if (step !== undefined) {
      const next = rows[Math.min(rows.length - 1, Math.max(0, index + step))];
      if (next === undefined) return;
      setMarked(rowKey(next));
      const row = document.querySelector(`[data-key="${rowKey(next)}"]`);
      row?.scrollIntoView({ block: 'nearest' });
      // Enter is then the row's, and no button's that had the focus before.
      row?.querySelector('a')?.focus({ preventScroll: true });
    }
    const row = rows[index];
    if (row === undefined) return;
    if (event.key === 'x') selection.toggle(rowKey(row));
    if (event.key !== 'Enter' || (event.target instanceof Element && event.target.closest('a, button'))) return;
    void navigate({ to: recordAddress, params: { ...params, ...addressOf(row.record) } });
  });
  useEffect(() => {
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
  const tableColumns = useMemo(() => columnsOf(columns, selection), [columns, selection]);
  return (
    <VirtualTable
      caption="Records"
      columns={tableColumns}
      rows={rows}
      rowKey={rowKey}
      selectedKey={marked}
      onAtTopChange={props.onAtTopChange}
    />
  );
}

const addressOf = ({ partition, offset }: ConsumedRecord) => ({ partition: String(partition), offset: String(offset) });

function OffsetLink({ record }: { readonly record: ConsumedRecord }) {
  const params = route.useParams();
  return (
    <Link to={recordAddress} params={{ ...params, ...addressOf(record) }} className="hover:underline">
      {formatCount(record.offset)}
    </Link>
  );
}

function columnsOf(columns: readonly string[], { keys, toggle }: Selection): readonly VirtualColumn<RecordRow>[] {
  return [
    {
      header: 'Pick',
      width: '2rem',
      cell: (row) => (
        <input
          type="checkbox"
          className="block accent-accent"
          aria-label={`Pick ${rowKey(row)}`}
          checked={keys.includes(rowKey(row))}
          onChange={() => toggle(rowKey(row))}
        />
      ),
    },
    { header: 'Partition', width: '3.8rem', isNumber: true, cell: ({ record }) => record.partition },
    { header: 'Offset', width: '7rem', isNumber: true, cell: ({ record }) => <OffsetLink record={record} /> },
    { header: 'Timestamp', width: '12.5rem', cell: ({ record }) => <Timestamp ms={record.timestamp} /> },
    { header: 'Key', width: 'minmax(6rem, 10rem)', cell: ({ cells }) => <RecordCell cell={cells.key} /> },
    ...columns.map((column, index) => ({
      header: column,
      width: 'minmax(6rem, 12rem)',
      cell: ({ cells }: RecordRow) => <RecordCell cell={cells.columns[index] ?? { kind: 'absent' }} />,
    })),
    { header: 'Headers', width: '4rem', isNumber: true, cell: ({ record }) => <HeaderCount record={record} /> },
    {
      header: 'Value',
      width: 'minmax(16rem, 1fr)',
      cell: ({ cells }) => (cells.value.kind === 'null' ? <Tombstone /> : <RecordCell cell={cells.value} />),
    },
  ];
}

function HeaderCount({ record: { headers } }: { readonly record: ConsumedRecord }) {
  if (headers.length === 0) return null;
  return <span title={headers.map(({ name }) => name).join(', ')}>{headers.length}</span>;
}
