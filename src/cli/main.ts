import { authorizedFetch } from '../client/credential.ts';
import { HttpDoor } from '../client/http-door.ts';
import { createClient, MillraceError } from '../client/index.ts';
import { decompress } from '../log/compression.ts';
import { defaultUrl, globalHelp, hasOption, takeGlobalOptions } from './arguments.ts';
import { UsageError } from './command.ts';
import { commands } from './command-table.ts';
import { exitCode, exitCodeOf } from './exit-code.ts';
import { describeFailure, failureJson } from './output/failure-report.ts';
import { Output } from './output/output.ts';
import { Terminal } from './output/terminal.ts';
import { suggestion } from './suggestion.ts';

function overview(): string {
  const list = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}`);
  return `Usage: millrace COMMAND [options]

Commands:
${list.join('\n')}
  help        show this, or the help of a command

First steps:
  millrace dev
  millrace topics create orders --partitions 3
  echo '{"id":1,"total":12.5}' | millrace produce orders --format ndjson --key /id
  millrace consume orders

${globalHelp}`;
}

const aliases: Readonly<Record<string, string>> = { '--help': 'help', '-h': 'help', '--version': 'version' };

async function main(words: readonly string[]): Promise<number> {
  const [word = 'help', ...rest] = words;
  const name = aliases[word] ?? word;
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const output = new Output(process.stdout);
  const quiet = hasOption(rest, '--quiet');
  const json = hasOption(rest, '--json');
  const terminal = new Terminal(process.stderr, { quiet, env: process.env });
  try {
    if (entry === undefined) return await showHelp(name, rest[0], output);
    const options = entry.ownsOptions
      ? { url: defaultUrl, apiKey: undefined, help: false, argv: rest }
      : takeGlobalOptions(rest, process.env);
    const command = await entry.load();
    if (options.help) {
      output.write(`${command.help}\n${globalHelp}`);
      return exitCode.ok;
    }
    const { url, apiKey, argv } = options;
    const caller = { credential: apiKey, cluster: process.env.MILLRACE_CLUSTER || undefined };
    const client = createClient({ url, ...caller, decompress });
    const door = new HttpDoor(
      url,
      authorizedFetch((target, init) => fetch(target, init as RequestInit), caller),
    );
    return await command.run({ argv, client, door, caller, output, terminal, json });
  } catch (thrown) {
    return report(thrown, name, terminal, json);
  } finally {
    await output.flush();
  }
}

async function showHelp(name: string, subject: string | undefined, output: Output): Promise<number> {
  const entry = subject !== undefined && Object.hasOwn(commands, subject) ? commands[subject] : undefined;
  if (name === 'help' && subject === undefined) {
    output.write(overview());
  } else if (name === 'help' && entry !== undefined) {
    output.write(`${(await entry.load()).help}${entry.ownsOptions ? '' : `\n${globalHelp}`}`);
  } else {
    const unknown = name === 'help' ? subject! : name;
    const names = Object.keys(commands);
    throw new UsageError(
      `there is no command "${unknown}"${suggestion(unknown, names)}; "millrace help" lists them.`,
      names,
    );
  }
  return exitCode.ok;
}

function report(thrown: unknown, name: string, terminal: Terminal, json: boolean): number {
  if (thrown instanceof UsageError) {
    const usage = Object.hasOwn(commands, name) ? `millrace ${name} --help` : 'millrace help';
    if (json) terminal.warn(JSON.stringify({ error: { code: 'USAGE', message: thrown.message } }));
    else terminal.warn(`millrace: ${thrown.message}\n  usage: ${usage}`);
    return exitCode.usage;
  }
  if (!(thrown instanceof MillraceError)) throw thrown;
  if (json) {
    terminal.warn(failureJson(thrown));
  } else {
    const { headline, next } = describeFailure(thrown);
    terminal.warn(`millrace ${name}: ${terminal.red(thrown.code)}: ${headline}`);
    if (next !== null) terminal.warn(`  next: ${next}`);
  }
  return exitCodeOf(thrown);
}

process.exit(await main(process.argv.slice(2)));
