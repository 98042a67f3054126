import type { UndoPlan } from '../../../src/client/index.ts';
import { formatCount } from '../lib/format.ts';
import { type Column, Table } from '../ui/table.tsx';

type PlannedOffset = UndoPlan['partitions'][number];

/** What a reset would do, partition by partition. */
export function OffsetPlanTable({ plan }: { readonly plan: readonly PlannedOffset[] }) {
  return (
    <Table caption="Plan" columns={columns} rows={plan} rowKey={({ topic, partition }) => `${topic}/${partition}`} />
  );
}

function effectOf({ current, offset }: PlannedOffset): string {
  if (offset === null) return 'nothing is committed, as before';
  if (current === null) return 'begins here';
  if (offset === current) return 'stays';
  const records = formatCount(Math.abs(offset - current));
  return offset < current ? `${records} are read again` : `${records} are skipped`;
}

const orDash = (offset: number | null) => (offset === null ? '–' : formatCount(offset));

const columns: readonly Column<PlannedOffset>[] = [
  { header: 'Topic', cell: ({ topic }) => topic },
  { header: 'Partition', isNumber: true, cell: ({ partition }) => partition },
  { header: 'From', isNumber: true, cell: ({ current }) => orDash(current) },
  { header: 'To', isNumber: true, cell: ({ offset }) => orDash(offset) },
  { header: 'Effect', cell: (row) => `${effectOf(row)}${row.clamped ? ', at the end of the log' : ''}` },
];
