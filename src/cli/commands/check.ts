import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { HistoryChecker, type HistoryReport } from '../../check/history-checker.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import type { Output } from '../output/output.ts';
import { renderTable } from '../output/table.ts';

export const check: Command = {
  help: `Usage: millrace check FILE

Checks a history of what clients sent and read against what docs/guarantees.md promises: nothing lost, stored twice,
reordered, read before it was sent, or skipped. The history has one operation a line, as docs/correctness.md describes;
"-" reads it from standard input. No platform is needed.

The exit code is 1 when the history shows an anomaly, or has a line that is no operation.

Examples:
  millrace check history.jsonl
  npm run test:sim -- --seed 7 --history history.jsonl && millrace check history.jsonl --json
`,
  async run({ argv, output, json }) {
    const [file] = requirePositionals(parseArguments(argv, {}).positionals, ['FILE']);
    const checker = new HistoryChecker();
    for await (const line of linesOf(file!)) checker.add(line);
    const report = checker.finish();
    if (json) output.line(JSON.stringify(report));
    else print(report, output);
    return report.anomalyCount > 0 || report.unreadable.length > 0 ? exitCode.failed : exitCode.ok;
  },
};

async function* linesOf(file: string): AsyncGenerator<string> {
  const stream = file === '-' ? process.stdin : createReadStream(file);
  try {
    yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (thrown) {
    throw new UsageError(`${file} cannot be read: ${(thrown as Error).message}`);
  }
}

function print(report: HistoryReport, output: Output): void {
  for (const { kind, key, lines, message } of report.anomalies) {
    output.line(`${kind}${key === null ? '' : ` in ${key}`}: ${message} (line ${lines.join(', ')})`);
  }
  for (const { line, message } of report.unreadable) output.line(`line ${line}: ${message}`);
  const rows = Object.entries(report.counts).map(([kind, count]) => [kind, count]);
  if (rows.length > 0) output.line(`\n${renderTable(['ANOMALY', 'COUNT'], rows)}`);
  output.line(
    `${report.operations} operations: ${report.acknowledged} sends acknowledged, ${report.unknownOutcomes} with unknown outcome, ` +
      `${report.recordsRead} records read, in ${report.keys} partitions; ${report.anomalyCount} anomalies`,
  );
}
