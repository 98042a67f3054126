import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { renderTable } from '../output/table.ts';

export const maintenance: Command = {
  help: `Usage: millrace maintenance run [--topic TOPIC]

Has partitions do at once what is due: drop expired segments, compact, move segments to the object store, delete
objects that nothing refers to. They do all of it by themselves; this is for those who do not want to wait, and shows
what is due when. Nothing is done before its time.

Examples:
  millrace maintenance run
  millrace maintenance run --topic orders --json
`,
  async run({ argv, client, output, terminal, json }) {
    const [verb, ...rest] = argv;
    if (verb !== 'run') throw new UsageError('say "millrace maintenance run".', ['run']);
    const { values, positionals } = parseArguments(rest, { topic: { type: 'string', short: 't' } });
    requirePositionals(positionals, []);
    const rows: (string | number)[][] = [];
    let failed = 0;
    for await (const run of client.maintenance({ topic: values.topic })) {
      const failures = [run.failure, ...run.jobs.map(({ failure }) => failure)].filter((failure) => failure !== null);
      if (failures.length > 0) failed += 1;
      if (json) output.line(JSON.stringify(run));
      else {
        rows.push([
          run.topic,
          run.partition,
          run.jobs.flatMap(doneOf).join(', ') || '-',
          run.jobs.flatMap(dueOf).join(', ') || '-',
        ]);
        for (const { code, detail } of failures) terminal.warn(`${run.topic}/${run.partition}: ${code}: ${detail}`);
      }
    }
    if (!json) output.line(renderTable(['TOPIC', 'PARTITION', 'DONE', 'DUE NEXT'], rows));
    return failed === 0 ? exitCode.ok : exitCode.failed;
  },
};

type Job = { readonly job: string; readonly done: Readonly<Record<string, number>>; readonly nextDueAt: number | null };

const doneOf = ({ done }: Job): string[] =>
  Object.entries(done).map(([what, count]) => `${what.replaceAll('_', ' ')}: ${count}`);

const dueOf = ({ job, nextDueAt }: Job): string[] =>
  nextDueAt === null ? [] : [`${job} ${new Date(nextDueAt).toISOString()}`];
