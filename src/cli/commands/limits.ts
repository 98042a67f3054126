import { parseArguments, requirePositionals } from '../arguments.ts';
import type { Command } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { renderTable } from '../output/table.ts';

export const limits: Command = {
  help: `Usage: millrace limits

Lists the bounds of the platform: the value in force, how far it may be raised, and the error beyond it.

Examples:
  millrace limits
  millrace limits --json
`,
  async run({ argv, client, output, json }) {
    requirePositionals(parseArguments(argv, {}).positionals, []);
    const all = await client.limits();
    if (json) {
      output.line(JSON.stringify(all));
      return exitCode.ok;
    }
    const rows = all.map(({ name, value, max, unit, error }) => [name, value, max ?? '-', unit, error ?? 'adapts']);
    output.line(renderTable(['LIMIT', 'VALUE', 'AT MOST', 'UNIT', 'BEYOND IT'], rows));
    return exitCode.ok;
  },
};
