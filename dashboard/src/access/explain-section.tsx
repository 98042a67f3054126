import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useSession } from '../session/session-context.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { accessChoices, aclResourceChoices } from './acl-terms.ts';
import { sentenceOf } from './create-acl-dialog.tsx';

const blank = { principal: '', operation: 'READ', resourceType: 'TOPIC', resourceName: '' };

const reasons: Readonly<Record<string, string>> = {
  super: 'Nothing can be denied to it.',
  allowed: 'This rule allows it:',
  denied: 'This rule denies it:',
  no_rule: 'Nothing allows it.',
  narrowed: 'The key might, but its token was not made for it.',
};

/** Asks the platform's own evaluator about an access, and shows the rule that decides. */
export function ExplainSection() {
  const { client } = useSession();
  const [form, setForm] = useState(blank);
  const change = (changed: Partial<typeof blank>) => setForm({ ...form, ...changed });
  const explaining = useMutation({
    mutationFn: () => client.organization.explain({ ...form, principal: form.principal || undefined }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    explaining.mutate();
  };
  const explained = explaining.data;
  return (
    <Section title="Who may do what, and why">
      <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
        <TextField
          label="Principal"
          placeholder="yourself"
          value={form.principal}
          onChange={({ target }) => change({ principal: target.value })}
        />
        <SelectField
          label="Operation"
          choices={accessChoices}
          value={form.operation}
          onChange={({ target }) => change({ operation: target.value })}
        />
        <SelectField
          label="Resource"
          choices={aclResourceChoices}
          value={form.resourceType}
          onChange={({ target }) => change({ resourceType: target.value })}
        />
        <TextField
          label="Name"
          required
          value={form.resourceName}
          onChange={({ target }) => change({ resourceName: target.value })}
        />
        <Button type="submit" busyLabel={explaining.isPending ? 'Asking …' : null}>
          Explain
        </Button>
      </form>
      {explaining.error ? <ProblemNotice error={explaining.error} /> : null}
      {explained === undefined ? null : (
        <p role="status" className="flex flex-wrap items-center gap-2 text-sm">
          <Badge tone={explained.allowed ? 'ok' : 'danger'}>{explained.allowed ? 'allowed' : 'refused'}</Badge>
          <span className="font-mono text-xs">{explained.principal}</span>
          {reasons[explained.reason]} {explained.rule === null ? null : sentenceOf(explained.rule)}
        </p>
      )}
    </Section>
  );
}
