import { spawn } from 'node:child_process';
import { dashboardPath, parseLogAddress } from '../../address/log-address.ts';
import { parseArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { exitCode } from '../exit-code.ts';

export const open: Command = {
  help: `Usage: millrace open [ADDRESS] [--print]

Opens the dashboard in a browser: at its home, or at a topic, a partition, a position or a record.

Options:
  --print              only print the address; so does --json, and a machine without a browser

Examples:
  millrace open
  millrace open orders
  millrace open orders/3@8123456
  millrace open orders@-15m --print
`,
  async run({ argv, client, output, json }) {
    const { values, positionals } = parseArguments(argv, { print: { type: 'boolean', default: false } } as const);
    if (positionals.length > 1) throw new UsageError(`open takes one address, not also "${positionals[1]}".`);
    const path = positionals[0] === undefined ? '' : pathOf(positionals[0]);
    const { organization_id: organization, cluster_id: cluster } = await client.session();
    const url = `${client.url}/dashboard/${encodeURIComponent(organization)}/${encodeURIComponent(cluster)}${path}`;
    output.line(json ? JSON.stringify({ url }) : url);
    if (!values.print && !json) openBrowser(url);
    return exitCode.ok;
  },
};

function pathOf(text: string): string {
  const address = parseLogAddress(text);
  if (address === null)
    throw new UsageError(`"${text}" is no address: write orders, orders/3, orders/3@8123456 or orders@-15m.`);
  return dashboardPath(address);
}

/** Where there is no program for it, the printed address is what the person has. */
function openBrowser(url: string): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  spawn(program, [url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}
