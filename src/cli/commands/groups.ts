import { parseMoment } from '../../address/moment.ts';
import type { GroupDescription, GroupSummary, ResetOffsetsOptions, UndoPlan } from '../../client/index.ts';
import { parseArguments, requirePositionals, wholeNumber } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { answer } from '../output/answer.ts';
import { renderDuration } from '../output/duration.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';

export const groups: Command = {
  help: `Usage: millrace groups list [--prefix TEXT]
       millrace groups describe GROUP
       millrace groups reset GROUP --to WHERE [--topic TOPIC[:PARTITION]]... [--dry-run]
       millrace groups resets GROUP
       millrace groups undo GROUP [--reset N] [--dry-run]
       millrace groups delete GROUP [--topic TOPIC [--partition N]]

A group is founded by its first member ("millrace consume TOPIC --group GROUP") or commit. Its offsets can be reset or
deleted while it has no members.

--to WHERE is earliest, latest, -15m (ago; s m h d), 2026-11-20T06:00:00Z, @ms, an offset, shift=N or shift=-N (records
on or back), or group=OTHER (where another group is). Without --topic all topics of the group are reset; a group that
does not exist yet needs --topic. With --dry-run it only shows what would be done.

resets lists the newest resets; undo puts the offsets back where they were before one of them, the newest unless --reset
names another, and can be undone in turn.

delete with --topic forgets the offsets of that topic alone.

Examples:
  millrace groups list
  millrace groups describe billing
  millrace groups reset billing --to -1h --dry-run
  millrace groups reset billing --to earliest --topic orders:0 --topic orders:1
  millrace groups reset replay --to group=billing --topic orders
  millrace groups undo billing --dry-run
  millrace groups delete billing
`,
  run: (invocation) => runVerb(invocation),
};

const runVerb = verbRunner('groups', { list, describe, reset, resets, undo, delete: remove });

async function list({ argv, client, output, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { prefix: { type: 'string' } });
  requirePositionals(positionals, []);
  const found: GroupSummary[] = [];
  for await (const group of client.groups.list({ prefix: values.prefix })) {
    if (json) output.line(JSON.stringify(group));
    else found.push(group);
  }
  if (json) return;
  const rows = found.map(({ group, state, members }) => [group, state, members]);
  output.line(renderTable(['GROUP', 'STATE', 'MEMBERS'], rows));
}

async function describe({ argv, client, output, json }: Invocation): Promise<void> {
  const [name] = requirePositionals(parseArguments(argv, {}).positionals, ['the group']);
  const group = await client.groups.describe(name!);
  if (json) {
    output.line(JSON.stringify(group));
    return;
  }
  output.line(`group     ${group.group}`);
  output.line(`state     ${group.state}`);
  output.line(`assignor  ${group.assignor}`);
  output.line(`lag       ${group.lag} records, ${renderDuration(group.lagMs)}`);
  output.line('');
  output.line(renderTable(['MEMBER', 'CLIENT', 'PARTITIONS'], memberRows(group)));
  output.line('');
  const rows = group.partitions.map((one) => [
    one.topic,
    one.partition,
    one.committedOffset ?? '-',
    one.highWatermark,
    one.lag ?? '-',
    one.lagMs === null ? '-' : renderDuration(one.lagMs),
    one.memberId ?? '-',
  ]);
  output.line(renderTable(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG', 'WAITING', 'MEMBER'], rows));
}

function memberRows({ members }: GroupDescription): (string | number)[][] {
  return members.map(({ memberId, instanceId, clientId, assignment }) => [
    instanceId === null ? memberId : `${memberId} (${instanceId})`,
    clientId,
    Object.entries(assignment)
      .map(([topic, partitions]) => `${topic}:${partitions.join(',')}`)
      .join(' ') || '-',
  ]);
}

async function reset({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    to: { type: 'string' },
    topic: { type: 'string', short: 't', multiple: true },
    'dry-run': { type: 'boolean', default: false },
  });
  const [name] = requirePositionals(positionals, ['the group']);
  if (values.to === undefined) throw new UsageError('--to says where to: earliest, latest, -15m, an offset, ...');
  const dryRun = values['dry-run'];
  const to = parseTarget(values.to);
  const topics = await parseTopics(values.topic, async (topic) => (await client.topics.describe(topic)).partitions);
  const plan = await client.groups.resetOffsets(name!, { to, topics, dryRun });
  if (json) {
    for (const planned of plan) output.line(JSON.stringify(planned));
    return;
  }
  output.line(renderPlan(plan, dryRun));
  terminal.say(dryRun ? 'nothing was changed (--dry-run)' : `reset ${plan.length} offsets of "${name}"`);
}

async function resets({ argv, client, output, json }: Invocation): Promise<void> {
  const [name] = requirePositionals(parseArguments(argv, {}).positionals, ['the group']);
  const kept = await client.groups.resets(name!);
  if (json) {
    for (const one of kept) output.line(JSON.stringify(one));
    return;
  }
  const rows = kept.map(({ resetId, resetAt, undoes, partitions, topics }) => [
    resetId,
    new Date(resetAt).toISOString(),
    undoes ?? '-',
    partitions,
    topics.join(', '),
  ]);
  output.line(renderTable(['RESET', 'AT', 'UNDOES', 'PARTITIONS', 'TOPICS'], rows));
}

async function undo({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    reset: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  });
  const [name] = requirePositionals(positionals, ['the group']);
  const dryRun = values['dry-run'];
  const plan = await client.groups.undoReset(name!, { resetId: wholeNumber(values.reset, '--reset', 1), dryRun });
  if (json) {
    output.line(JSON.stringify(plan));
    return;
  }
  output.line(renderPlan(plan.partitions, dryRun));
  terminal.say(dryRun ? 'nothing was changed (--dry-run)' : `put reset ${plan.undoes} of "${name}" back`);
}

