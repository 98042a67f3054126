import { type KeyboardEvent, lazy, type ReactNode, Suspense, useState } from 'react';
import { formatTimestamp, useZone, type Zone, zoneName } from '../lib/zone.ts';
import { classNames } from '../ui/class-names.ts';
import type { ChartData, ChartLine } from './chart-data.ts';
import { ChartTable } from './chart-table.tsx';

/** The library that draws is loaded with the first chart, and not before. Where it does not work there is the table. */
const Plot = lazy(() =>
  import('./plot.tsx').then(({ Plot: drawn }) => ({ default: drawn })).catch(() => ({ default: NoPlot })),
);

function NoPlot() {
  return (
    <p className="absolute inset-0 grid place-items-center text-sm text-muted">
      This browser could not load what draws charts; the table has the same.
    </p>
  );
}

export type ChartProps = {
  readonly title: string;
  /** Undefined until it is there: the chart's place is kept. */
  readonly data: ChartData | undefined;
  readonly format: (value: number) => string;
  readonly increments?: readonly number[];
};

/**
 * A chart with the values under its crosshair, which the arrow keys move too; what it shows is a table for who prefers
 * one. It is as high in every state, so nothing moves.
 */
export function Chart({ title, data, format, increments }: ChartProps) {
  const [isTable, setTable] = useState(false);
  const [point, setPoint] = useState<number | null>(null);
  const shownPoint = data === undefined ? null : (point ?? lastKnown(data));
  return (
    <figure className="flex min-w-0 flex-col gap-2 rounded-lg border border-line bg-surface p-4">
      <figcaption className="flex items-center justify-between gap-2">
        <h3 className="truncate text-sm font-medium">{title}</h3>
        <PointTime atMs={point === null ? undefined : data?.timesMs[point]} />
        <button
          type="button"
          aria-pressed={isTable}
          aria-label={`${title} as a table`}
          onClick={() => setTable(!isTable)}
          className="rounded px-1.5 text-xs text-muted hover:bg-sunken hover:text-ink"
        >
          {isTable ? 'Chart' : 'Table'}
        </button>
      </figcaption>
      <Readout data={data} point={shownPoint} isLatest={point === null} format={format} />
      <div className="relative h-44">
        {data !== undefined && isTable ? <ChartTable title={title} data={data} format={format} /> : null}
        {data !== undefined && !isTable ? (
          <Crosshair title={title} data={data} point={shownPoint} onPoint={setPoint} format={format}>
            <Suspense fallback={null}>
              <Plot data={data} format={format} increments={increments} point={point} onPoint={setPoint} />
            </Suspense>
            {lastKnown(data) === null ? (
              <p className="absolute inset-0 grid place-items-center text-sm text-muted">Nothing in this time</p>
            ) : null}
          </Crosshair>
        ) : null}
      </div>
    </figure>
  );
}

type Pointed = Pick<ChartProps, 'title' | 'format'> & {
  readonly data: ChartData;
  readonly point: number | null;
};

/** Takes the arrow keys: a point in time is chosen as on a slider, and said as one. */
function Crosshair({
  title,
  data,
  point,
  format,
  onPoint,
  children,
}: Pointed & { readonly onPoint: (point: number | null) => void; readonly children: ReactNode }) {
  const zone = useZone();
  const last = data.timesMs.length - 1;
  const at = point ?? last;
  const press = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last };
    const next = steps[event.key];
    if (event.key === 'Escape') onPoint(null);
    if (next === undefined) return;
    event.preventDefault();
    onPoint(Math.min(Math.max(next, 0), last));
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={`${title}: point in time`}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, last)}
      aria-valuenow={Math.max(0, at)}
      aria-valuetext={pointText(data, at, zone, format)}
      onKeyDown={press}
      onBlur={() => onPoint(null)}
      className="absolute inset-0"
    >
      {children}
    </div>
  );
}

/** When the point under the crosshair was. */
function PointTime({ atMs }: { readonly atMs: number | undefined }) {
  const zone = useZone();
  return (
    <span className="tabular ml-auto text-xs whitespace-nowrap text-muted">
      {atMs === undefined ? null : timeText(atMs, zone)}
    </span>
  );
}

/** What the lines are at a point. */
function Readout(props: Omit<Pointed, 'title' | 'data'> & Pick<ChartProps, 'data'> & { readonly isLatest: boolean }) {
  const { data, point, isLatest, format } = props;
  return (
    <p className="tabular flex h-5 items-center gap-x-4 overflow-hidden text-xs whitespace-nowrap text-muted">
      {data === undefined || point === null
        ? null
        : data.lines.map((line, index) =>
            line.isForecast && isLatest ? null : (
              <span key={line.label} className="flex items-center gap-1.5">
                <span aria-hidden="true" className={classNames('w-3 border-t-2', markerClass(line, index))} />
                {data.lines.length > 1 ? line.label : null}
                <span className="font-medium text-ink">{valueText(line, point, format)}</span>
              </span>
            ),
          )}
    </p>
  );
}

const markerClass = ({ isForecast }: ChartLine, index: number) =>
  isForecast ? 'border-dotted border-accent' : index === 0 ? 'border-accent' : 'border-info';

/** The last point of which something is known that has happened; null for a chart of nothing. */
function lastKnown({ timesMs, lines }: ChartData): number | null {
  const found = timesMs.findLastIndex((_, index) =>
    lines.some(({ values, isForecast }) => !isForecast && (values[index] ?? null) !== null),
  );
  return found < 0 ? null : found;
}

function valueText({ values }: ChartLine, point: number, format: (value: number) => string): string {
  const value = values[point] ?? null;
  return value === null ? '–' : format(value);
}

function timeText(ms: number, zone: Zone): string {
  return formatTimestamp(ms, zone).slice(5, 16);
}

function pointText(data: ChartData, point: number, zone: Zone, format: (value: number) => string): string {
  const values = data.lines.map((line) => `${line.label} ${valueText(line, point, format)}`);
  return `${timeText(data.timesMs[point] ?? data.toMs, zone)} ${zoneName(zone)}: ${values.join(', ')}`;
}
