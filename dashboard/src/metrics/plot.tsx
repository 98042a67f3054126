import { useEffect, useEffectEvent, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatTimestamp, useZone, type Zone } from '../lib/zone.ts';
import { useShownTheme } from '../shell/theme.ts';
import type { ChartData } from './chart-data.ts';

/** Lines by their place: of both themes, and told apart without colour by their markers' labels. */
export const lineColors = ['--accent', '--info'] as const;

const axisFont = '11px ui-sans-serif, system-ui, sans-serif';
const dayS = 86_400;
const pointsShownMax = 20;

export type PlotProps = {
  readonly data: ChartData;
  readonly format: (value: number) => string;
  /** Steps of the scale, where tens are none, as with durations. */
  readonly increments?: readonly number[] | undefined;
  /** The point under the crosshair; null for none. */
  readonly point: number | null;
  readonly onPoint: (point: number | null) => void;
};

/** A picture of lines over time. It fills what it stands in, and every chart of a page has the crosshair at one time. */
export function Plot({ data, format, increments, point, onPoint }: PlotProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = useShownTheme();
  const zone = useZone();
  const shape = data.lines.map(({ label }) => label).join('\n');
  const told = useEffectEvent((index: number | null) => onPoint(index));
  const shown = useEffectEvent(() => data);
  const make = useEffectEvent((within: HTMLElement) => {
    const { width, height } = within.getBoundingClientRect();
    const options = optionsOf({ data, format, increments, zone, shown, told });
    return new uPlot({ ...options, width, height }, alignedOf(data), within);
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme, zone or set of lines needs another picture.
  useEffect(() => {
    const within = frame.current;
    if (within === null) return;
    const made = make(within);
    plot.current = made;
    const resized = new ResizeObserver(() => {
      const { width, height } = within.getBoundingClientRect();
      if (width > 0) made.setSize({ width, height });
    });
    resized.observe(within);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [theme, zone, shape]);
  useEffect(() => {
    plot.current?.setData(alignedOf(data));
  }, [data]);
  useEffect(() => {
    const drawn = plot.current;
    if (drawn === null || (drawn.cursor.idx ?? null) === point) return;
    const at = point === null ? undefined : data.timesMs[point];
    const left = at === undefined ? -10 : drawn.valToPos(at / 1_000, 'x');
    drawn.setCursor({ left, top: at === undefined ? -10 : 0 });
  }, [point, data]);
  return <div ref={frame} className="absolute inset-0 overflow-hidden" />;
}

function alignedOf({ timesMs, lines }: ChartData): uPlot.AlignedData {
  return [timesMs.map((ms) => ms / 1_000), ...lines.map(({ values }) => [...values])];
}

type Drawn = Pick<PlotProps, 'data' | 'format' | 'increments'> & {
  readonly zone: Zone;
  readonly shown: () => ChartData;
  readonly told: (point: number | null) => void;
};

function optionsOf({ data, format, increments, zone, shown, told }: Drawn): Omit<uPlot.Options, 'width' | 'height'> {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color('--muted'),
    font: axisFont,
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    legend: { show: false },
    padding: [8, 12, 0, 0],
    tzDate: (seconds) =>
      zone === 'utc' ? uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC') : new Date(seconds * 1_000),
    cursor: {
      y: false,
      drag: { x: false, y: false, setScale: false },
      points: { size: 7 },
      sync: { key: 'millrace' },
    },
    hooks: { setCursor: [({ cursor }) => told(cursor.idx ?? null)] },
    scales: {
      x: { time: true, range: () => [shown().fromMs / 1_000, shown().toMs / 1_000] },
      y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.08 : 1] },
    },
    axes: [
      { ...axis, size: 22, space: 64, values: (_plot, splits, _axis, _space, step) => timeLabels(splits, step, zone) },
      {
        ...axis,
        size: 64,
        space: 32,
        values: (_plot, splits) => differentLabels(splits.map(format)),
        ...(increments && { incrs: [...increments] }),
      },
    ],
    series: [
      {},
      ...data.lines.map(({ label, isForecast }, index): uPlot.Series => {
        const stroke = color(lineColors[isForecast ? 0 : index % lineColors.length]!);
        return {
          label,
          stroke,
          width: 1.75,
          ...(isForecast
            ? { dash: [5, 5], points: { show: false } }
            : { fill: `${stroke}1f`, points: { show: true, size: 5, filter: pointsShown } }),
        };
      }),
    ],
  };
}

/** Hours and minutes; the day where one begins, and where steps are days. */
function timeLabels(splits: readonly number[], stepS: number, zone: Zone): string[] {
  return splits.map((seconds) => {
    const text = formatTimestamp(seconds * 1_000, zone);
    const time = text.slice(11, 16);
    return stepS >= dayS || time === '00:00' ? text.slice(5, 10) : time;
  });
}

/** Few points are all shown; of many those that no line leads to or from. */
function pointsShown(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  const known = Array.from(values.keys()).filter((index) => values[index] != null);
  if (known.length <= pointsShownMax) return known;
  return known.filter((index) => values[index - 1] == null && values[index + 1] == null);
}

/** Where the scale is finer than its labels, each is said once. */
function differentLabels(labels: readonly string[]): string[] {
  return labels.map((label, index) => (labels[index - 1] === label ? '' : label));
}
