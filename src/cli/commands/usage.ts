import type { Budget, Usage } from '../../client/index.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { renderBytes } from '../output/bytes.ts';
import { renderTable } from '../output/table.ts';

const groupings = ['topic', 'key', 'day'] as const;

export const usage: Command = {
  help: `Usage: millrace usage [--from DATE] [--to DATE] [--by topic|key|day] [--cluster ID]
       millrace usage budget [--dollars N|none] [--bytes N|none] [--warn PERCENT]

What the organization used, and what Cloudflare bills for it by its list prices. Days are of UTC, the last one included;
the month until today by default. What was written arrives within a minute. With --json all that is counted.

Budget shows or sets what the organization may use in a month (UTC). From 80 percent on there is a warning. When it is used
up, records are neither written nor read until it is raised, which holds within seconds, or the month is over.

Examples:
  millrace usage
  millrace usage budget --dollars 50
  millrace usage --by topic
  millrace usage --from 2026-11-01 --to 2026-11-07 --by key --json
`,
  async run(invocation) {
    const [verb, ...argv] = invocation.argv;
    if (verb === 'budget') await budget({ ...invocation, argv });
    else if (verb === undefined || verb.startsWith('-')) await show(invocation);
    else throw new UsageError(`usage has no verb "${verb}": use budget, or none.`, ['budget']);
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
    row.records_out,
    renderBytes(row.bytes_out),
    row.requests,
    Math.round(row.connection_minutes),
    renderBytes(row.stored_byte_hours + row.r2_byte_hours),
    dollars(row.dollars),
  ];
  const table = [...rows.map((row) => cells(row.name === '' ? '-' : row.name, row)), cells('total', total)];
  output.line(
    renderTable(
      [
        by.toUpperCase(),
        'RECORDS IN',
        'BYTES IN',
        'RECORDS OUT',
        'BYTES OUT',
        'REQUESTS',
        'MINUTES',
        'BYTES x HOURS',
        'COST',
      ],
      table,
    ),
  );
  output.line(
    `\n${from} to ${to}. ${month.month} so far: ${dollars(month.dollars)}; forecast: ${dollars(month.forecast_dollars)}.`,
  );
}

async function budget({ argv, client, output, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    dollars: { type: 'string' },
    bytes: { type: 'string' },
    warn: { type: 'string' },
  });
  requirePositionals(positionals, []);
  const change = {
    ...(values.dollars === undefined ? {} : { monthly_dollars: amountOf(values.dollars, '--dollars') }),
    ...(values.bytes === undefined ? {} : { monthly_bytes: amountOf(values.bytes, '--bytes') }),
    ...(values.warn === undefined ? {} : { warn_percent: amountOf(values.warn, '--warn') ?? 100 }),
  };
  const isChange = Object.keys(change).length > 0;
  const now = await (isChange ? client.organization.alterBudget(change) : client.organization.budget());
  if (json) {
    output.line(JSON.stringify(now));
    return;
  }
  const bound = (amount: number | null, text: (value: number) => string) => (amount === null ? 'none' : text(amount));
  const rows = [
    ['dollars', dollars(now.spent_dollars), dollars(now.forecast_dollars), bound(now.monthly_dollars, dollars)],
    ['bytes', renderBytes(now.spent_bytes), renderBytes(now.forecast_bytes), bound(now.monthly_bytes, renderBytes)],
  ];
  output.line(renderTable([now.month, 'USED', 'FORECAST', 'BUDGET'], rows));
  output.line(`\n${meaningOf[now.state]} Warning from ${now.warn_percent} % on.`);
}

const meaningOf: Readonly<Record<Budget['state'], string>> = {
  within: 'Within the budget.',
  warned: 'The budget is nearly used up.',
  stopped: 'The budget is used up: records are neither written nor read until it is raised.',
};

function amountOf(text: string, option: string): number | null {
  if (text === 'none') return null;
  const amount = Number(text);
  if (text.trim() === '' || !(amount >= 0)) throw new UsageError(`${option} is a number from 0 on, or none.`);
  return amount;
}

/** Small sums have more digits, so that none is shown as nothing. */
function dollars(amount: number): string {
  return `$${amount === 0 || amount >= 1 ? amount.toFixed(2) : amount.toPrecision(2)}`;
}
