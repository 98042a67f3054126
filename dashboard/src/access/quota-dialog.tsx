import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Quota } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { useSay } from '../ui/toasts.tsx';

const entityTypes = [
  { value: 'organization', label: 'the organization' },
  { value: 'key', label: 'an API key' },
  { value: 'topic', label: 'a topic' },
];

const rates = [
  { field: 'requests', label: 'Requests a second' },
  { field: 'produced', label: 'Bytes produced a second' },
  { field: 'fetched', label: 'Bytes fetched a second' },
] as const;

const textOf = (value: number | null) => (value === null ? '' : String(value));
const rateOf = (text: string) => (text.trim() === '' ? null : Number(text));

/** Replaces the quota of one entity; an empty field bounds nothing. */
export function QuotaDialog({ quota, onClose }: { readonly quota: Quota; readonly onClose: () => void }) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  const [form, setForm] = useState({
    type: quota.entity_type as string,
    name: quota.entity_name,
    requests: textOf(quota.requests_per_second),
    produced: textOf(quota.produce_bytes_per_second),
    fetched: textOf(quota.fetch_bytes_per_second),
  });
  const change = (changed: Partial<typeof form>) => setForm({ ...form, ...changed });
  const altering = useMutation({
    mutationFn: () =>
      client.organization.alterQuotas([
        {
          entity_type: form.type as Quota['entity_type'],
          entity_name: form.type === 'organization' ? '' : form.name.trim(),
          requests_per_second: rateOf(form.requests),
          produce_bytes_per_second: rateOf(form.produced),
          fetch_bytes_per_second: rateOf(form.fetched),
        },
      ]),
    onSuccess: (all) => {
      queries.setQueryData([...scope, 'quotas'], all);
      onClose();
      say('The quota holds within seconds');
    },
  });
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title="Set a quota"
      submitLabel="Set quota"
      isSubmittable={form.type === 'organization' || form.name.trim() !== ''}
      isBusy={altering.isPending}
      error={altering.error}
      onSubmit={() => altering.mutate()}
    >
      <SelectField
        label="For"
        choices={entityTypes}
        value={form.type}
        onChange={({ target }) => change({ type: target.value })}
      />
      {form.type === 'organization' ? null : (
        <TextField
          label={form.type === 'key' ? "The key's id" : "The topic's name"}
          value={form.name}
          onChange={({ target }) => change({ name: target.value })}
        />
      )}
      {rates.map(({ field, label }) => (
        <TextField
          key={field}
          label={label}
          type="number"
          min={1}
          placeholder="unbounded"
          value={form[field]}
          onChange={({ target }) => change({ [field]: target.value })}
        />
      ))}
    </FormDialog>
  );
}
