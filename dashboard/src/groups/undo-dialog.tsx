import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { GroupReset } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { useSay } from '../ui/toasts.tsx';
import { OffsetPlanTable } from './offset-plan-table.tsx';
import { groupQuery, groupResetsQuery } from './queries.ts';

/** Puts the offsets back where they were before a reset, once the plan was seen. */
export function UndoDialog(props: {
  readonly group: string;
  readonly reset: GroupReset;
  readonly onClose: () => void;
}) {
  const { group, reset, onClose } = props;
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  const planning = useQuery({
    queryKey: [...scope, 'group-undo', group, reset.resetId],
    queryFn: ({ signal }) => client.groups.undoReset(group, { resetId: reset.resetId, dryRun: true, signal }),
    gcTime: 0,
  });
  const undoing = useMutation({
    mutationFn: () => client.groups.undoReset(group, { resetId: reset.resetId }),
    onSuccess: async () => {
      await Promise.all(
        [groupQuery, groupResetsQuery].map((query) =>
          queries.invalidateQueries({ queryKey: query(client, scope, group).queryKey }),
        ),
      );
      onClose();
      say(`Put the offsets of ${group} back`);
    },
  });
  const plan = planning.data?.partitions;
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      isWide
      title={`Undo a reset of ${group}`}
      description={
        <>
          The offsets go back to where they were before the reset of <Timestamp ms={reset.resetAt} />.
        </>
      }
      submitLabel="Put the offsets back"
      isSubmittable={plan !== undefined && plan.length > 0}
      isBusy={undoing.isPending}
      error={planning.error ?? undoing.error}
      onSubmit={() => undoing.mutate()}
    >
      {plan !== undefined ? (
        plan.length === 0 ? (
          <p className="text-sm text-muted">The topics of that reset are gone: there is nothing to put back.</p>
        ) : (
          <OffsetPlanTable plan={plan} />
        )
      ) : planning.error ? null : (
        <SkeletonRows />
      )}
    </FormDialog>
  );
}
