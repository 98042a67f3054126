const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Times that charts show until now, each with how wide its points are: 15 to 288 of them. */
export const timeRanges = [
  { name: '15m', label: '15 min', lengthMs: 15 * minuteMs, stepMs: 60_000 },
  { name: '1h', label: '1 h', lengthMs: hourMs, stepMs: 60_000 },
  { name: '6h', label: '6 h', lengthMs: 6 * hourMs, stepMs: 300_000 },
  { name: '1d', label: '1 d', lengthMs: dayMs, stepMs: 300_000 },
  { name: '7d', label: '7 d', lengthMs: 7 * dayMs, stepMs: 3_600_000 },
  { name: '30d', label: '30 d', lengthMs: 30 * dayMs, stepMs: 86_400_000 },
] as const;

export type TimeRange = (typeof timeRanges)[number];
export type TimeRangeName = TimeRange['name'];

/** The range that a page shows when its address says nothing, and the one that trends look at. */
export const usualRange = timeRanges[1];

/** The range that an address names, as it stands there: nothing for the usual one and for what is none. */
export function rangeInAddress(given: unknown): TimeRangeName | undefined {
  const range = timeRanges.find(({ name }) => name === given);
  return range === usualRange ? undefined : range?.name;
}

export function rangeNamed(name: TimeRangeName | undefined): TimeRange {
  return timeRanges.find((range) => range.name === name) ?? usualRange;
}
