import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { Alert, IssuedAlert } from '../../../src/client/index.ts';
import { groupNamesQuery } from '../groups/queries.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { topicNamesQuery } from '../topics/queries.ts';
import { FormDialog } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { useSay } from '../ui/toasts.tsx';
import {
  type AlertForm,
  blankForm,
  conditionOf,
  durationChoices,
  formOf,
  isNamed,
  scopesOf,
  settingsOf,
  withMetric,
} from './alert-form.ts';
import { type Metric, metricNames, metrics, parseAmount } from './alert-metrics.ts';
import { AlertPreviewNote } from './alert-preview.tsx';

/** Names that a field proposes. */
const proposalsMax = 200;

/** Makes a rule, or changes one, with a look at what it would have done. */
export function AlertDialog({
  alert,
  onClose,
  onIssued,
}: {
  /** The rule to change; null makes one. */
  readonly alert: Alert | null;
  readonly onClose: () => void;
  readonly onIssued?: (issued: IssuedAlert) => void;
}) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  const [form, setForm] = useState(alert === null ? blankForm : formOf(alert));
  const settings = settingsOf(form);
  const saving = useMutation({
    mutationFn: async () => {
      if (settings === null) return;
      if (alert === null) onIssued?.(await client.alerts.create(settings));
      else await client.alerts.alter(alert.alert_id, settings);
    },
    onSuccess: async () => {
      onClose();
      if (alert !== null) say(`Changed ${form.name}`);
      await queries.invalidateQueries({ queryKey: [...scope, 'alerts'] });
    },
  });
  return (
    <FormDialog
      isOpen
      isWide
      onClose={onClose}
      title={alert === null ? 'Create an alert' : `Change ${alert.name}`}
      description="Everything is measured every five minutes. A webhook is told when the rule holds, and when it does not any more."
      submitLabel={alert === null ? 'Create alert' : 'Save'}
      isSubmittable={settings !== null}
      isBusy={saving.isPending}
      error={saving.error}
      onSubmit={() => saving.mutate()}
    >
      <AlertFields form={form} onChange={setForm} />
      <AlertPreviewNote condition={conditionOf(form)} />
    </FormDialog>
  );
}

type FieldProps = { readonly form: AlertForm; readonly onChange: (form: AlertForm) => void };

function AlertFields({ form, onChange }: FieldProps) {
  const { mode } = useSession();
  const known = metricNames.filter((name) => mode === 'closed' || !metrics[name].targets.includes('organization'));
  const change = (changed: Partial<AlertForm>) => onChange({ ...form, ...changed });
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <div className="sm:col-span-2">
        <TextField
          label="Name"
          required
          maxLength={100}
          value={form.name}
          onChange={(event) => change({ name: event.target.value })}
          hint="Messages begin with it, as “Billing is behind”."
        />
      </div>
      <SelectField
        label="What is looked at"
        choices={known.map((name) => ({ value: name, label: metrics[name].label }))}
        value={form.metric}
        onChange={(event) => onChange(withMetric(form, event.target.value as Metric))}
      />
      <SelectField
        label="Of"
        choices={scopesOf(form.metric)}
        value={form.scope}
        onChange={(event) => change({ scope: event.target.value as AlertForm['scope'] })}
      />
      {isNamed(form.scope) ? <SubjectField form={form} onChange={onChange} /> : null}
      <ThresholdFields form={form} onChange={onChange} />
      <TimeFields form={form} onChange={onChange} />
      <div className="sm:col-span-2">
        <TextField
          label="Webhook"
          required
          type="url"
          value={form.webhookUrl}
          placeholder="https://hooks.example.com/millrace"
          onChange={(event) => change({ webhookUrl: event.target.value })}
          hint={
            mode === 'open'
              ? 'Messages are posted there as JSON, signed. https, or http of this machine.'
              : 'Messages are posted there as JSON, signed. https, and a name that everybody can reach.'
          }
        />
      </div>
    </div>
  );
}

/** The name of a topic or group, with those that are there to choose from. */
function SubjectField({ form, onChange }: FieldProps) {
  const { client } = useSession();
  const scope = useScope();
  const isTopic = form.scope.startsWith('topic');
  const isPrefix = form.scope.endsWith('-prefix');
  const topics = useQuery({ ...topicNamesQuery(client, scope), enabled: isTopic });
  const groups = useQuery({ ...groupNamesQuery(client, scope), enabled: !isTopic });
  const names = isTopic ? topics.data : groups.data;
  const listId = useId();
  return (
    <div className="sm:col-span-2">
      <TextField
        label={isPrefix ? 'Beginning' : isTopic ? 'Topic' : 'Consumer group'}
        required={!isPrefix}
        list={listId}
        autoComplete="off"
        value={form.subject}
        onChange={(event) => onChange({ ...form, subject: event.target.value })}
        hint={isPrefix ? 'Empty is all of them. Each has a state of its own.' : undefined}
      />
      <datalist id={listId}>
        {names?.slice(0, proposalsMax).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </div>
  );
}

function ThresholdFields({ form, onChange }: FieldProps) {
  const { hint, kind } = metrics[form.metric];
  const isWrong = parseAmount(form.metric, form.threshold) === null;
  const wanted = {
    count: 'a number',
    percent: 'a number',
    duration: 'a time as 90s or 10m',
    bytes: 'an amount as 10 MB',
  };
  return (
    <>
      <SelectField
        label="Fires when it is"
        choices={[
          { value: 'above', label: 'above' },
          { value: 'below', label: 'below' },
        ]}
        value={form.comparison}
        onChange={(event) => onChange({ ...form, comparison: event.target.value as AlertForm['comparison'] })}
      />
      <TextField
        label="Threshold"
        required
        value={form.threshold}
        onChange={(event) => onChange({ ...form, threshold: event.target.value })}
        hint={hint}
        problem={isWrong && form.threshold !== '' ? `Write ${wanted[kind]}.` : null}
      />
    </>
  );
}

function TimeFields({ form, onChange }: FieldProps) {
  return (
    <div className="grid gap-4 sm:col-span-2 sm:grid-cols-3">
      <SelectField
        label="For"
        choices={durationChoices([5, 10, 15, 30, 60, 360], 'one measurement', form.forMs)}
        value={String(form.forMs)}
        onChange={(event) => onChange({ ...form, forMs: Number(event.target.value) })}
        hint="So long it must hold first."
      />
      <SelectField
        label="Resolved after"
        choices={durationChoices([5, 10, 15, 30, 60], 'one measurement', form.resolveAfterMs)}
        value={String(form.resolveAfterMs)}
        onChange={(event) => onChange({ ...form, resolveAfterMs: Number(event.target.value) })}
        hint="Longer makes less noise."
      />
      <SelectField
        label="Tell again"
        choices={durationChoices([15, 60, 240, 1_440], 'never', form.repeatMs)}
        value={String(form.repeatMs ?? 0)}
        onChange={(event) => onChange({ ...form, repeatMs: Number(event.target.value) || null })}
        hint="While it goes on."
      />
    </div>
  );
}
