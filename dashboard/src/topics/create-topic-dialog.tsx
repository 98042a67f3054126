import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useScope, useSession } from '../session/session-context.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { useSay } from '../ui/toasts.tsx';

const policies = [
  { value: 'delete', label: 'delete: drop records by age or size' },
  { value: 'compact', label: 'compact: keep the last record of each key' },
  { value: 'compact,delete', label: 'compact,delete: both' },
];

const retentions = [
  { value: '3600000', label: '1 hour' },
  { value: '86400000', label: '1 day' },
  { value: '604800000', label: '7 days' },
  { value: '2592000000', label: '30 days' },
  { value: '-1', label: 'for ever' },
];

const blank = { name: '', partitions: '1', cleanupPolicy: 'delete', retentionMs: '604800000' };

/** Creates a topic and goes there. */
function useCreating(onDone: () => void) {
  const { client, organization_id: organization, cluster_id: cluster } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  return useMutation({
    mutationFn: ({ name, partitions, cleanupPolicy, retentionMs }: typeof blank) =>
      client.topics.create({
        name: name.trim(),
        partitions: Number(partitions),
        config: { 'cleanup.policy': cleanupPolicy, 'retention.ms': retentionMs },
      }),
    onSuccess: async ({ name }) => {
      await queries.invalidateQueries({ queryKey: [...scope, 'topics'] });
      onDone();
      say(`Created ${name}`);
      await navigate({ to: '/$organization/$cluster/topics/$topic', params: { organization, cluster, topic: name } });
    },
  });
}

/** Creates a topic with the configs that one chooses at the start; all others have their page. */
export function CreateTopicDialog({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const [form, setForm] = useState(blank);
  const change = (changed: Partial<typeof blank>) => setForm({ ...form, ...changed });
  const creating = useCreating(() => close());
  const close = () => {
    setForm(blank);
    creating.reset();
    onClose();
  };
  return (
    <FormDialog
      isOpen={isOpen}
      onClose={close}
      title="Create a topic"
      submitLabel="Create topic"
      isSubmittable={form.name.trim() !== ''}
      isBusy={creating.isPending}
      error={creating.error}
      onSubmit={() => creating.mutate(form)}
    >
      <TextField
        label="Name"
        required
        value={form.name}
        onChange={(event) => change({ name: event.target.value })}
        hint="Letters, digits, dots, dashes and underscores; it cannot be changed."
      />
      <TextField
        label="Partitions"
        type="number"
        min={1}
        required
        value={form.partitions}
        onChange={(event) => change({ partitions: event.target.value })}
        hint="How many readers of a group can work at once. It can grow later and never shrink."
      />
      <SelectField
        label="Cleanup policy"
        choices={policies}
        value={form.cleanupPolicy}
        onChange={(event) => change({ cleanupPolicy: event.target.value })}
      />
      <SelectField
        label="Keep records"
        choices={retentions}
        value={form.retentionMs}
        onChange={(event) => change({ retentionMs: event.target.value })}
        hint="retention.ms; compaction keeps the last record of a key whatever stands here."
      />
    </FormDialog>
  );
}
