import { type ReactNode, useEffect } from 'react';

/** A page's frame: what it is, what can be done here, and its content. */
export function Page(props: {
  readonly title: string;
  /** Under the title: facts about what is shown. */
  readonly facts?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${props.title} · Millrace`;
  }, [props.title]);
  return (
    <div className="flex min-w-0 flex-col gap-5">
      <header className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h1 className="truncate text-xl font-semibold">{props.title}</h1>
          {props.facts === undefined ? null : (
            <div className="mt-1 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-muted">{props.facts}</div>
          )}
        </div>
        {props.actions === undefined ? null : <div className="flex flex-wrap gap-2">{props.actions}</div>}
      </header>
      {props.children}
    </div>
  );
}

/** A part of a page under a heading of its own. */
export function Section(props: { readonly title: string; readonly actions?: ReactNode; readonly children: ReactNode }) {
  return (
    <section className="flex min-w-0 flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 className="text-base font-semibold">{props.title}</h2>
        {props.actions}
      </div>
      {props.children}
    </section>
  );
}

/** A figure with its name, for the top of a page. */
export function Figure({
  name,
  value,
  note,
}: {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
}) {
  return (
    <div className="min-w-0 rounded-lg border border-line bg-surface p-4">
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="tabular mt-1 truncate text-2xl font-semibold">{value}</dd>
      {note === undefined ? null : <dd className="mt-1 text-xs text-muted">{note}</dd>}
    </div>
  );
}
