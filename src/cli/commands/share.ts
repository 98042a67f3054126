import { parseMoment } from '../../address/moment.ts';
import type { ShareGroupConfig, SharePartition } from '../../client/index.ts';
import { recordLine } from '../../record-files/record-line.ts';
import { parseArguments, requirePositionals, wholeNumber } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { answer } from '../output/answer.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';
import { letters } from './letters.ts';
import { redrive } from './redrive.ts';

export const share: Command = {
  help: `Usage: millrace share list [--prefix TEXT]
       millrace share create GROUP [--from WHERE] [--lock-ms N] [--delivery-limit N] [--delay-ms N] [--dead-letters TOPIC]
       millrace share alter GROUP [--lock-ms N] [--delivery-limit N] [--delay-ms N] [--dead-letters TOPIC]
       millrace share describe GROUP
       millrace share consume GROUP TOPIC... [--follow] [--limit N] [--reject]
       millrace share reset GROUP --to WHERE [--topic TOPIC]...
       millrace share letters GROUP [--limit N]
       millrace share redrive GROUP [--letter PARTITION@OFFSET] [--detach]
       millrace share delete GROUP

A share group hands each record of its topics to one of any number of workers (docs/share-groups.md). It is founded by
create, or by its first member, which then begins at the end of its topics.

--from is where a group begins. --dead-letters "" is for none.

consume prints records and accepts them, or with --reject rejects them. letters lists the dead letters of the group, with
where each is and where it came from. redrive sends those that did not go back yet to where they came from, or one of them,
as a job on the platform ("millrace jobs").

WHERE is earliest, latest, -15m (ago; s m h d), 2026-11-20T06:00:00Z or @ms.

Examples:
  millrace share create handling --from earliest --dead-letters flights-dead-letters
  millrace share consume handling flights --limit 10
  millrace share describe handling
  millrace share redrive handling
`,
  run: (invocation) => run(invocation),
};

const run = verbRunner('share', { list, create, alter, describe, consume, reset, letters, redrive, delete: remove });

const settings = {
  'lock-ms': { type: 'string' },
  'delivery-limit': { type: 'string' },
  'delay-ms': { type: 'string' },
  'dead-letters': { type: 'string' },
} as const;

async function list({ argv, client, output, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { prefix: { type: 'string' } });
  requirePositionals(positionals, []);
  const rows: (string | number)[][] = [];
  for await (const group of client.shareGroups.list({ prefix: values.prefix })) {
    if (json) output.line(JSON.stringify(group));
    else rows.push([group.group, group.state, group.members]);
  }
  if (!json) output.line(renderTable(['SHARE GROUP', 'STATE', 'MEMBERS'], rows));
}

async function create({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { ...settings, from: { type: 'string' } });
  const [name] = requirePositionals(positionals, ['the share group']);
  const start = values.from === undefined ? {} : { start: parseStart(values.from) };
  const config = await client.shareGroups.create(name!, { ...configOf(values), ...start });
  if (json) output.line(JSON.stringify(config));
  else terminal.say(`share group "${name}" is there`);
}

async function alter({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, settings);
  const [name] = requirePositionals(positionals, ['the share group']);
  const config = await client.shareGroups.alter(name!, configOf(values));
  if (json) output.line(JSON.stringify(config));
  else terminal.say(`altered "${name}"`);
}

function configOf(values: { readonly [name in keyof typeof settings]?: string }): Partial<ShareGroupConfig> {
  const lockDurationMs = wholeNumber(values['lock-ms'], '--lock-ms', 0);
  const deliveryLimit = wholeNumber(values['delivery-limit'], '--delivery-limit', 0);
  const redeliveryDelayMs = wholeNumber(values['delay-ms'], '--delay-ms', 0);
  const letters = values['dead-letters'];
  return {
    ...(lockDurationMs === undefined ? {} : { lockDurationMs }),
    ...(deliveryLimit === undefined ? {} : { deliveryLimit }),
    ...(redeliveryDelayMs === undefined ? {} : { redeliveryDelayMs }),
    ...(letters === undefined ? {} : { deadLetterTopic: letters === '' ? null : letters }),
  };
}

