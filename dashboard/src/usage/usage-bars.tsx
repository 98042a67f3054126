import type { UsageRow } from '../../../src/client/index.ts';
import { formatBytes } from '../lib/format.ts';

/** More bars than this are no picture any more: the table below has all of them. */
const barsMax = 31;

/** Bytes in as bars with their figures beside them, so that nothing has to be read off a scale. */
export function UsageBars({ rows }: { readonly rows: readonly UsageRow[] }) {
  const shown = rows.slice(0, barsMax);
  const most = Math.max(1, ...shown.map((row) => row.bytes_in));
  return (
    <ul className="grid grid-cols-[auto_1fr_auto] items-center gap-x-3 gap-y-1 text-sm">
      {shown.map((row) => (
        <li key={row.name} className="contents">
          <span className="max-w-48 truncate">{usageName(row)}</span>
          <span className="h-4 rounded-sm bg-sunken">
            <span className="block h-full rounded-sm bg-accent" style={{ width: `${(row.bytes_in / most) * 100}%` }} />
          </span>
          <span className="tabular text-right">{formatBytes(row.bytes_in)}</span>
        </li>
      ))}
    </ul>
  );
}

/** An empty name is of nobody in particular, a star is of many. */
export function usageName({ name }: UsageRow): string {
  if (name === '') return 'of none';
  return name === '*' ? 'the rest' : name;
}
