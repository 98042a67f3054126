import { type ReactNode, useId, useRef, useState } from 'react';
import { parseFilter } from '../../../src/filter/filter-parser.ts';
import { Button } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';

/** What is wrong with a filter, and where in it. */
export type FilterMistake = { readonly at: number; readonly message: string };

export function mistakeIn(where: string): FilterMistake | null {
  if (where.trim() === '') return null;
  const parsed = parseFilter(where);
  if (parsed.ok) return null;
  const character = Number(parsed.error.detail?.character ?? 1);
  return { at: character - 1, message: parsed.error.message };
}

const hint =
  'value.path, key, header["name"], partition, offset, timestamp >= -15m; contains, in, exists, tombstone; && || !';

/** Where the mark of a mistake ends: with the word that begins there. */
function endOfMistake(text: string, at: number): number {
  return at + (/^(?:[\p{L}\p{N}_$-]+|.)/u.exec(text.slice(at))?.[0].length ?? 0);
}

/**
 * Takes a filter, which holds when Enter is pressed. What cannot be read is underlined where it goes wrong while one
 * writes, by a copy of the text that lies under the field and scrolls with it.
 */
export function FilterField(props: {
  readonly where: string;
  readonly onChange: (where: string) => void;
  /** What stands beside the field. */
  readonly children?: ReactNode;
}) {
  const id = useId();
  const [text, setText] = useState(props.where);
  const mistake = mistakeIn(text);
  const isApplied = text.trim() === props.where;
  return (
    <form
      className="flex min-w-0 flex-col gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        if (mistake === null) props.onChange(text.trim());
      }}
    >
      <label htmlFor={id} className="text-sm font-medium">
        Filter
      </label>
      <div className="flex flex-wrap items-start gap-2">
        <MarkedInput id={id} text={text} mistakeAt={mistake?.at ?? null} onChange={setText} />
        <Button type="submit" kind={isApplied ? 'secondary' : 'primary'} disabled={mistake !== null || isApplied}>
          Apply filter
        </Button>
        {props.where === '' ? null : (
          <Button
            kind="quiet"
            onClick={() => {
              setText('');
              props.onChange('');
            }}
          >
            Clear
          </Button>
        )}
        {props.children}
      </div>
      <p
        id={`${id}-note`}
        className={classNames('text-xs', mistake === null ? 'text-muted' : 'text-danger')}
        role={mistake === null ? undefined : 'alert'}
      >
        {mistake === null ? hint : mistake.message}
      </p>
    </form>
  );
}

function MarkedInput(props: {
  readonly id: string;
  readonly text: string;
  readonly mistakeAt: number | null;
  readonly onChange: (text: string) => void;
}) {
  const { id, text, mistakeAt } = props;
  const copy = useRef<HTMLDivElement>(null);
  return (
    <div className="relative min-w-60 flex-1 rounded-md bg-surface">
      <div
        ref={copy}
        aria-hidden="true"
        className="pointer-events-none absolute inset-0 overflow-hidden border border-transparent px-2.5 font-mono text-sm leading-8 whitespace-pre text-transparent"
      >
        {mistakeAt === null ? null : <MarkedMistake text={text} at={mistakeAt} />}
      </div>
      <input
        id={id}
        data-filter
        value={text}
        onChange={({ target }) => props.onChange(target.value)}
        onScroll={({ currentTarget }) => {
          if (copy.current !== null) copy.current.scrollLeft = currentTarget.scrollLeft;
        }}
        placeholder={'value.total > 100 && key startsWith "user-"'}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        aria-invalid={mistakeAt === null ? undefined : true}
        aria-describedby={`${id}-note`}
        className={classNames(
          'h-8 w-full rounded-md border border-line bg-transparent px-2.5 font-mono text-sm text-ink placeholder:text-muted',
          mistakeAt !== null && 'border-danger',
        )}
      />
    </div>
  );
}

function MarkedMistake({ text, at }: { readonly text: string; readonly at: number }) {
  const end = endOfMistake(text, at);
  return (
    <>
      {text.slice(0, at)}
      <mark
        data-mistake
        className="bg-transparent text-transparent underline decoration-danger decoration-wavy underline-offset-2"
      >
        {end > at ? text.slice(at, end) : '\u00a0'}
      </mark>
      {text.slice(end)}
    </>
  );
}
