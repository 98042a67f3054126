import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { IssuedApiKey } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { SelectField, TextArea, TextField } from '../ui/field.tsx';

const roles = [
  { value: '', label: 'By scopes' },
  { value: 'viewer', label: 'viewer: look at everything' },
  { value: 'developer', label: 'developer: produce, consume, create topics' },
  { value: 'admin', label: 'admin: everything but the organization itself' },
];

const expiries = [
  { value: '', label: 'never' },
  { value: '86400000', label: 'in 1 day' },
  { value: '2592000000', label: 'in 30 days' },
  { value: '7776000000', label: 'in 90 days' },
];

const blank = { name: '', role: '', scopes: 'produce:topic:*\nconsume:topic:*\nconsume:group:*', expiresInMs: '' };

/** Makes a key for this cluster, with a role or with scopes. */
export function CreateKeyDialog({
  onClose,
  onIssued,
}: {
  readonly onClose: () => void;
  readonly onIssued: (issued: IssuedApiKey) => void;
}) {
  const { client, cluster_id: clusterId } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const [form, setForm] = useState(blank);
  const change = (changed: Partial<typeof blank>) => setForm({ ...form, ...changed });
  const creating = useMutation({
    mutationFn: () =>
      client.organization.createKey({
        name: form.name.trim(),
        clusterId,
        ...(form.role === ''
          ? { scopes: form.scopes.split(/\s+/).filter((text) => text !== '') }
          : { role: form.role }),
        expiresInMs: form.expiresInMs === '' ? undefined : Number(form.expiresInMs),
      }),
    onSuccess: async (issued) => {
      onClose();
      onIssued(issued);
      await queries.invalidateQueries({ queryKey: [...scope, 'keys'] });
    },
  });
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title="Create an API key"
      submitLabel="Create key"
      isSubmittable={form.name.trim() !== ''}
      isBusy={creating.isPending}
      error={creating.error}
      onSubmit={() => creating.mutate()}
    >
      <TextField
        label="Name"
        required
        value={form.name}
        onChange={(event) => change({ name: event.target.value })}
        hint="Which program or person it is for."
      />
      <SelectField
        label="May"
        choices={roles}
        value={form.role}
        onChange={(event) => change({ role: event.target.value })}
      />
      {form.role === '' ? (
        <TextArea
          label="Scopes"
          rows={4}
          value={form.scopes}
          onChange={(event) => change({ scopes: event.target.value })}
          hint="One a line: verb:resource:name, as consume:topic:orders or produce:topic:orders-*."
        />
      ) : null}
      <SelectField
        label="Expires"
        choices={expiries}
        value={form.expiresInMs}
        onChange={(event) => change({ expiresInMs: event.target.value })}
      />
    </FormDialog>
  );
}
