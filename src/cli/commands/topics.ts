import { createInterface } from 'node:readline/promises';
import type { Topic } from '../../client/index.ts';
import { keyValuePairs, parseArguments, requirePositionals, wholeNumber } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { renderTable } from '../output/table.ts';

export const topics: Command = {
  help: `Usage: millrace topics create NAME [--partitions N] [--config KEY=VALUE]...
       millrace topics list [--prefix TEXT]
       millrace topics describe NAME
       millrace topics alter NAME [--partitions N] [--config KEY=VALUE]... [--reset KEY]...
       millrace topics delete NAME [--yes]

The keys of --config are Kafka's: retention.ms, cleanup.policy, max.message.bytes, ... Partitions may only grow.
Deleting is final; without --yes it asks for the name.

Examples:
  millrace topics create orders --partitions 3 --config retention.ms=86400000
  millrace topics list --prefix ord
  millrace topics describe orders --json
  millrace topics alter orders --partitions 6 --reset retention.ms
  millrace topics delete orders --yes
`,
  async run(invocation) {
    const [verb, ...argv] = invocation.argv;
    const run = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb as keyof typeof verbs] : undefined;
    if (run === undefined) {
      throw new UsageError(
        verb === undefined
          ? 'say what to do with topics: create, list, describe, alter or delete.'
          : `topics has no verb "${verb}": use create, list, describe, alter or delete.`,
      );
    }
    await run({ ...invocation, argv });
    return exitCode.ok;
  },
};

const verbs = { create, list, describe, alter, delete: remove } as const;

const partitionsOption = { type: 'string', short: 'p' } as const;
const configOption = { type: 'string', short: 'c', multiple: true } as const;

async function create({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { partitions: partitionsOption, config: configOption });
  const [name] = requirePositionals(positionals, ['the name of the topic']);
  const topic = await client.topics.create({
    name: name!,
    partitions: wholeNumber(values.partitions, '--partitions', 1),
    config: Object.fromEntries(keyValuePairs(values.config ?? [], '--config')),
  });
  if (json) output.line(JSON.stringify(topic));
  else terminal.say(`created "${topic.name}" with ${partitionCount(topic)}`);
}

async function list({ argv, client, output, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { prefix: { type: 'string' } });
  requirePositionals(positionals, []);
  const found: Topic[] = [];
  for await (const topic of client.topics.list({ prefix: values.prefix })) {
    if (json) output.line(JSON.stringify(topic));
    else found.push(topic);
  }
  if (json) return;
  const rows = found.map((topic) => [topic.name, topic.partitions, overridesOf(topic)]);
  output.line(renderTable(['TOPIC', 'PARTITIONS', 'CONFIG'], rows));
}

/** More partitions than this are listed with --json only: asking each for its offsets wakes it. */
const describedPartitionsMax = 100;

async function describe({ argv, client, output, json }: Invocation): Promise<void> {
  const [name] = requirePositionals(parseArguments(argv, {}).positionals, ['the name of the topic']);
  const topic = await client.topics.describe(name!);
  const partitions = await Promise.all(
    Array.from({ length: Math.min(topic.partitions, describedPartitionsMax) }, async (_, partition) => {
      const { logStartOffset, highWatermark } = await client.read({ topic: topic.name, partition, offset: 'latest' });
      return { partition, logStartOffset, highWatermark };
    }),
  );
  if (json) {
    output.line(JSON.stringify({ ...topic, offsets: partitions }));
    return;
  }
  output.line(`topic    ${topic.name}`);
  output.line(`id       ${topic.topicId}`);
  output.line(`created  ${new Date(topic.createdAt).toISOString()}`);
  output.line('');
  const offsets = partitions.map((one) => [
    one.partition,
    one.logStartOffset,
    one.highWatermark,
    one.highWatermark - one.logStartOffset,
  ]);
  output.line(renderTable(['PARTITION', 'LOG START', 'HIGH WATERMARK', 'OFFSETS'], offsets));
  if (topic.partitions > partitions.length) output.line(`... and ${topic.partitions - partitions.length} more`);
  output.line('');
  const config = Object.entries(topic.config).map(([key, value]) => [
    key,
    `${value}`,
    key in topic.configOverrides ? 'set' : 'default',
  ]);
  output.line(renderTable(['CONFIG', 'VALUE', 'FROM'], config));
}

async function alter({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    partitions: partitionsOption,
    config: configOption,
    reset: { type: 'string', multiple: true },
  });
  const [name] = requirePositionals(positionals, ['the name of the topic']);
  const config: Record<string, string | null> = Object.fromEntries(keyValuePairs(values.config ?? [], '--config'));
  for (const key of values.reset ?? []) config[key] = null;
  const partitions = wholeNumber(values.partitions, '--partitions', 1);
  if (partitions === undefined && Object.keys(config).length === 0) {
    throw new UsageError('nothing to alter: give --partitions, --config or --reset.');
  }
  const topic = await client.topics.alter(name!, { partitions, config });
  if (json) output.line(JSON.stringify(topic));
  else terminal.say(`"${topic.name}" has ${partitionCount(topic)} and ${overridesOf(topic) || 'the default config'}`);
}

async function remove({ argv, client, terminal }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { yes: { type: 'boolean', short: 'y', default: false } });
  const [name] = requirePositionals(positionals, ['the name of the topic']);
  if (!values.yes) await confirmByName(name!, terminal.isInteractive);
  await client.topics.delete(name!);
  terminal.say(`deleted "${name}"`);
}

async function confirmByName(name: string, isInteractive: boolean): Promise<void> {
  if (!isInteractive || !process.stdin.isTTY) {
    throw new UsageError(`deleting "${name}" is final: add --yes to do it without being asked.`);
  }
  const questions = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await questions.question(
      `All records of "${name}" will be gone for good. Type its name to delete it: `,
    );
    if (answer.trim() !== name) throw new UsageError('that is not its name; nothing was deleted.');
  } finally {
    questions.close();
  }
}

function partitionCount({ partitions }: Topic): string {
  return partitions === 1 ? '1 partition' : `${partitions} partitions`;
}

function overridesOf(topic: Topic): string {
  return Object.entries(topic.configOverrides)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
