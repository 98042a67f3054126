import type { Machine } from './machine.ts';
import { type Outcome, type Target, verdictOf } from './outcome.ts';

const columns = ['case', 'value', 'unit', 'baseline', 'ratio', 'reach', 'aim', 'verdict', 'note'] as const;
/** Lines of a document between which its figures stand. */
const figuresStart = '<!-- figures:';
const figuresEnd = '<!-- end of figures -->';
const alignedRight = new Set<string>(['value', 'ratio', 'reach', 'aim']);

/** One case as one line of JSON. */
export function jsonLine(outcome: Outcome): string {
  return JSON.stringify({ ...outcome, verdict: verdictOf(outcome) });
}

/** The cases as aligned text for a terminal. */
export function textTable(outcomes: readonly Outcome[]): string {
  const rows = [columns.slice(), ...outcomes.map(cells)];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        alignedRight.has(columns[column]!) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}

/** The machine and the cases as Markdown, as docs/performance.md carries them. */
export function markdown(machine: Machine, command: string, outcomes: readonly Outcome[]): string {
  const head = `| ${columns.join(' | ')} |`;
  const rule = `|${columns.map((column) => (alignedRight.has(column) ? '---:' : '---')).join('|')}|`;
  const rows = outcomes.map((outcome) => `| ${cells(outcome).join(' | ')} |`);
  return [`\`${command}\` on ${describeMachine(machine)}.`, '', head, rule, ...rows].join('\n');
}

/** Puts a table into a document, in place of the one between its markers; throws when the markers are not there. */
export function insertFigures(document: string, table: string): string {
  const start = document.indexOf('\n', document.indexOf(figuresStart)) + 1;
  const end = document.indexOf(figuresEnd);
  if (!document.includes(figuresStart) || end < start) {
    throw new TypeError(
      `no place for the figures: the document needs the lines ${figuresStart} ... --> and ${figuresEnd}`,
    );
  }
  return `${document.slice(0, start)}${table}\n${document.slice(end)}`;
}

export function describeMachine(machine: Machine): string {
  const disk = `fdatasync after 4 KiB ${machine.syncP50Ms.toFixed(2)} ms p50, ${machine.syncP99Ms.toFixed(2)} ms p99`;
  const versions = `Node ${machine.node}, workerd ${machine.workerd}`;
  return `${machine.cores} cores (${machine.cpu}), ${machine.memoryGib} GiB, ${machine.kernel}, ${versions}; data on ${machine.fileSystem}, ${disk}; load average ${machine.loadAverage.toFixed(1)} at the start`;
}

function cells(outcome: Outcome): string[] {
  const { baseline, ratio, target } = outcome;
  const verdict = target?.isGate === true ? `${verdictOf(outcome)} (gate)` : verdictOf(outcome);
  return [
    outcome.case,
    figure(outcome.value),
    outcome.unit,
    baseline === undefined ? '' : `${baseline.name}: ${figure(baseline.value)}`,
    ratio === undefined ? '' : `${ratio.toFixed(2)}x`,
    target === undefined ? '' : targetFigure(target, target.reach),
    target?.aim === undefined ? '' : targetFigure(target, target.aim),
    verdict,
    outcome.note ?? '',
  ];
}

function targetFigure(target: Target, value: number): string {
  return `${target.better === 'more' ? '>=' : '<='} ${figure(value)}${target.of === 'ratio' ? 'x' : ''}`;
}

/** Three significant digits or whole numbers, with thousands set apart. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
