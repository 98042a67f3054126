import { authorizedFetch } from '../client/credential.ts';
import { HttpDoor } from '../client/http-door.ts';
import { createClient, MillraceError } from '../client/index.ts';
import { decompress } from '../log/compression.ts';
import { defaultUrl, globalHelp, hasOption, takeGlobalOptions } from './arguments.ts';
import { type Command, UsageError } from './command.ts';
import { exitCode, exitCodeOf } from './exit-code.ts';
import { describeFailure, failureJson } from './output/failure-report.ts';
import { Output } from './output/output.ts';
import { Terminal } from './output/terminal.ts';

type Entry = {
  readonly summary: string;
  readonly load: () => Promise<Command>;
  /** It parses every option itself. */
  readonly ownsOptions?: true;
};

/** Every command. Each is loaded when it is called, so that none waits for what only another one needs. */
const commands: Readonly<Record<string, Entry>> = {
  dev: {
    summary: 'run the whole platform on this machine',
    load: async () => (await import('./commands/dev.ts')).dev,
    ownsOptions: true,
  },
  topics: {
    summary: 'create, list, describe, alter, delete, export and import topics',
    load: async () => (await import('./commands/topics.ts')).topics,
  },
  produce: {
    summary: 'send lines of standard input or files to a topic',
    load: async () => (await import('./commands/produce.ts')).produce,
  },
  consume: {
    summary: 'print the records of a topic, and follow it',
    load: async () => (await import('./commands/consume.ts')).consume,
  },
  groups: {
    summary: 'list, describe, reset and delete consumer groups',
    load: async () => (await import('./commands/groups.ts')).groups,
  },
  transactions: {
    summary: 'list and describe transactional ids, and abort a transaction that hangs',
    load: async () => (await import('./commands/transactions.ts')).transactions,
  },
  share: {
    summary: 'create, list, describe, consume, reset and delete share groups, and send dead letters again',
    load: async () => (await import('./commands/share.ts')).share,
  },
  check: {
    summary: 'judge a history of sends and reads',
    load: async () => (await import('./commands/check.ts')).check,
  },
  maintenance: {
    summary: 'do at once what is due: retention, compaction, moving segments',
    load: async () => (await import('./commands/maintenance.ts')).maintenance,
  },
  'kafka-proxy': {
    summary: 'let Kafka clients on this machine reach a platform without a TCP port',
    load: async () => (await import('./commands/kafka-proxy.ts')).kafkaProxy,
  },
  open: {
    summary: 'open the dashboard at a topic, a position or a record',
    load: async () => (await import('./commands/open.ts')).open,
  },
  limits: {
    summary: "the platform's bounds and what happens beyond them",
    load: async () => (await import('./commands/limits.ts')).limits,
  },
  orgs: {
    summary: 'describe and alter the organization and its members; as operator, create and list organizations',
    load: async () => (await import('./commands/orgs.ts')).orgs,
  },
  keys: {
    summary: 'create, list, describe, rotate and revoke API keys',
    load: async () => (await import('./commands/keys.ts')).keys,
  },
  tokens: {
    summary: 'mint browser tokens, and manage the secrets that sign them',
    load: async () => (await import('./commands/tokens.ts')).tokens,
  },
  acls: {
    summary: 'create, list, delete and explain ACLs',
    load: async () => (await import('./commands/acls.ts')).acls,
  },
  audit: {
    summary: 'list, export and verify the audit log of the organization',
    load: async () => (await import('./commands/audit.ts')).audit,
  },
  quotas: {
    summary: 'list and set how much the organization, its keys and topics may be used',
    load: async () => (await import('./commands/quotas.ts')).quotas,
  },
  usage: {
    summary: 'what the organization used, and what it cost',
    load: async () => (await import('./commands/usage.ts')).usage,
  },
  top: {
    summary: 'live: the busiest topics, and the consumer groups that are furthest behind',
    load: async () => (await import('./commands/top.ts')).top,
  },
  version: { summary: 'print the version', load: async () => (await import('./commands/version.ts')).version },
};

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
    throw new UsageError(`there is no command "${name === 'help' ? subject : name}"; "millrace help" lists them.`);
  }
  return exitCode.ok;
}

function report(thrown: unknown, name: string, terminal: Terminal, json: boolean): number {
  if (thrown instanceof UsageError) {
    const usage = Object.hasOwn(commands, name) ? `millrace ${name} --help` : 'millrace help';
    terminal.warn(`millrace: ${thrown.message}\n  usage: ${usage}`);
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
