import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ConsumedRecord, ProducerRecord, Topic } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { SelectField, TextArea, TextField } from '../ui/field.tsx';
import { useSay } from '../ui/toasts.tsx';
import { decode } from './decode.ts';
import { HeadersField } from './headers-field.tsx';
import type { RecordForm } from './record-templates.ts';
import { TemplateFields } from './template-fields.tsx';

const blank: RecordForm = { key: '', hasKey: true, value: '{\n  \n}', valueKind: 'json', partition: '', headers: [] };

/** A record as the form shows it; bytes that are no text cannot be edited here and come as hex. */
function formOf(record: ConsumedRecord): RecordForm {
  const key = decode(record.key, 'text');
  const value = decode(record.value);
  return {
    key: 'text' in key ? key.text : '',
    hasKey: key.kind !== 'null',
    value: 'text' in value ? value.text : '',
    valueKind: value.kind === 'null' ? 'tombstone' : value.kind === 'json' ? 'json' : 'text',
    partition: '',
    headers: record.headers.map((header) => {
      const decoded = decode(header.value, 'text');
      return { name: header.name, value: 'text' in decoded ? decoded.text : '' };
    }),
  };
}

/** Why the form cannot be sent, or null. JSON is only looked at: what is sent is the text as it stands. */
function problemOf({ value, valueKind }: RecordForm): string | null {
  if (valueKind !== 'json') return null;
  try {
    JSON.parse(value);
    return null;
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

function recordOf(form: RecordForm): ProducerRecord {
  return {
    key: form.hasKey ? form.key : null,
    value: form.valueKind === 'tombstone' ? null : form.value,
    headers: form.headers.filter(({ name }) => name !== ''),
    partition: form.partition === '' ? undefined : Number(form.partition),
  };
}

const valueKinds = [
  { value: 'json', label: 'JSON' },
  { value: 'text', label: 'Text' },
  { value: 'tombstone', label: 'Tombstone (null)' },
];

/** Sends a record, says where it went, and has the lists of the topic read again. */
function useProducing(topic: Topic, onDone: () => void) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  return useMutation({
    mutationFn: async (record: ProducerRecord) => {
      await using producer = client.producer({ topic: topic.name });
      return producer.send(record);
    },
    onSuccess: async ({ partition, offset }) => {
      onDone();
      say('Produced', `${topic.name}/${partition}@${offset}`);
      await queries.invalidateQueries({ queryKey: [...scope, 'records', topic.topicId] });
    },
  });
}

/** Sends one record: a new one, or what was made of another one. */
export function ProduceDialog(props: {
  readonly topic: Topic;
  readonly template?: ConsumedRecord;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const { topic, template } = props;
  const [form, setForm] = useState<RecordForm>(() => (template === undefined ? blank : formOf(template)));
  const change = (changed: Partial<RecordForm>) => setForm({ ...form, ...changed });
  const problem = problemOf(form);
  const producing = useProducing(topic, props.onClose);
  return (
    <FormDialog
      isOpen={props.isOpen}
      onClose={props.onClose}
      isWide
      title={template === undefined ? `Produce to ${topic.name}` : `Produce to ${topic.name} again`}
      submitLabel="Produce"
      isSubmittable={problem === null}
      isBusy={producing.isPending}
      error={producing.error}
      onSubmit={() => producing.mutate(recordOf(form))}
    >
      <KeyFields form={form} partitions={topic.partitions} onChange={change} />
      <SelectField
        label="Value is"
        choices={valueKinds}
        value={form.valueKind}
        onChange={(event) => change({ valueKind: event.target.value as RecordForm['valueKind'] })}
      />
      {form.valueKind === 'tombstone' ? (
        <p className="text-sm text-muted">A record without a value: on a compacted topic it deletes its key.</p>
      ) : (
        <TextArea
          label="Value"
          rows={10}
          value={form.value}
          problem={problem}
          onChange={(event) => change({ value: event.target.value })}
        />
      )}
      <HeadersField headers={form.headers} onChange={(headers) => change({ headers })} />
      <TemplateFields topic={topic.name} form={form} onChoose={setForm} />
    </FormDialog>
  );
}

/** Which key, and which partition when it is not the key's to choose. */
function KeyFields(props: {
  readonly form: RecordForm;
  readonly partitions: number;
  readonly onChange: (changed: Partial<RecordForm>) => void;
}) {
  const { form, onChange: change } = props;
  const partitions = [
    { value: '', label: 'Chosen by the key' },
    ...Array.from({ length: props.partitions }, (_, index) => ({ value: String(index), label: `Partition ${index}` })),
  ];
  return (
    <div className="grid gap-4 sm:grid-cols-[1fr_12rem]">
      <TextField
        label="Key"
        value={form.key}
        disabled={!form.hasKey}
        onChange={(event) => change({ key: event.target.value })}
        className="font-mono"
        hint={
          <label className="inline-flex items-center gap-1.5">
            <input
              type="checkbox"
              checked={!form.hasKey}
              onChange={(event) => change({ hasKey: !event.target.checked })}
            />
            no key (null)
          </label>
        }
      />
      <SelectField
        label="Partition"
        choices={partitions}
        value={form.partition}
        onChange={(event) => change({ partition: event.target.value })}
      />
    </div>
  );
}
