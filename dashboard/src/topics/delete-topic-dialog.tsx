import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useScope, useSession } from '../session/session-context.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { useSay } from '../ui/toasts.tsx';

/** Deletes a topic once its name was typed: nothing brings it back. */
export function DeleteTopicDialog({
  topic,
  isOpen,
  onClose,
}: {
  readonly topic: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const { client, organization_id: organization, cluster_id: cluster } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  const [typed, setTyped] = useState('');
  const deleting = useMutation({
    mutationFn: () => client.topics.delete(topic),
    onSuccess: async () => {
      await navigate({
        to: '/$organization/$cluster/topics',
        params: { organization, cluster },
        search: { filter: '' },
      });
      await queries.invalidateQueries({ queryKey: [...scope, 'topics'] });
      say(`Deleted ${topic}`);
    },
  });
  return (
    <FormDialog
      isOpen={isOpen}
      onClose={onClose}
      title={`Delete ${topic}`}
      description="All its records and the offsets that groups committed for it go with it, for good."
      submitLabel="Delete topic"
      submitKind="danger"
      isSubmittable={typed === topic}
      isBusy={deleting.isPending}
      error={deleting.error}
      onSubmit={() => deleting.mutate()}
    >
      <TextField
        label={`Type ${topic} to confirm`}
        autoComplete="off"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </FormDialog>
  );
}
