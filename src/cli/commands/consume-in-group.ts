import type { ConsumedRecord } from '../../client/index.ts';
import { type Invocation, UsageError } from '../command.ts';
import { Progress } from '../output/progress.ts';

export type GroupRun = {
  readonly group: string;
  readonly topic: string;
  /** `--from` as it was given. */
  readonly from: string | undefined;
  readonly follow: boolean;
  readonly limit: number;
  readonly write: (record: ConsumedRecord) => void;
  readonly showsProgress: boolean;
};

/** Prints records as a member of a group. A record is committed once it was handed to the operating system. */
export async function consumeInGroup({ client, output, terminal }: Invocation, run: GroupRun): Promise<void> {
  const { from = 'earliest', limit } = run;
  if (from !== 'earliest' && from !== 'latest') {
    throw new UsageError(`with --group, --from takes earliest or latest, not "${from}"; see "millrace groups reset".`);
  }
  if (limit === 0) return;
  const say = (line: string) => terminal.say(`millrace consume: ${line}`);
  await using member = client.group(run.group, {
    topics: [run.topic],
    from,
    stopAtEnd: !run.follow,
    beforeCommit: () => output.flush(),
    onAssigned: (partitions) => say(`reading ${partitionsText(partitions[run.topic])}`),
    onRejoined: (error) => say(`${error.message} Joined again`),
    onGap: ({ partition, from: first, to, reason }) =>
      terminal.warn(`millrace consume: partition ${partition}: offsets ${first} to ${to - 1} are gone (${reason})`),
    onRetry: (error) => say(`${error.message}; trying again`),
  });
  const interrupt = () => void member.close();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  void output.closed.then(interrupt);
  const progress = new Progress(terminal, run.showsProgress ? 'records' : null);
  let count = 0;
  for await (const record of member) {
    run.write(record);
    count += 1;
    progress.add(1, record.value?.length ?? 0);
    if (count >= limit) {
      await member.commit(record);
      break;
    }
    if (output.isFull) await output.drained();
  }
  progress.end();
}

function partitionsText(partitions: readonly number[] = []): string {
  if (partitions.length === 0) return 'no partition for now: the group has more members than partitions';
  return `partition${partitions.length === 1 ? '' : 's'} ${partitions.join(', ')}`;
}
