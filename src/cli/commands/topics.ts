import type { PartitionRecovery, Topic } from '../../client/index.ts';
import { keyValuePairs, parseArguments, requirePositionals, wholeNumber } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { confirmByName } from '../input/confirmation.ts';
import { answer } from '../output/answer.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';
import { exportTopic } from './topics-export.ts';
import { importTopic } from './topics-import.ts';

export const topics: Command = {
  help: `Usage: millrace topics create NAME [--partitions N] [--config KEY=VALUE]...
       millrace topics list [--prefix TEXT]
       millrace topics describe TOPIC
       millrace topics alter TOPIC [--partitions N] [--config KEY=VALUE]... [--reset KEY]...
       millrace topics delete-records TOPIC --partition N --before OFFSET|latest [--yes]
       millrace topics delete TOPIC [--yes]
       millrace topics recover TOPIC --partition N [--yes]
       millrace topics export ADDRESS [--to DIR] [--form batches|ndjson] [--partition N]... [--file-bytes N]
       millrace topics import NAME [--from DIR] [--create] [--new-timestamps] [--state FILE]

The keys of --config are Kafka's: retention.ms, cleanup.policy, max.message.bytes, ... Partitions may only grow.
Deleting is final; without --yes it asks for the name. So is recover: it accepts a partition that answers LOG_TRUNCATED,
because its storage lost records that were acknowledged, as it is. delete-records keeps the records from --before on.

Describe shows each partition's offsets, and what it last reported: the bytes of records that it holds itself (local) and
that were moved to the object store (remote), how much waits for compaction, what was found damaged, and when it has
something to do next.

Export writes what the topic, or the part that an address like orders/3, orders@-1d or orders@100..200 names, holds when it
begins, into files with a manifest and checksums: batches as they are stored (the default), or a line of JSON a record, as
"millrace consume --json" prints it. Import sends an export into a topic, each record once and to the partition it came
from, with its key, headers and time; --create makes the topic as it was. Offsets begin anew. Both go on where they were
interrupted when they are run again. The directory is TOPIC.export.

Examples:
  millrace topics create orders --partitions 3 --config retention.ms=86400000
  millrace topics list --prefix ord
  millrace topics describe orders --json
  millrace topics alter orders --partitions 6 --reset retention.ms
  millrace topics delete-records orders --partition 0 --before 1000 --yes
  millrace topics delete orders --yes
  millrace topics recover orders --partition 2
  millrace topics export orders --to backup && (cd backup && sha256sum -c SHA256SUMS)
  millrace topics export orders@2026-11-01..2026-11-02 --to november-first
  millrace topics import orders-again --from backup --create
`,
  run: (invocation) => run(invocation),
};

const run = verbRunner('topics', {
  create,
  list,
  describe,
  alter,
  'delete-records': removeRecords,
  delete: remove,
  recover,
  export: exportTopic,
  import: importTopic,
});

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
  for (const line of reportLines(topic)) output.line(line);
  output.line('');
  const config = Object.entries(topic.config).map(([key, value]) => [
    key,
    `${value}`,
    key in topic.configOverrides ? 'set' : 'default',
  ]);
  output.line(renderTable(['CONFIG', 'VALUE', 'FROM'], config));
}

/** What partitions last told about themselves, if any did: a little behind their offsets above. */
function reportLines({ partitionReports = [] }: Topic): string[] {
  if (partitionReports.length === 0) return [];
  const time = (timeMs: number) => new Date(timeMs).toISOString();
  const rows = partitionReports
    .slice(0, describedPartitionsMax)
    .map((report) => [
      report.partition,
      report.localBytes,
      report.remoteBytes,
      report.segmentCount,
      report.compaction === null ? '-' : `${Math.round(report.compaction.cleanableRatio * 100)} %`,
      report.damaged.map(({ offset, lastOffset }) => `${offset}-${lastOffset}`).join(' ') || '-',
      report.nextMaintenanceAt === null ? '-' : time(report.nextMaintenanceAt),
      time(report.reportedAt),
    ]);
  const heads = ['PARTITION', 'LOCAL BYTES', 'REMOTE BYTES', 'SEGMENTS', 'TO COMPACT', 'DAMAGED', 'DUE NEXT', 'AS OF'];
  return ['', renderTable(heads, rows)];
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

async function remove(invocation: Invocation): Promise<void> {
  const { argv, client, terminal } = invocation;
  const { values, positionals } = parseArguments(argv, { yes: { type: 'boolean', short: 'y', default: false } });
  const [name] = requirePositionals(positionals, ['the name of the topic']);
  if (!values.yes)
    await confirmByName('deleting', name!, `All records of "${name}" will be gone for good. `, terminal.isInteractive);
  await client.topics.delete(name!);
  answer(invocation, { topic: name, deleted: true }, `deleted "${name}"`);
}

async function removeRecords({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    partition: partitionsOption,
    before: { type: 'string', short: 'b' },
    yes: { type: 'boolean', short: 'y', default: false },
  });
  const [topic] = requirePositionals(positionals, ['the name of the topic']);
  const partition = wholeNumber(values.partition, '--partition', 0);
  if (partition === undefined) throw new UsageError('say of which partition: --partition N.');
  if (values.before === undefined) throw new UsageError('say which offset is the first to keep: --before, or latest.');
  const before = values.before === 'latest' ? 'latest' : wholeNumber(values.before, '--before', 0)!;
  const what = before === 'latest' ? 'All records' : `The records before offset ${before}`;
  const question = `${what} of partition ${partition} of "${topic}" will be gone for good. `;
  if (!values.yes) await confirmByName('deleting from', topic!, question, terminal.isInteractive);
  const logStartOffset = await client.topics.deleteRecords({ topic: topic!, partition, before });
  if (json) output.line(JSON.stringify({ topic, partition, log_start_offset: logStartOffset }));
  else terminal.say(`partition ${partition} of "${topic}" starts at offset ${logStartOffset}`);
}

async function recover({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    partition: { type: 'string', short: 'p' },
    yes: { type: 'boolean', short: 'y', default: false },
  });
  const [name] = requirePositionals(positionals, ['the name of the topic']);
  const partition = wholeNumber(values.partition, '--partition', 0);
  if (partition === undefined) throw new UsageError('say which partition to recover: --partition N.');
  const question = `What partition ${partition} of "${name}" lost will stay lost, and its offsets are given again. `;
  if (!values.yes) await confirmByName('recovering', name!, question, terminal.isInteractive);
  const recovery = await client.topics.recover(name!, partition);
  if (json) output.line(JSON.stringify(recovery));
  else if (!recovery.recovered) terminal.say(`partition ${partition} of "${name}" is whole; nothing was changed`);
  else
    terminal.say(`partition ${partition} of "${name}" goes on at offset ${recovery.highWatermark}${lostBy(recovery)}`);
}

function lostBy({ highWatermark, witnessedHighWatermark }: PartitionRecovery): string {
  if (witnessedHighWatermark === null || witnessedHighWatermark <= highWatermark) return '';
  return `; at least offsets ${highWatermark} to ${witnessedHighWatermark - 1} were lost`;
}

function partitionCount({ partitions }: Topic): string {
  return partitions === 1 ? '1 partition' : `${partitions} partitions`;
}

function overridesOf(topic: Topic): string {
  return Object.entries(topic.configOverrides)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
