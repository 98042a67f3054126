import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react';
import { classNames } from './class-names.ts';

const control =
  'w-full rounded-md border border-line bg-surface px-2.5 text-sm text-ink placeholder:text-muted aria-invalid:border-danger';

type Labelled = {
  readonly label: string;
  /** Hides the label from sight, where the place says what the field is. */
  readonly isLabelHidden?: boolean;
  /** What to write, or what the value does. */
  readonly hint?: ReactNode;
  /** What is wrong with the value; takes the hint's place. */
  readonly problem?: string | null;
};

function Frame({
  id,
  label,
  isLabelHidden = false,
  hint,
  problem,
  children,
}: Labelled & { readonly id: string; readonly children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className={isLabelHidden ? 'sr-only' : 'text-sm font-medium'}>
        {label}
      </label>
      {children}
      {problem ? (
        <p id={`${id}-note`} className="text-xs text-danger" role="alert">
          {problem}
        </p>
      ) : hint === undefined ? null : (
        <p id={`${id}-note`} className="text-xs text-muted">
          {hint}
        </p>
      )}
    </div>
  );
}

function describedBy(id: string, { hint, problem }: Labelled) {
  return {
    'aria-invalid': problem ? true : undefined,
    'aria-describedby': problem || hint !== undefined ? `${id}-note` : undefined,
  };
}

function split<Props extends Labelled>(props: Props): [Labelled, Omit<Props, keyof Labelled>] {
  const { label, isLabelHidden, hint, problem, ...rest } = props;
  return [{ label, isLabelHidden, hint, problem }, rest];
}

export function TextField(props: Labelled & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const [labelled, { className, ...rest }] = split(props);
  return (
    <Frame id={id} {...labelled}>
      <input id={id} className={classNames(control, 'h-8', className)} {...describedBy(id, labelled)} {...rest} />
    </Frame>
  );
}

/** A file of the reader's own machine. */
export function FileField(props: Labelled & { readonly onChoose: (file: File | null) => void }) {
  const id = useId();
  const [labelled, { onChoose }] = split(props);
  return (
    <Frame id={id} {...labelled}>
      <input
        id={id}
        type="file"
        className={classNames(control, 'h-8 file:mr-3 file:h-full file:border-0 file:bg-transparent file:font-medium')}
        {...describedBy(id, labelled)}
        onChange={({ target }) => onChoose(target.files?.[0] ?? null)}
      />
    </Frame>
  );
}

export function TextArea(props: Labelled & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  const [labelled, { className, ...rest }] = split(props);
  return (
    <Frame id={id} {...labelled}>
      <textarea
        id={id}
        className={classNames(control, 'py-1.5 font-mono', className)}
        spellCheck={false}
        {...describedBy(id, labelled)}
        {...rest}
      />
    </Frame>
  );
}

export type Choice = { readonly value: string; readonly label: string };

export function SelectField(
  props: Labelled & SelectHTMLAttributes<HTMLSelectElement> & { readonly choices: readonly Choice[] },
) {
  const id = useId();
  const [labelled, { className, choices, ...rest }] = split(props);
  return (
    <Frame id={id} {...labelled}>
      <select id={id} className={classNames(control, 'h-8 pr-7', className)} {...describedBy(id, labelled)} {...rest}>
        {choices.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </Frame>
  );
}
