import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { parsePosition } from '../../../src/address/position.ts';
import type { OffsetPlan, ResetOffsetsOptions } from '../../../src/client/index.ts';
import { formatCount } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { useSay } from '../ui/toasts.tsx';
import { groupQuery } from './queries.ts';

/** Moves a group's offsets in two steps: the plan, partition by partition, and then the move. */
export function ResetDialog({ group, onClose }: { readonly group: string; readonly onClose: () => void }) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  const [text, setText] = useState('earliest');
  const to = targetOf(text);
  const planning = useMutation({
    mutationFn: (target: ResetOffsetsOptions['to']) => client.groups.resetOffsets(group, { to: target, dryRun: true }),
  });
  const moving = useMutation({
    mutationFn: (target: ResetOffsetsOptions['to']) => client.groups.resetOffsets(group, { to: target }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: groupQuery(client, scope, group).queryKey });
      onClose();
      say(`Moved the offsets of ${group}`);
    },
  });
  const plan = planning.data;
  const submit = () => {
    if (to === null) return;
    if (plan === undefined) planning.mutate(to);
    else moving.mutate(to);
  };
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      isWide={plan !== undefined}
      title={`Reset the offsets of ${group}`}
      description="First you see where each partition's offset goes; nothing is moved before you say so."
      submitLabel={plan === undefined ? 'Show the plan' : 'Move the offsets'}
      isSubmittable={to !== null}
      isBusy={planning.isPending || moving.isPending}
      error={planning.error ?? moving.error}
      onSubmit={submit}
    >
      <TextField
        label="To"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          planning.reset();
        }}
        problem={to === null ? 'earliest, latest, an offset, +10 or -10 records, -15m, or a time' : null}
        hint="earliest, latest, an offset, +10 or -10 records, -15m, or a time like 2026-11-20 06:41"
      />
      {plan === undefined ? null : (
        <Table
          caption="Plan"
          columns={planColumns}
          rows={plan}
          rowKey={({ topic, partition }) => `${topic}/${partition}`}
        />
      )}
    </FormDialog>
  );
}

/** A shift has a sign and no unit; everything else is a position. */
function targetOf(text: string): ResetOffsetsOptions['to'] | null {
  const shift = /^[+-]\d+$/.exec(text.trim());
  if (shift !== null) return { shift: Number(shift[0]) };
  const position = parsePosition(text, Date.now());
  switch (position?.kind) {
    case undefined:
      return null;
    case 'offset':
      return { offset: position.offset };
    case 'timestamp':
      return { timestamp: position.timestampMs };
    case 'earliest':
    case 'latest':
      return position.kind;
  }
}

function effectOf({ current, offset }: OffsetPlan): string {
  if (current === null) return 'begins here';
  if (offset === current) return 'stays';
  const records = formatCount(Math.abs(offset - current));
  return offset < current ? `${records} are read again` : `${records} are skipped`;
}

const planColumns: readonly Column<OffsetPlan>[] = [
  { header: 'Topic', cell: ({ topic }) => topic },
  { header: 'Partition', isNumber: true, cell: ({ partition }) => partition },
  { header: 'From', isNumber: true, cell: ({ current }) => (current === null ? '–' : formatCount(current)) },
  { header: 'To', isNumber: true, cell: ({ offset }) => formatCount(offset) },
  { header: 'Effect', cell: (row) => `${effectOf(row)}${row.clamped ? ', at the end of the log' : ''}` },
];
