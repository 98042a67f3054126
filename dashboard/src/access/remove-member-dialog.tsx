import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Member } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { useSay } from '../ui/toasts.tsx';

/** Ends what a member may do, after a word of what stays. */
export function RemoveMemberDialog({ member, onClose }: { readonly member: Member; readonly onClose: () => void }) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  const removing = useMutation({
    mutationFn: () => client.organization.members.remove(member.member_id),
    onSuccess: async () => {
      onClose();
      say(`Removed ${member.email}`);
      await queries.invalidateQueries({ queryKey: [...scope, 'members'] });
    },
  });
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={`Remove ${member.email}`}
      description="What they may do ends within seconds, open sockets included. API keys that they made stay: revoke those by themselves."
      submitLabel="Remove member"
      submitKind="danger"
      isBusy={removing.isPending}
      error={removing.error}
      onSubmit={() => removing.mutate()}
    >
      {null}
    </FormDialog>
  );
}