function renderPlan(plan: UndoPlan['partitions'], dryRun: boolean): string {
  const columns = ['TOPIC', 'PARTITION', 'NOW', dryRun ? 'WOULD BE' : 'IS', 'LOG START', 'END'];
  return renderTable(columns, planRows(plan));
}

function planRows(plan: UndoPlan['partitions']): (string | number)[][] {
  return plan.map((one) => [
    one.topic,
    one.partition,
    one.current ?? '-',
    one.offset ?? '-',
    one.logStartOffset,
    one.highWatermark,
  ]);
}

function parseTarget(text: string): ResetOffsetsOptions['to'] {
  const shift = /^shift=([+-]?\d{1,15})$/.exec(text);
  if (shift !== null) return { shift: Number(shift[1]) };
  if (text.startsWith('group=')) return { group: text.slice('group='.length) };
  if (/^\d{1,15}$/.test(text)) return { offset: Number(text) };
  if (text === 'earliest' || text === 'latest') return text;
  const timestamp = parseMoment(text, Date.now());
  if (timestamp !== null) return { timestamp };
  throw new UsageError(
    `--to takes earliest, latest, -15m, 2026-11-20T06:00:00Z, @milliseconds, an offset, shift=N or group=OTHER, not "${text}".`,
  );
}

/** `orders` is all of a topic, `orders:3` one partition; a topic's name has no colon. */
async function parseTopics(
  given: readonly string[] | undefined,
  partitionCount: (topic: string) => Promise<number>,
): Promise<ResetOffsetsOptions['topics']> {
  if (given === undefined) return undefined;
  const chosen: Record<string, number[]> = {};
  for (const text of given) {
    const [topic = '', partition] = text.split(':');
    const partitions =
      partition === undefined
        ? Array.from({ length: await partitionCount(topic) }, (_, index) => index)
        : [wholeNumber(partition, '--topic TOPIC:PARTITION', 0)!];
    chosen[topic] = [...new Set([...(chosen[topic] ?? []), ...partitions])];
  }
  return chosen;
}

async function remove(invocation: Invocation): Promise<void> {
  const { argv, client } = invocation;
  const { values, positionals } = parseArguments(argv, {
    topic: { type: 'string', short: 't' },
    partition: { type: 'string', short: 'p' },
  });
  const [name] = requirePositionals(positionals, ['the group']);
  const partition = wholeNumber(values.partition, '--partition', 0);
  if (values.topic !== undefined) {
    const deleted = await client.groups.deleteOffsets(name!, { topic: values.topic, partition });
    const facts = { group: name, topic: values.topic, deleted_offsets: deleted };
    answer(invocation, facts, `deleted ${deleted} offsets of "${values.topic}"`);
    return;
  }
  if (partition !== undefined) throw new UsageError('--partition needs --topic.');
  await client.groups.delete(name!);
  answer(invocation, { group: name, deleted: true }, `deleted "${name}"`);
}
