import { useState } from 'react';
import { parseMoment } from '../../../src/address/moment.ts';
import { parsePosition } from '../../../src/address/position.ts';
import { Button } from '../ui/button.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import type { Rendering } from './decode.ts';
import { type RecordView, viewSizes } from './record-search.ts';

const sizes = viewSizes.map((size) => ({ value: String(size), label: `${size} records` }));

const renderingNames: readonly { readonly value: Rendering; readonly label: string }[] = [
  { value: 'auto', label: 'As it fits' },
  { value: 'json', label: 'JSON' },
  { value: 'text', label: 'Text' },
  { value: 'hex', label: 'Hex' },
  { value: 'base64', label: 'Base64' },
];

/** Chooses how bytes are shown. */
export function RenderingField(props: {
  readonly rendering: Rendering;
  readonly onChange: (rendering: Rendering) => void;
}) {
  return (
    <SelectField
      label="Show bytes as"
      choices={renderingNames}
      value={props.rendering}
      onChange={({ target }) => props.onChange(target.value as Rendering)}
    />
  );
}

/** Where a view begins and ends, how much of it there is, and how it looks. */
export function RecordToolbar(props: {
  readonly view: RecordView;
  readonly partitions: number;
  readonly onChange: (changed: Partial<RecordView>) => void;
}) {
  const { view, onChange } = props;
  const partitions = [
    { value: 'all', label: 'All partitions' },
    ...Array.from({ length: props.partitions }, (_, index) => ({ value: String(index), label: `Partition ${index}` })),
  ];
  return (
    <div className="grid grid-cols-2 items-start gap-3 sm:flex sm:flex-wrap">
      <MomentField
        key={`from ${view.from}`}
        label="From"
        text={view.from}
        suggestions={['latest', 'earliest', '-15m', '-1h', '-1d']}
        isDisabled={view.live}
        problemOf={(text) => fromProblem(text, view)}
        onChange={(from) => onChange({ from })}
      />
      <MomentField
        key={`to ${view.to}`}
        label="To"
        text={view.to}
        placeholder="the end"
        suggestions={['-15m', '-1h', '-1d']}
        isDisabled={view.live}
        problemOf={(text) => (text === '' || parseMoment(text, 0) !== null ? null : '-15m, or 2026-11-20T06:41Z')}
        onChange={(to) => onChange({ to })}
      />
      <SelectField
        label="Partition"
        choices={partitions}
        value={view.partition === undefined ? 'all' : String(view.partition)}
        onChange={({ target }) => onChange({ partition: target.value === 'all' ? undefined : Number(target.value) })}
      />
      <SelectField
        label="Show"
        choices={sizes}
        value={String(view.size)}
        disabled={view.live}
        onChange={({ target }) => onChange({ size: Number(target.value) })}
      />
      <RenderingField rendering={view.as} onChange={(as) => onChange({ as })} />
      <Button
        className="mt-6"
        kind={view.live ? 'primary' : 'secondary'}
        aria-pressed={view.live}
        onClick={() => onChange({ live: !view.live })}
      >
        Follow live
      </Button>
    </div>
  );
}

function fromProblem(text: string, view: RecordView): string | null {
  const position = parsePosition(text, 0);
  if (position === null) return 'earliest, latest, an offset, -15m, or a time like 2026-11-20 06:41';
  if (view.where !== '' && position.kind === 'offset' && view.partition === undefined) {
    return 'An offset means something in one partition: choose it';
  }
  return null;
}

/** Takes a place in the log, when it is left or Enter is pressed, and says so of what is none. */
function MomentField(props: {
  readonly label: string;
  readonly text: string;
  readonly placeholder?: string;
  readonly suggestions: readonly string[];
  readonly isDisabled: boolean;
  readonly problemOf: (text: string) => string | null;
  readonly onChange: (text: string) => void;
}) {
  const [text, setText] = useState(props.text);
  const problem = props.problemOf(text.trim());
  const submit = () => {
    if (problem === null && text.trim() !== props.text) props.onChange(text.trim());
  };
  const listId = `${props.label.toLowerCase()}-suggestions`;
  return (
    <form
      className="sm:w-52"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextField
        label={props.label}
        list={listId}
        placeholder={props.placeholder}
        disabled={props.isDisabled}
        value={text}
        onChange={({ target }) => setText(target.value)}
        onBlur={submit}
        problem={problem}
      />
      <datalist id={listId}>
        {props.suggestions.map((suggestion) => (
          <option key={suggestion} value={suggestion} />
        ))}
      </datalist>
    </form>
  );
}
