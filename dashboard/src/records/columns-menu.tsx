import { Popover } from '@base-ui/react/popover';
import { useState } from 'react';
import type { ConsumedRecord } from '../../../src/client/index.ts';
import { parseField } from '../../../src/filter/field-text.ts';
import { Button, buttonClasses } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { decodeElsewhere } from './decoder.ts';
import { plainRecord } from './record-row.ts';
import { maxColumns } from './record-search.ts';

/** So many of the records that are seen are looked through for their fields. */
const sampledRecords = 50;

/** Chooses fields of the payload that get a column of their own. */
export function ColumnsMenu(props: {
  readonly columns: readonly string[];
  /** Those that are seen now: their fields are offered. */
  readonly records: () => readonly ConsumedRecord[];
  readonly onChange: (columns: readonly string[]) => void;
}) {
  const [fields, setFields] = useState<readonly string[]>([]);
  const offer = (isOpen: boolean) => {
    if (!isOpen) return;
    const sample = props.records().slice(0, sampledRecords).map(plainRecord);
    decodeElsewhere('fields', sample)
      .then(setFields)
      .catch(() => setFields([]));
  };
  const count = props.columns.length;
  return (
    <Popover.Root onOpenChange={offer}>
      <Popover.Trigger className={buttonClasses('secondary')}>
        Columns{count === 0 ? '' : ` (${count})`}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="end" className="z-50">
          <Popover.Popup className="flex max-h-[60dvh] w-72 flex-col gap-3 overflow-y-auto rounded-md border border-line bg-surface p-3 text-sm shadow-lg">
            <Popover.Title className="font-medium">Columns of the payload</Popover.Title>
            <FieldList {...props} fields={[...new Set([...props.columns, ...fields])]} />
            <NewColumn {...props} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function FieldList({
  fields,
  columns,
  onChange,
}: {
  readonly fields: readonly string[];
  readonly columns: readonly string[];
  readonly onChange: (columns: readonly string[]) => void;
}) {
  if (fields.length === 0) return <p className="text-muted">The records that are shown have no fields.</p>;
  return (
    <ul className="flex flex-col gap-1">
      {fields.map((field) => {
        const isChosen = columns.includes(field);
        return (
          <li key={field}>
            <label className="flex min-w-0 items-center gap-2">
              <input
                type="checkbox"
                className="accent-accent"
                checked={isChosen}
                disabled={!isChosen && columns.length >= maxColumns}
                onChange={() => onChange(isChosen ? columns.filter((it) => it !== field) : [...columns, field])}
              />
              <span className="truncate font-mono text-xs">{field}</span>
            </label>
          </li>
        );
      })}
    </ul>
  );
}

function NewColumn({
  columns,
  onChange,
}: {
  readonly columns: readonly string[];
  readonly onChange: (columns: readonly string[]) => void;
}) {
  const [text, setText] = useState('');
  const field = parseField(text.trim());
  const isNew = field.ok && !columns.includes(text.trim()) && columns.length < maxColumns;
  return (
    <form
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isNew) return;
        onChange([...columns, text.trim()]);
        setText('');
      }}
    >
      <div className="flex-1">
        <TextField
          label="Another field"
          className="font-mono"
          placeholder="value.customer.id"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </div>
      <Button type="submit" disabled={!isNew}>
        Add
      </Button>
    </form>
  );
}
