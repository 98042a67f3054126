import { Timestamp } from '../ui/timestamp.tsx';
import type { ChartData } from './chart-data.ts';

/** What a chart shows, as rows, the newest first; it scrolls in the chart's place. */
export function ChartTable({
  title,
  data,
  format,
}: {
  readonly title: string;
  readonly data: ChartData;
  readonly format: (value: number) => string;
}) {
  const rows = data.timesMs
    .map((atMs, index) => ({ atMs, values: data.lines.map(({ values }) => values[index] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== null))
    .reverse();
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
      tabIndex={0}
      aria-label={title}
      className="absolute inset-0 overflow-auto rounded-md border border-line text-xs"
    >
      <table className="w-full border-collapse">
        <caption className="sr-only">{title}</caption>
        <thead className="sticky top-0 bg-sunken text-left text-muted">
          <tr>
            <th scope="col" className="px-3 py-1 font-medium">
              From
            </th>
            {data.lines.map(({ label }) => (
              <th key={label} scope="col" className="px-3 py-1 text-right font-medium">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ atMs, values }) => (
            <tr key={atMs} className="border-t border-line">
              <td className="px-3 py-1">
                <Timestamp ms={atMs} />
              </td>
              {data.lines.map(({ label }, index) => (
                <td key={label} className="tabular px-3 py-1 text-right">
                  {values[index] == null ? '–' : format(values[index])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
