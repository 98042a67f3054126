import type { UsageRow } from '../../../src/client/index.ts';
import { amountOf, type Measure } from './measures.ts';

/** More bars than this are no picture any more: the table below has all of them. */
const barsMax = 31;

const colours = ['bg-accent', 'bg-info'] as const;

type BarsProps = {
  readonly measure: Measure;
  readonly rows: readonly UsageRow[];
  readonly nameOf: (row: UsageRow) => string;
};

/** The largest first, with their figures beside them, so that nothing has to be read off a scale. */
export function UsageBars({ measure, rows, nameOf }: BarsProps) {
  const sorted = rows.toSorted((one, other) => amountOf(measure, other) - amountOf(measure, one));
  const shown = sorted.slice(0, barsMax);
  const most = Math.max(...shown.map((row) => amountOf(measure, row)));
  return (
    <div className="flex flex-col gap-2">
      <Legend measure={measure} />
      <ul className="grid grid-cols-[auto_1fr_auto] items-center gap-x-3 gap-y-1 text-sm">
        {shown.map((row) => (
          <li key={row.name} className="contents">
            <span className="max-w-32 truncate sm:max-w-56" title={nameOf(row)}>
              {nameOf(row)}
            </span>
            <span className="flex h-4 overflow-hidden rounded-sm bg-sunken">
              {measure.parts.map((part, index) =>
                part === undefined ? null : (
                  <span
                    key={part.label}
                    className={colours[index]}
                    style={{ width: share(part.amountOf(row), most) }}
                    title={`${part.label}: ${measure.format(part.amountOf(row))}`}
                  />
                ),
              )}
            </span>
            <span className="tabular text-right">{measure.format(amountOf(measure, row))}</span>
          </li>
        ))}
      </ul>
      {rows.length > shown.length ? (
        <p className="text-sm text-muted">The largest {barsMax}; the table has all of them.</p>
      ) : null}
    </div>
  );
}

/** A column a day, from the left. The table below says the same in figures. */
export function UsageColumns({ measure, rows }: Omit<BarsProps, 'nameOf'>) {
  const most = Math.max(...rows.map((row) => amountOf(measure, row)));
  const total = rows.reduce((sum, row) => sum + amountOf(measure, row), 0);
  const [first, last] = [rows[0]?.name, rows.at(-1)?.name];
  const words = `${measure.label} by day from ${first} to ${last}: ${measure.format(total)} in all, ${measure.format(most)} on the busiest day`;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <Legend measure={measure} />
        <span className="tabular ml-auto text-xs text-muted">{measure.format(most)} on the busiest day</span>
      </div>
      <div
        role="img"
        aria-label={words}
        className="flex h-40 items-end gap-px rounded-md border border-line bg-surface px-2 pt-2 sm:gap-1"
      >
        {rows.map((row) => (
          <div
            key={row.name}
            className="flex h-full min-w-0 flex-1 flex-col-reverse hover:bg-sunken"
            title={`${row.name}: ${measure.format(amountOf(measure, row))}`}
          >
            {measure.parts.map((part, index) =>
              part === undefined ? null : (
                <div key={part.label} className={colours[index]} style={{ height: share(part.amountOf(row), most) }} />
              ),
            )}
          </div>
        ))}
      </div>
      <div className="tabular flex justify-between px-2 text-xs text-muted" aria-hidden="true">
        <span>{first}</span>
        {rows.length > 1 ? <span>{last}</span> : null}
      </div>
    </div>
  );
}

/** What the colours are; with one there is nothing to tell apart. */
function Legend({ measure: { parts } }: { readonly measure: Measure }) {
  if (parts[1] === undefined) return null;
  return (
    <p className="flex gap-4 text-xs text-muted">
      {parts.map((part, index) =>
        part === undefined ? null : (
          <span key={part.label} className="inline-flex items-center gap-1.5">
            <span aria-hidden="true" className={`size-2.5 rounded-sm ${colours[index]}`} />
            {part.label}
          </span>
        ),
      )}
    </p>
  );
}

/** What is there at all can be seen. */
const share = (amount: number, most: number) => (amount === 0 ? '0' : `${Math.max(0.5, (amount / most) * 100)}%`);
