import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

export type Tone = 'neutral' | 'ok' | 'warn' | 'danger' | 'info';

const tones: Readonly<Record<Tone, string>> = {
  neutral: 'border-line text-muted',
  ok: 'border-ok text-ok',
  warn: 'border-warn text-warn',
  danger: 'border-danger text-danger',
  info: 'border-info text-info',
};

const marks: Readonly<Record<Tone, string>> = { neutral: '○', ok: '●', warn: '▲', danger: '■', info: '◆' };

/** A state in a word; the mark before it says the same to who sees no colour. */
export function Badge({ tone = 'neutral', children }: { readonly tone?: Tone; readonly children: ReactNode }) {
  return (
    <span
      className={classNames(
        'inline-flex items-center gap-1 rounded-full border px-2 py-0.5 text-xs font-medium',
        tones[tone],
      )}
    >
      <span aria-hidden="true" className="text-[0.6rem]">
        {marks[tone]}
      </span>
      {children}
    </span>
  );
}