async function describe({ argv, client, output, json }: Invocation): Promise<void> {
  const [name] = requirePositionals(parseArguments(argv, {}).positionals, ['the share group']);
  const group = await client.shareGroups.describe(name!);
  if (json) {
    output.line(JSON.stringify(group));
    return;
  }
  const { config } = group;
  output.line(`share group     ${group.group}`);
  output.line(`state           ${group.state}, ${group.members.length} members`);
  output.line(`lock            ${config.lockDurationMs} ms`);
  output.line(`delivery limit  ${config.deliveryLimit}`);
  output.line(`dead letters    ${config.deadLetterTopic ?? 'none'}`);
  output.line('');
  const rows = group.partitions.map(rowOf);
  const columns = ['TOPIC', 'PARTITION', 'START', 'END', 'WAITING', 'LOCKED', 'ACCEPTED', 'DEAD', 'DROPPED'];
  output.line(renderTable(columns, rows));
  for (const { topic, partition, deadLetterFailure } of group.partitions) {
    if (deadLetterFailure !== null) output.line(`${topic}/${partition}: no dead letters for now: ${deadLetterFailure}`);
  }
}

function rowOf(one: SharePartition): (string | number)[] {
  return [
    one.topic,
    one.partition,
    one.startOffset ?? '-',
    one.highWatermark ?? '-',
    one.available,
    one.acquired,
    one.accepted,
    one.deadLettered + one.deadLetters,
    one.archived,
  ];
}

async function consume({ argv, client, output, terminal }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    follow: { type: 'boolean', short: 'f', default: false },
    limit: { type: 'string', short: 'n' },
    reject: { type: 'boolean', default: false },
  });
  const [name, ...topics] = positionals;
  if (name === undefined || topics.length === 0) throw new UsageError('name the share group and its topics.');
  const limit = wholeNumber(values.limit, '--limit', 1) ?? Number.POSITIVE_INFINITY;
  await using member = client.shareGroup(name, {
    topics,
    stopAtEnd: !values.follow,
    maxRecords: Math.min(limit, recordsAtOnce),
    onLate: (records, error) => terminal.warn(`millrace share: ${records.length} records: ${error.message}`),
    onRetry: (error) => terminal.say(`millrace share: ${error.message}; trying again`),
  });
  const interrupt = () => void member.close();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  void output.closed.then(interrupt);
  let count = 0;
  for await (const record of member) {
    output.write(recordLine(record));
    await output.flush();
    if (values.reject) record.reject();
    else record.accept();
    count += 1;
    if (count >= limit) break;
  }
}

/** What one process of a person needs at a time; the others are for other workers. */
const recordsAtOnce = 100;

async function reset({ argv, client, output, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    to: { type: 'string' },
    topic: { type: 'string', short: 't', multiple: true },
  });
  const [name] = requirePositionals(positionals, ['the share group']);
  if (values.to === undefined) throw new UsageError('--to says where to: earliest, latest, -15m, ...');
  const to = parseStart(values.to);
  const resets = await client.shareGroups.reset(name!, { to, topics: values.topic });
  if (json) for (const done of resets) output.line(JSON.stringify(done));
  else {
    const rows = resets.map(({ topic, partition, startOffset }) => [topic, partition, startOffset]);
    output.line(renderTable(['TOPIC', 'PARTITION', 'START'], rows));
  }
}

function parseStart(text: string): ShareGroupConfig['start'] {
  if (text === 'earliest' || text === 'latest') return text;
  const timestamp = parseMoment(text, Date.now());
  if (timestamp !== null) return { timestamp };
  throw new UsageError(`a share group begins at earliest, latest, -15m, 2026-11-20T06:00:00Z or @ms, not "${text}".`);
}

async function remove(invocation: Invocation): Promise<void> {
  const { argv, client } = invocation;
  const [name] = requirePositionals(parseArguments(argv, {}).positionals, ['the share group']);
  await client.shareGroups.delete(name!);
  answer(invocation, { group: name, deleted: true }, `deleted "${name}"`);
}
