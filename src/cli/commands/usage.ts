import type { Usage } from '../../client/index.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { renderBytes } from '../output/bytes.ts';
import { renderTable } from '../output/table.ts';

const groupings = ['topic', 'key', 'day'] as const;

export const usage: Command = {
  help: `Usage: millrace usage [--from DATE] [--to DATE] [--by topic|key|day] [--cluster ID]

What the organization used, and what Cloudflare bills for it by its list prices. Days are of UTC, the last one included;
the month until today by default. What was written arrives within a minute. With --json all that is counted.

Examples:
  millrace usage
  millrace usage --by topic
  millrace usage --from 2026-11-01 --to 2026-11-07 --by key --json
`,
  async run(invocation) {
    await show(invocation);
    return exitCode.ok;
  },
};

async function show({ argv, client, output, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    from: { type: 'string' },
    to: { type: 'string' },
    by: { type: 'string', default: 'day' },
    cluster: { type: 'string' },
  });
  requirePositionals(positionals, []);
  const by = groupings.find((grouping) => grouping === values.by);
  if (by === undefined) throw new UsageError(`--by is one of ${groupings.join(', ')}.`);
  const { from, to, cluster } = values;
  const read = await client.organization.usage({ from, to, by, cluster });
  if (json) output.line(JSON.stringify(read));
  else print(read, output);
}

function print({ from, to, by, usage: rows, total, month }: Usage, output: Invocation['output']): void {
  const cells = (name: string, row: Usage['total']) => [
    name,
    row.records_in,
    renderBytes(row.bytes_in),
    renderBytes(row.stored_byte_hours + row.r2_byte_hours),
    dollars(row.dollars),
  ];
  const table = [...rows.map((row) => cells(row.name === '' ? '-' : row.name, row)), cells('total', total)];
  output.line(renderTable([by.toUpperCase(), 'RECORDS IN', 'BYTES IN', 'BYTES x HOURS', 'COST'], table));
  output.line(
    `\n${from} to ${to}. ${month.month} so far: ${dollars(month.dollars)}; forecast: ${dollars(month.forecast_dollars)}.`,
  );
}

/** Small sums have more digits, so that none is shown as nothing. */
function dollars(amount: number): string {
  return `$${amount === 0 || amount >= 1 ? amount.toFixed(2) : amount.toPrecision(2)}`;
}
