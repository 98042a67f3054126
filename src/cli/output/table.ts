import { displayWidth, shownText, truncated } from './display-width.ts';

type Cell = string | number;

/** Columns are not cut below this: less says nothing. */
const columnMin = 8;

const gap = 2;

/**
 * Rows in columns, the first row being their heads; columns of numbers stand right. In a terminal of `width` columns the
 * widest columns of text are cut until all fit, where they can; a pipe or a file gets everything.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  width: number | null = terminalWidth(),
): string {
  const cells = rows.map((row) => head.map((_, column) => shownText(String(row[column] ?? ''))));
  const isNumber = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const wanted = head.map((title, column) =>
    cells.reduce((most, row) => Math.max(most, displayWidth(row[column]!)), title.length),
  );
  const least = head.map((title, column) =>
    isNumber[column] ? wanted[column]! : Math.min(wanted[column]!, Math.max(columnMin, title.length)),
  );
  const widths = width === null ? wanted : fitted(wanted, least, width - gap * (head.length - 1));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const text = truncated(cell, widths[column]!);
        const padding = ' '.repeat(Math.max(0, widths[column]! - displayWidth(text)));
        return isNumber[column] ? padding + text : text + padding;
      })
      .join(' '.repeat(gap))
      .trimEnd();
  return [head, ...cells].map(line).join('\n');
}

/** Null without a terminal. */
const terminalWidth = (): number | null => (process.stdout.isTTY ? process.stdout.columns : null);

/** Takes from the widest columns what is too much, and from none more than it has to spare. */
function fitted(wanted: readonly number[], least: readonly number[], width: number): number[] {
  const widths = [...wanted];
  let excess = widths.reduce((sum, each) => sum + each, 0) - width;
  while (excess > 0) {
    const spare = widths.map((each, column) => (each > least[column]! ? each : 0));
    const widest = Math.max(...spare);
    if (widest === 0) break;
    widths[spare.indexOf(widest)] = widest - 1;
    excess -= 1;
  }
  return widths;
}
