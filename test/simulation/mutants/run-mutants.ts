import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { Emphasis } from '../workload/emphasis.ts';
import type { Focus } from '../workload/focus.ts';
import { allMutants } from './all-mutants.ts';

/** Within so many seeds every mutant must be noticed. */
const seedsMax = 500;

/** Mutants of every part that are noticed within a few seeds: what every change is held to. */
const sample: ReadonlySet<string> = new Set([
  'no-sequence-dedup',
  'retry-gets-new-offset',
  'producers-not-stored',
  'producer-ids-repeat',
  'key-not-stored',
  'reply-before-durable',
  'end-forgotten-at-start',
  'relay-skips-hole',
  'relay-keeps-no-place',
  'fast-door-skips',
  'deletion-not-stored',
  'retention-ignores-time',
  'tiering-trusts-the-put',
  'compaction-drops-the-last',
  'revocation-not-awaited',
  'any-epoch-commits',
  'silence-is-golden',
  'begins-behind-the-commit',
  'lock-id-not-compared',
  'start-passes-what-is-open',
  'decision-not-stored',
  'init-keeps-the-epoch',
  'older-epochs-take-part',
  'aborted-index-entry-dropped',
  'stable-past-open-transactions',
]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    at: { type: 'string', default: '2' },
    sample: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(`Usage: npm run test:mutants -- [NAME ...] [options]

Runs the simulation with each broken rule, and fails when one is not noticed within ${seedsMax} seeds.

  --at N        how many at a time (default 2)
  --sample      only those that take a few seconds
  --seed N      the first seed (default 1)
  --minutes M   start no further mutant after so long; what was not run is named
`);
  process.exit(0);
}

type Verdict = { readonly name: string; readonly isKilled: boolean; readonly text: string };

const chosen = allMutants.filter(
  ({ name }) => (positionals.length === 0 || positionals.includes(name)) && (!values.sample || sample.has(name)),
);
const endMs =
  values.minutes === undefined ? Number.POSITIVE_INFINITY : performance.now() + Number(values.minutes) * 60_000;
const waiting = [...chosen];
const survivors: string[] = [];

await Promise.all(Array.from({ length: Number(values.at) }, work));
for (const { name } of waiting) console.log(`not run: ${name}`);
console.log(
  `${chosen.length - waiting.length - survivors.length} of ${chosen.length - waiting.length} mutants noticed within ${seedsMax} seeds` +
    (survivors.length > 0 ? `; SURVIVED: ${survivors.join(', ')}` : ''),
);
process.exitCode = survivors.length > 0 ? 1 : 0;

async function work(): Promise<void> {
  for (let mutant = next(); mutant !== undefined; mutant = next()) {
    const verdict = await run(mutant.name, mutant.focus);
    if (!verdict.isKilled) survivors.push(verdict.name);
    console.log(`${verdict.isKilled ? 'noticed ' : 'SURVIVED'} ${mutant.name.padEnd(30)} ${verdict.text}`);
  }
}

function next() {
  return performance.now() < endMs ? waiting.shift() : undefined;
}

function run(name: string, focus: Focus | Emphasis | null): Promise<Verdict> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      './test/simulation/mutants/load-mutant.ts',
      'test/simulation/main.ts',
      '--until-failure',
      '--seed',
      values.seed,
      '--seeds',
      String(seedsMax),
      ...(focus === null ? [] : ['--focus', focus]),
    ],
    { env: { ...process.env, SIMULATION_MUTANT: name }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      const failure = /FAILED seed (\d+).*\n\s+(.*)/.exec(output);
      const seeds =
        failure === null ? '' : `after ${Number(failure[1]) - Number(values.seed) + 1} seeds: ${failure[2]}`;
      const isBroken = failure === null && code !== 0;
      const text = isBroken ? `does not run: ${output.trim().replaceAll('\n', ' ').slice(-300)}` : seeds.slice(0, 150);
      resolve({ name, isKilled: failure !== null, text });
    });
  });
}
