import { type TimeRangeName, timeRanges, usualRange } from './time-range.ts';

/** Chooses the time that the charts of a page show; the page keeps it in its address. */
export function RangeChooser({
  chosen,
  onChoose,
}: {
  readonly chosen: TimeRangeName | undefined;
  readonly onChoose: (range: TimeRangeName) => void;
}) {
  return (
    <fieldset className="flex min-w-0 flex-wrap rounded-md border border-line bg-surface p-0.5">
      <legend className="sr-only">Time shown</legend>
      {timeRanges.map(({ name, label }) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === (chosen ?? usualRange.name)}
          onClick={() => onChoose(name)}
          className="h-7 rounded px-1.5 text-sm sm:px-2 whitespace-nowrap text-muted hover:text-ink aria-pressed:bg-selected aria-pressed:font-medium aria-pressed:text-ink"
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}
