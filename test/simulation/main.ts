import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { disablingFaults } from './fault-search.ts';
import { addOutcome, addTotals, describeTotals, missingStates, noTotals, type RunTotals } from './run-totals.ts';
import { type SimulationOutcome, simulate } from './simulation.ts';
import { emphasisOf } from './workload/emphasis.ts';
import { focusOf } from './workload/focus.ts';

const help = `Usage: npm run test:sim -- [options]

  --seed N         the first seed (default 1)
  --seeds COUNT    how many seeds, one after the other (default 1)
  --minutes M      as many seeds as fit; the last one is finished
  --processes N    that many processes side by side, their seeds a million apart
  --until-failure  stop at the first seed with a violation
  --coverage       fail when a rare state was not reached often enough

  --focus KIND     only seeds whose clients use topics (log), a consumer group (group), a share group (share) or
                   transactions (transaction), or that dwell on deliveries, deletions or objects
  --trace          print every event of the run
  --history FILE   write the history of the last seed, for "millrace check FILE"
  --without LIST   leave out fault classes, separated by commas
  --minimise       find out which fault classes the violation of --seed needs
`;

/** Seeds of different processes do not meet. */
const seedsPerProcess = 1_000_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    minutes: { type: 'string' },
    processes: { type: 'string', default: '1' },
    'until-failure': { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
    focus: { type: 'string' },
    trace: { type: 'boolean', default: false },
    history: { type: 'string' },
    without: { type: 'string', default: '' },
    minimise: { type: 'boolean', default: false },
    totals: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const firstSeed = Number(values.seed);
const startedMs = performance.now();

if (values.help) {
  process.stdout.write(help);
} else if (values.minimise) {
  console.log(await disablingFaults(firstSeed));
} else {
  const totals = Number(values.processes) > 1 ? await runProcesses(Number(values.processes)) : await runSeeds();
  if (values.totals) console.log(`totals ${JSON.stringify(totals)}`);
  else finish(totals);
}

function finish(totals: RunTotals): void {
  console.log(describeTotals(totals, (performance.now() - startedMs) / 1_000));
  const missing = values.coverage ? missingStates(totals) : [];
  if (missing.length > 0) console.log(`NOT REACHED often enough: ${missing.join(', ')}`);
  if (totals.failedSeeds.length > 0 || missing.length > 0) process.exitCode = 1;
}

async function runSeeds(): Promise<RunTotals> {
  const count =
    values.seeds === undefined ? (values.minutes === undefined ? 1 : Number.POSITIVE_INFINITY) : Number(values.seeds);
  const endMs = values.minutes === undefined ? Number.POSITIVE_INFINITY : startedMs + Number(values.minutes) * 60_000;
  const disabledFaults = new Set(values.without.split(',').filter((name) => name !== ''));
  const totals = noTotals();
  for (let seed = firstSeed; totals.seeds < count && performance.now() < endMs; seed += 1) {
    if (values.focus !== undefined && ![focusOf(seed), emphasisOf(seed)].some((kind) => kind === values.focus))
      continue;
    const print = values.trace ? (line: string) => process.stdout.write(`${line}\n`) : undefined;
    const outcome = await simulate({ seed, disabledFaults, ...(print && { print }) });
    addOutcome(totals, outcome);
    if (values.history !== undefined) writeFileSync(values.history, `${outcome.history.join('\n')}\n`);
    if (outcome.violations.length > 0) reportFailure(outcome);
    if (values['until-failure'] && totals.failedSeeds.length > 0) break;
  }
  return totals;
}

function reportFailure(outcome: SimulationOutcome): void {
  console.log(`FAILED seed ${outcome.seed} (trace ${outcome.digest})`);
  for (const violation of outcome.violations.slice(0, 8)) console.log(`  ${violation}`);
  const without = values.without === '' ? '' : ` --without ${values.without}`;
  console.log(`  again: npm run test:sim -- --seed ${outcome.seed}${without} --trace`);
}

async function runProcesses(count: number): Promise<RunTotals> {
  const totals = noTotals();
  const run = async (index: number) => {
    const words = [import.meta.filename, '--totals', '--seed', String(firstSeed + index * seedsPerProcess)];
    if (values.seeds !== undefined) words.push('--seeds', values.seeds);
    if (values.focus !== undefined) words.push('--focus', values.focus);
    if (values.minutes !== undefined) words.push('--minutes', values.minutes);
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    let hasEnded = false;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('totals ')) {
        addTotals(totals, JSON.parse(line.slice('totals '.length)) as RunTotals);
        hasEnded = true;
      } else {
        console.log(line);
      }
    }
    if (!hasEnded) throw new Error(`a process of the simulation ended early: seeds from ${words[3]}`);
  };
  await Promise.all(Array.from({ length: count }, (_, index) => run(index)));
  return totals;
}
