import { parseArgs } from 'node:util';
import type { Suite } from './suite.ts';

export type BenchOptions = {
  readonly format: 'table' | 'json' | 'markdown';
  readonly only: RegExp | null;
  readonly isQuick: boolean;
  readonly wantsHelp: boolean;
  readonly data: string;
  /** A document whose figures are replaced; null prints only. */
  readonly write: string | null;
};

/** On the same disk as the checkout, and ignored by git. */
const defaultData = 'node_modules/.cache/millrace-bench';

/** Reads the command line; throws a TypeError that says which option is unknown. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
      only: { type: 'string' },
      write: { type: 'string' },
      quick: { type: 'boolean', default: false },
      data: { type: 'string', default: defaultData },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    format: values.json ? 'json' : values.markdown ? 'markdown' : 'table',
    only: values.only === undefined ? null : new RegExp(values.only),
    isQuick: values.quick,
    wantsHelp: values.help,
    data: values.data,
    write: values.write ?? null,
  };
}

export function helpText(suites: readonly Suite[]): string {
  const width = Math.max(...suites.map(({ name }) => name.length));
  return `Usage: npm run bench -- [options]

Measures the platform against its baselines and peers in the same run. Absolute figures are this machine's; the
ratios are what to look at. Nothing else should run meanwhile.

Options:
  --only PATTERN  only the suites whose name matches this regular expression
  --quick         one short round each, under 90 s: for a look, not for figures to keep
  --json          one line of JSON a case
  --markdown      a table for docs/performance.md
  --write FILE    puts that table into FILE, between its markers
  --data DIR      where servers store (default ${defaultData}); must be on a real disk
  --help          show this help

Suites:
${suites.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join('\n')}

Examples:
  npm run bench
  npm run bench -- --quick --only 'ws|latency'
  npm run bench -- --json > figures.jsonl
  npm run bench -- --write docs/performance.md
`;
}
