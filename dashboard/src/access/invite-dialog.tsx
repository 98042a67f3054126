import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useScope, useSession } from '../session/session-context.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { useSay } from '../ui/toasts.tsx';
import { memberRoles } from './member-roles.ts';

/** Lets an address in: whoever signs in with it is a member from then on. */
export function InviteDialog({ onClose }: { readonly onClose: () => void }) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState('developer');
  const inviting = useMutation({
    mutationFn: () => client.organization.members.invite({ email: email.trim(), role }),
    onSuccess: async (member) => {
      onClose();
      say(`Invited ${member.email}`, 'Nobody was written to: tell them the address of this dashboard.');
      await queries.invalidateQueries({ queryKey: [...scope, 'members'] });
    },
  });
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title="Invite a member"
      submitLabel="Invite"
      isSubmittable={email.trim() !== ''}
      isBusy={inviting.isPending}
      error={inviting.error}
      onSubmit={() => inviting.mutate()}
    >
      <TextField
        label="Address"
        type="email"
        required
        value={email}
        onChange={({ target }) => setEmail(target.value)}
      />
      <SelectField label="Role" choices={memberRoles} value={role} onChange={({ target }) => setRole(target.value)} />
    </FormDialog>
  );
}
