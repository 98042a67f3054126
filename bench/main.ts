import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { BenchContext, fullEffort, quickEffort } from './bench-context.ts';
import { describeThisMachine } from './machine.ts';
import { type BenchOptions, helpText, readOptions } from './options.ts';
import type { Outcome } from './outcome.ts';
import { describeMachine, insertFigures, jsonLine, markdown, textTable } from './report.ts';
import type { Suite } from './suite.ts';
import { billedUnits } from './suites/billed-units.ts';
import { catchUp } from './suites/catch-up.ts';
import { dashboard } from './suites/dashboard.ts';
import { fanOut } from './suites/fan-out.ts';
import { fastDoorFrames } from './suites/fast-door-frames.ts';
import { fastDoorSingle } from './suites/fast-door-single.ts';
import { groups } from './suites/groups.ts';
import { growth } from './suites/growth.ts';
import { httpBatches } from './suites/http-batches.ts';
import { httpCredentials } from './suites/http-credentials.ts';
import { httpSingle } from './suites/http-single.ts';
import { kafka } from './suites/kafka.ts';
import { latency } from './suites/latency.ts';
import { noisyNeighbour } from './suites/noisy-neighbour.ts';
import { tieredCatchUp } from './suites/tiered-catch-up.ts';

/** Latency first, on a platform that has done nothing yet; the sockets of the fan-out and the large logs last. */
const suites: readonly Suite[] = [
  latency,
  httpSingle,
  httpCredentials,
  noisyNeighbour,
  fastDoorSingle,
  fastDoorFrames,
  httpBatches,
  catchUp,
  tieredCatchUp,
  groups,
  kafka,
  billedUnits,
  dashboard,
  fanOut,
  growth,
];

/** Progress goes to stderr, so that stdout holds figures only. */
const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.wantsHelp) {
    process.stdout.write(helpText(suites));
    return 0;
  }
  const chosen = suites.filter(({ name }) => options.only?.test(name) ?? true);
  if (chosen.length === 0) throw new TypeError(`no suite matches ${options.only}; --help lists them`);
  mkdirSync(options.data, { recursive: true });
  const machine = describeThisMachine(options.data);
  say(describeMachine(machine));
  const { outcomes, failures } = await runSuites(chosen, options);
  if (options.format === 'table') process.stdout.write(`${textTable(outcomes)}\n`);
  const figures = markdown(machine, ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '), outcomes);
  if (options.format === 'markdown') process.stdout.write(`${figures}\n`);
  // Figures of a run in which something failed would stand there as if they were all there are.
  if (options.write !== null && failures === 0) {
    writeFileSync(options.write, insertFigures(readFileSync(options.write, 'utf8'), figures));
  }
  return failures === 0 ? 0 : 1;
}

/** A suite that cannot run is reported and passed over: the others' figures are still worth having. */
async function runSuites(chosen: readonly Suite[], options: BenchOptions) {
  await using context = new BenchContext(options.isQuick ? quickEffort : fullEffort, options.data, say);
  const outcomes: Outcome[] = [];
  let failures = 0;
  for (const suite of chosen) {
    try {
      const measured = await suite.run(context);
      outcomes.push(...measured);
      if (options.format === 'json') for (const outcome of measured) process.stdout.write(`${jsonLine(outcome)}\n`);
    } catch (error) {
      failures += 1;
      say(`${suite.name} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { outcomes, failures };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  say(error.message);
  process.exitCode = 2;
}
