import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Acl } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { useSay } from '../ui/toasts.tsx';
import { aclOperationChoices, aclResourceChoices } from './acl-terms.ts';

const blank: Acl = {
  principal: 'User:',
  host: '*',
  operation: 'READ',
  permission: 'ALLOW',
  resource_type: 'TOPIC',
  resource_name: '',
  pattern_type: 'LITERAL',
};

const permissions = [
  { value: 'ALLOW', label: 'allow' },
  { value: 'DENY', label: 'deny, whatever else allows' },
];

const patterns = [
  { value: 'LITERAL', label: 'exactly this name' },
  { value: 'PREFIXED', label: 'all names that begin so' },
];

function useCreating(onDone: () => void) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  return useMutation({
    mutationFn: (acl: Acl) => client.organization.createAcls([acl]),
    onSuccess: async (_, acl) => {
      onDone();
      say('Created the ACL', sentenceOf(acl));
      await queries.invalidateQueries({ queryKey: [...scope, 'acls'] });
    },
  });
}

/** Makes a rule, and says in a sentence what it will mean. */
export function CreateAclDialog({ onClose }: { readonly onClose: () => void }) {
  const [acl, setAcl] = useState(blank);
  const change = (changed: Partial<Record<keyof Acl, string>>) => setAcl({ ...acl, ...(changed as Partial<Acl>) });
  const creating = useCreating(onClose);
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title="Create an ACL"
      submitLabel="Create ACL"
      isSubmittable={acl.resource_name !== '' && acl.principal.length > 'User:'.length}
      isBusy={creating.isPending}
      error={creating.error}
      onSubmit={() => creating.mutate(acl)}
    >
      <SelectField
        label="Decides"
        choices={permissions}
        value={acl.permission}
        onChange={({ target }) => change({ permission: target.value })}
      />
      <TextField
        label="Principal"
        value={acl.principal}
        onChange={({ target }) => change({ principal: target.value })}
        hint="User: with the id of a key or a member, or User:* for everyone."
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label="Operation"
          choices={aclOperationChoices}
          value={acl.operation}
          onChange={({ target }) => change({ operation: target.value })}
        />
        <SelectField
          label="Resource"
          choices={aclResourceChoices}
          value={acl.resource_type}
          onChange={({ target }) => change({ resource_type: target.value })}
        />
        <TextField
          label="Name"
          value={acl.resource_name}
          onChange={({ target }) => change({ resource_name: target.value })}
          hint="* is any."
        />
        <SelectField
          label="Means"
          choices={patterns}
          value={acl.pattern_type}
          onChange={({ target }) => change({ pattern_type: target.value })}
        />
      </div>
      <TextField
        label="From"
        value={acl.host}
        onChange={({ target }) => change({ host: target.value })}
        hint="An address, or * for any."
      />
      <p className="rounded-md bg-sunken p-3 text-sm" aria-live="polite">
        {sentenceOf(acl)}
      </p>
    </FormDialog>
  );
}

/** A rule as one would say it. */
export function sentenceOf(acl: Acl): string {
  const who = acl.principal === 'User:*' ? 'Everyone' : acl.principal;
  const may = acl.permission === 'DENY' ? 'may not' : 'may';
  const name = acl.resource_name === '*' ? `any ${acl.resource_type}` : `${acl.resource_type} ${acl.resource_name}`;
  const from = acl.host === '*' ? '' : ` from ${acl.host}`;
  return `${who} ${may} ${acl.operation} ${name}${acl.pattern_type === 'PREFIXED' ? '…' : ''}${from}.`;
}
