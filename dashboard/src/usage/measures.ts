import type { UsageRow } from '../../../src/client/index.ts';
import { formatBytes, formatCount, formatDollars } from '../lib/format.ts';

/** A part of a bar: what came in and what went out stand in one. */
export type MeasurePart = { readonly label: string; readonly amountOf: (row: UsageRow) => number };

/** Whole minutes, and seconds of what is less. */
export function formatMinutes(minutes: number): string {
  return minutes < 1 ? `${Math.round(minutes * 60)} s` : `${formatCount(Math.round(minutes))} min`;
}

/** What the bars show. */
export type Measure = {
  readonly value: string;
  readonly label: string;
  readonly parts: readonly [MeasurePart, MeasurePart?];
  readonly format: (amount: number) => string;
};

/** Bytes kept are counted times hours; a day of them is what people compare. */
const hoursPerDay = 24;

export const localByteDays = (row: UsageRow): number => row.stored_byte_hours / hoursPerDay;
export const remoteByteDays = (row: UsageRow): number => row.r2_byte_hours / hoursPerDay;

const only = (label: string, amountOf: MeasurePart['amountOf']): Measure['parts'] => [{ label, amountOf }];

export const measures: readonly [Measure, ...Measure[]] = [
  {
    value: 'bytes',
    label: 'Bytes in and out',
    parts: [
      { label: 'in', amountOf: (row) => row.bytes_in },
      { label: 'out', amountOf: (row) => row.bytes_out },
    ],
    format: formatBytes,
  },
  { value: 'dollars', label: 'Dollars', parts: only('dollars', (row) => row.dollars), format: formatDollars },
  {
    value: 'records',
    label: 'Records in and out',
    parts: [
      { label: 'in', amountOf: (row) => row.records_in },
      { label: 'out', amountOf: (row) => row.records_out },
    ],
    format: formatCount,
  },
  { value: 'requests', label: 'Requests', parts: only('requests', (row) => row.requests), format: formatCount },
  {
    value: 'minutes',
    label: 'Minutes of connections',
    parts: only('minutes', (row) => row.connection_minutes),
    format: formatMinutes,
  },
  {
    value: 'kept',
    label: 'Bytes kept, times days',
    parts: [
      { label: 'here', amountOf: localByteDays },
      { label: 'in R2', amountOf: remoteByteDays },
    ],
    format: formatBytes,
  },
];

/** The measure of an address; the first where it names none. */
export function measureOf(value: string): Measure {
  return measures.find((measure) => measure.value === value) ?? measures[0];
}

export function amountOf({ parts }: Measure, row: UsageRow): number {
  return parts.reduce((sum, part) => sum + (part?.amountOf(row) ?? 0), 0);
}
