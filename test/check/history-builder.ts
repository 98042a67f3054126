import type { AnomalyKind } from '../../src/check/anomaly.ts';
import { checkHistory } from '../../src/check/history-checker.ts';

export type Line = (string | number | null | readonly (readonly (number | string)[])[])[];

/**
 * A history without a fault: two producers and a reader on two partitions, one of which lost its first records to
 * retention, and everything read once more at the end.
 */
export function soundHistory(): Line[] {
  const lines: Line[] = [];
  let at = 0;
  const records: Record<string, [number, number][]> = { 'a/0': [], 'a/1': [] };
  for (let value = 1; value <= 40; value += 1) {
    const key = value % 2 === 0 ? 'a/0' : 'a/1';
    const offset = records[key]!.length;
    records[key]!.push([offset, value]);
    lines.push(['s', `producer-${value % 2}`, at, at + 5, 0, key, offset, value, null, 'ordered']);
    lines.push(['t', 'reader', at + 6, at + 7, 0, key, offset + 1]);
    lines.push(['p', 'reader', at + 6, at + 7, 0, key, offset, [[offset, value]], offset + 1, 0, 0]);
    at += 10;
  }
  lines.push(['f', at, 'crash', 'partition a/0']);
  lines.push(['s', 'unsure', at, at + 5, 2, null, null, 100, null]);
  lines.push(['s', 'refused', at, at + 5, 1, null, null, 101, null]);
  lines.push(['k', 'unsure', at + 6]);
  lines.push(['b', at, 'a/1', 5]);
  lines.push(['o', 'late', at, 'a/1', 0, 5, 'retention', 0]);
  for (const [key, start] of [
    ['a/0', 0],
    ['a/1', 5],
  ] as const) {
    lines.push(['p', 'final', at + 10, at + 11, 0, key, start, records[key]!.slice(start), 20, 0, 0]);
    lines.push(['d', 'final', key, start, 20]);
  }
  return lines;
}

/** The kinds of anomaly that a history shows. */
export function kindsIn(lines: readonly Line[]): AnomalyKind[] {
  const report = checkHistory(lines.map((line) => JSON.stringify(line)));
  if (report.unreadable.length > 0) throw new Error(JSON.stringify(report.unreadable));
  return Object.keys(report.counts) as AnomalyKind[];
}
