import { parseLogAddress } from '../../address/log-address.ts';
import { parsePosition, requestedPlace } from '../../address/position.ts';
import type { Job, JobPlace, ReplayOptions } from '../../client/index.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { jobProgress, watchJob } from '../output/job-progress.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';

export const jobs: Command = {
  help: `Usage: millrace jobs list
       millrace jobs replay SOURCE TARGET [--where FILTER] [--dry-run] [--detach]
       millrace jobs describe JOB
       millrace jobs watch JOB
       millrace jobs cancel JOB

A job copies records in the background, on the platform: it goes on when this command, or the platform, is stopped.

SOURCE is a topic (orders), a partition of it (orders/3), or a range of either: orders@-1h..now, orders/3@100..200. The
end is not part of it; without one it is the end of the log as it is now. Committed records are copied once each, with
their keys, headers and times; keys choose the partition of TARGET. --where copies only what a filter means
(docs/filter.md), --dry-run only says which offsets would be read.

replay shows how far the job is until it is over; Ctrl-C leaves it running. --detach only starts it. Dead letters are
sent back by "millrace share redrive".

Examples:
  millrace jobs replay orders@-1h..now orders-again
  millrace jobs replay orders/3@8123456..8124000 orders-again --where 'value.total > 100'
  millrace jobs list
  millrace jobs cancel 8d9f0c6e-…
`,
  run: (invocation) => run(invocation),
};

const run = verbRunner('jobs', { list, replay, describe, watch, cancel });

async function list({ argv, client, output, json }: Invocation): Promise<number> {
  requirePositionals(parseArguments(argv, {}).positionals, []);
  const found = await client.jobs.list();
  if (json) for (const job of found) output.line(JSON.stringify(job));
  else {
    const rows = found.map((job) => [
      job.jobId,
      job.kind,
      job.state,
      job.source,
      job.target ?? job.group ?? '-',
      job.written,
      new Date(job.startedAt).toISOString(),
    ]);
    output.line(renderTable(['JOB', 'KIND', 'STATE', 'SOURCE', 'TO', 'WRITTEN', 'STARTED'], rows));
  }
  return exitCode.ok;
}

async function replay(invocation: Invocation): Promise<number> {
  const { argv, client, output, terminal, json } = invocation;
  const { values, positionals } = parseArguments(argv, {
    where: { type: 'string', short: 'w' },
    'dry-run': { type: 'boolean', default: false },
    detach: { type: 'boolean', short: 'd', default: false },
  });
  const [source, target] = requirePositionals(positionals, ['the source', 'the target']);
  const options: ReplayOptions = { ...rangeOf(source!), target: target!, where: values.where };
  if (values['dry-run']) {
    const plan = await client.jobs.planReplay(options);
    if (json) output.line(JSON.stringify(plan));
    else {
      const rows = plan.partitions.map(({ partition, from, to }) => [plan.source, partition, from, to, to - from]);
      output.line(renderTable(['TOPIC', 'PARTITION', 'FROM', 'TO', 'OFFSETS'], rows));
      terminal.say('nothing was copied (--dry-run)');
    }
    return exitCode.ok;
  }
  return watchJob(await client.jobs.replay(options), invocation, values.detach);
}

/** `orders/3@100..200`: positions mean what they mean everywhere, `now` is the end of the log. */
function rangeOf(text: string): Pick<ReplayOptions, 'source' | 'partition' | 'from' | 'to'> {
  const address = parseLogAddress(text);
  if (address === null) throw new UsageError(`"${text}" is no topic, partition or range: orders/3@100..200.`);
  return {
    source: address.topic,
    partition: address.partition ?? undefined,
    from: placeOf(address.from),
    to: placeOf(address.to),
  };
}

function placeOf(text: string | null): JobPlace | undefined {
  if (text === null) return undefined;
  if (text === 'now') return 'latest';
  const position = parsePosition(text, Date.now());
  if (position === null) throw new UsageError(`a range goes from and to offsets, -15m, a date or now, not "${text}".`);
  return requestedPlace(position);
}

async function describe({ argv, client, output, json }: Invocation): Promise<number> {
  const [id] = requirePositionals(parseArguments(argv, {}).positionals, ['the job']);
  const job = await client.jobs.describe(id!);
  if (json) output.line(JSON.stringify(job));
  else for (const line of linesOf(job)) output.line(line);
  return exitCode.ok;
}

function linesOf(job: Job): string[] {
  const problem = job.failure ?? job.waitingFor;
  const rows = job.partitions.map(({ partition, from, next, to }) => [partition, from, next, to]);
  return [
    `job      ${job.jobId}`,
    `kind     ${job.kind}: ${job.source} to ${job.target ?? `where the letters of ${job.group} came from`}`,
    `state    ${job.state}, by ${job.startedBy} since ${new Date(job.startedAt).toISOString()}`,
    ...(job.where === null ? [] : [`where    ${job.where}`]),
    ...(problem === null ? [] : [`problem  ${problem.code}: ${problem.message}`]),
    `done     ${jobProgress(job)}`,
    '',
    renderTable(['PARTITION', 'FROM', 'NEXT', 'TO'], rows),
  ];
}

async function watch(invocation: Invocation): Promise<number> {
  const [id] = requirePositionals(parseArguments(invocation.argv, {}).positionals, ['the job']);
  return watchJob(await invocation.client.jobs.describe(id!), invocation, false);
}

async function cancel({ argv, client, output, terminal, json }: Invocation): Promise<number> {
  const [id] = requirePositionals(parseArguments(argv, {}).positionals, ['the job']);
  const job = await client.jobs.cancel(id!);
  if (json) output.line(JSON.stringify(job));
  else terminal.say(`${job.state}: ${jobProgress(job)}`);
  return exitCode.ok;
}
