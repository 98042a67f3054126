import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { classNames } from './class-names.ts';

export type ButtonKind = 'primary' | 'secondary' | 'quiet' | 'danger';

const kinds: Readonly<Record<ButtonKind, string>> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover disabled:opacity-60',
  secondary: 'border border-line bg-surface text-ink hover:bg-sunken disabled:text-muted',
  quiet: 'text-muted hover:bg-sunken hover:text-ink disabled:opacity-60',
  danger: 'bg-danger text-on-danger hover:opacity-90 disabled:opacity-60',
};

/** The look of a button, for links that stand beside buttons. */
export function buttonClasses(kind: ButtonKind = 'secondary'): string {
  return classNames(
    'inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-md px-3 text-sm font-medium whitespace-nowrap transition-colors',
    kinds[kind],
  );
}

export type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly kind?: ButtonKind;
  /** Says instead of the label that the action is under way; the button then takes no click. */
  readonly busyLabel?: string | null;
  readonly children: ReactNode;
};

export function Button({ kind = 'secondary', busyLabel = null, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={classNames(buttonClasses(kind), className)}
      disabled={disabled === true || busyLabel !== null}
      aria-busy={busyLabel !== null}
      {...rest}
    >
      {busyLabel ?? children}
    </button>
  );
}
