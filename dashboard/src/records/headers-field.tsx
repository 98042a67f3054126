import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';

export type HeaderText = { readonly name: string; readonly value: string };

/** Headers of a record as rows of name and value; a row without a name is not sent. */
export function HeadersField({
  headers,
  onChange,
}: {
  readonly headers: readonly HeaderText[];
  readonly onChange: (headers: readonly HeaderText[]) => void;
}) {
  const changeAt = (index: number, changed: Partial<HeaderText>) =>
    onChange(headers.map((header, at) => (at === index ? { ...header, ...changed } : header)));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="text-sm font-medium">Headers</legend>
      {headers.map((header, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a header's place is what it is; names may repeat.
        <div key={index} className="grid grid-cols-[1fr_1fr_auto] items-end gap-2">
          <TextField
            label={`Name of header ${index + 1}`}
            isLabelHidden
            placeholder="name"
            value={header.name}
            onChange={(event) => changeAt(index, { name: event.target.value })}
          />
          <TextField
            label={`Value of header ${index + 1}`}
            isLabelHidden
            placeholder="value"
            value={header.value}
            onChange={(event) => changeAt(index, { value: event.target.value })}
          />
          <Button
            kind="quiet"
            aria-label={`Remove header ${index + 1}`}
            onClick={() => onChange(headers.filter((_, at) => at !== index))}
          >
            Remove
          </Button>
        </div>
      ))}
      <Button className="self-start" onClick={() => onChange([...headers, { name: '', value: '' }])}>
        Add header
      </Button>
    </fieldset>
  );
}
