import type { Usage, UsageRow } from '../../../src/client/index.ts';

/** Everything that is counted of each row, with the names of the API: for spreadsheets, so nothing is rounded. */
export function usageCsv({ by, usage, total }: Usage, nameOf: (row: UsageRow) => string): string {
  const counters = Object.keys(total) as (keyof Usage['total'])[];
  const isNamed = by === 'key';
  const head = [by, ...(isNamed ? ['label'] : []), ...counters];
  const lines = usage.map((row) => [
    cell(row.name),
    ...(isNamed ? [cell(nameOf(row))] : []),
    ...counters.map((counter) => String(row[counter])),
  ]);
  return [head, ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

/** RFC 4180; what a spreadsheet would take for a formula is made text. */
function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
