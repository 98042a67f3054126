import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Invocation, UsageError } from '../command.ts';
import { watchJob } from '../output/job-progress.ts';

/** Sends the dead letters of a share group back to the partitions they came from, as a job. */
export async function redrive(invocation: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(invocation.argv, {
    letter: { type: 'string' },
    detach: { type: 'boolean', short: 'd', default: false },
  });
  const [group = ''] = requirePositionals(positionals, ['the share group']);
  const letter = values.letter === undefined ? undefined : parseLetter(values.letter);
  await watchJob(await invocation.client.jobs.redrive({ group, letter }), invocation, values.detach);
}

/** `0@12`: partition 0, offset 12 of the dead-letter topic. */
function parseLetter(text: string): { readonly partition: number; readonly offset: number } {
  const [, partition, offset] = /^(\d{1,6})@(\d{1,15})$/.exec(text) ?? [];
  if (partition === undefined)
    throw new UsageError(`--letter takes PARTITION@OFFSET of the dead-letter topic, not "${text}".`);
  return { partition: Number(partition), offset: Number(offset) };
}
