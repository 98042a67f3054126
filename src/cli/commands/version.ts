import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArguments, requirePositionals } from '../arguments.ts';
import type { Command } from '../command.ts';
import { exitCode } from '../exit-code.ts';

export const version: Command = {
  help: `Usage: millrace version

Prints the version of this command.

Examples:
  millrace version
  millrace version --json
`,
  async run({ argv, output, json }) {
    requirePositionals(parseArguments(argv, {}).positionals, []);
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
    output.line(json ? JSON.stringify({ version, node: process.versions.node }) : `millrace ${version}`);
    return exitCode.ok;
  },
};
