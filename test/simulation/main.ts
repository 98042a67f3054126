import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type SimulationOutcome, simulate } from './simulation.ts';

const help = `Usage: npm run test:sim -- [options]

  --seed N        the first seed (default 1)
  --seeds COUNT   how many seeds, one after the other (default 1)
  --minutes M     as many seeds as fit; the last one is finished
  --trace         print every event of the run
  --history FILE  write the history, for "millrace check FILE"
  --without LIST  leave out fault classes, separated by commas
  --until-failure stop at the first seed with a violation
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    minutes: { type: 'string' },
    trace: { type: 'boolean', default: false },
    history: { type: 'string' },
    without: { type: 'string', default: '' },
    'until-failure': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}

const firstSeed = Number(values.seed);
const seeds =
  values.seeds === undefined ? (values.minutes === undefined ? 1 : Number.MAX_SAFE_INTEGER) : Number(values.seeds);
const disabledFaults = new Set(values.without.split(',').filter((name) => name !== ''));
const startedMs = performance.now();
const endMs = values.minutes === undefined ? Number.POSITIVE_INFINITY : startedMs + Number(values.minutes) * 60_000;

const totals = new Map<string, number>();
const failedSeeds: number[] = [];
let events = 0;
let virtualMs = 0;
let loadMs = 0;
let operations = 0;
let run = 0;

for (let seed = firstSeed; run < seeds && performance.now() < endMs; seed += 1) {
  const outcome = await simulate({
    seed,
    disabledFaults,
    ...(values.trace && { print: (line: string) => process.stdout.write(`${line}\n`) }),
  });
  run += 1;
  events += outcome.events;
  virtualMs += outcome.virtualMs;
  loadMs += outcome.loadMs;
  operations += outcome.report.operations;
  for (const [what, count] of outcome.counts) totals.set(what, (totals.get(what) ?? 0) + count);
  if (values.history !== undefined) writeFileSync(values.history, `${outcome.history.join('\n')}\n`);
  if (outcome.violations.length > 0) reportFailure(outcome);
  if (values['until-failure'] && failedSeeds.length > 0) break;
}

const seconds = (performance.now() - startedMs) / 1_000;
const hours = (ms: number) => (ms / 3_600_000).toFixed(1);
for (const [what, count] of [...totals].sort()) console.log(`  ${String(count).padStart(9)}  ${what}`);
console.log(
  `${run} seeds from ${firstSeed} in ${seconds.toFixed(1)} s: ${hours(virtualMs)} simulated hours (${hours(loadMs)} of them under load, the rest until the last deadline), ` +
    `${events} events, ${operations} operations checked, ${totals.get('crash') ?? 0} crashes, ${failedSeeds.length} seeds with violations`,
);
if (failedSeeds.length > 0) process.exitCode = 1;

function reportFailure(outcome: SimulationOutcome): void {
  failedSeeds.push(outcome.seed);
  console.log(`FAILED seed ${outcome.seed} (trace ${outcome.digest})`);
  for (const violation of outcome.violations.slice(0, 8)) console.log(`  ${violation}`);
  console.log(`  again: npm run test:sim -- --seed ${outcome.seed} --trace`);
}
