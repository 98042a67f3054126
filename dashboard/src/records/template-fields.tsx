import { useState } from 'react';
import { useScope } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { forgetTemplate, keepTemplate, type RecordForm, readTemplates } from './record-templates.ts';

type TemplateProps = {
  readonly topic: string;
  readonly form: RecordForm;
  readonly onChoose: (form: RecordForm) => void;
};

/** Fills the form from a template that was kept in this browser, and keeps what it holds as one. */
export function TemplateFields(props: TemplateProps) {
  const { templates, chosen, name, problem, setName, keep, forget, choose } = useTemplates(props);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <div className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <SelectField
            label="Template"
            disabled={templates.length === 0}
            choices={[
              { value: '', label: templates.length === 0 ? 'None is kept yet' : 'None' },
              ...templates.map((template) => ({ value: template.name, label: template.name })),
            ]}
            value={chosen}
            onChange={({ target }) => choose(target.value)}
          />
        </div>
        <Button disabled={chosen === ''} onClick={forget}>
          Forget
        </Button>
      </div>
      <div className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <TextField
            label="Keep as template"
            placeholder="name"
            maxLength={60}
            value={name}
            problem={problem}
            onChange={({ target }) => setName(target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              // The form's Enter produces the record.
              event.preventDefault();
              if (name.trim() !== '') keep();
            }}
          />
        </div>
        <Button disabled={name.trim() === ''} onClick={keep}>
          Keep
        </Button>
      </div>
    </div>
  );
}

/** The templates of the topic, the one that fills the form, and the name of a new one. */
function useTemplates(props: TemplateProps) {
  const { topic, form, onChoose } = props;
  const place = { scope: useScope(), topic };
  const [templates, setTemplates] = useState(() => readTemplates(place));
  const [chosen, setChosen] = useState('');
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const keep = () => {
    const kept = keepTemplate(place, { name: name.trim(), form });
    setProblem(kept === null ? 'This browser has no room for it.' : null);
    if (kept === null) return;
    setTemplates(kept);
    setChosen(name.trim());
    setName('');
  };
  const forget = () => {
    setTemplates(forgetTemplate(place, chosen) ?? templates);
    setChosen('');
  };
  const choose = (wanted: string) => {
    setChosen(wanted);
    const template = templates.find((one) => one.name === wanted);
    if (template !== undefined) onChoose(template.form);
  };
  return { templates, chosen, name, problem, setName, keep, forget, choose };
}
