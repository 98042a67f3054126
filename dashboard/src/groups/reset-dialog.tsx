import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { parsePosition, requestedPlace } from '../../../src/address/position.ts';
import type { ResetOffsetsOptions } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { useSay } from '../ui/toasts.tsx';
import { OffsetPlanTable } from './offset-plan-table.tsx';
import { groupQuery, groupResetsQuery } from './queries.ts';

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
      await Promise.all(
        [groupQuery, groupResetsQuery].map((query) =>
          queries.invalidateQueries({ queryKey: query(client, scope, group).queryKey }),
        ),
      );
      onClose();
      say(`Moved the offsets of ${group}`, 'Undo puts them back.');
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
      {plan === undefined ? null : <OffsetPlanTable plan={plan} />}
    </FormDialog>
  );
}

/** A shift has a sign and no unit; everything else is a position. */
function targetOf(text: string): ResetOffsetsOptions['to'] | null {
  const shift = /^[+-]\d+$/.exec(text.trim());
  if (shift !== null) return { shift: Number(shift[0]) };
  const position = parsePosition(text, Date.now());
  return position === null ? null : requestedPlace(position);
}
