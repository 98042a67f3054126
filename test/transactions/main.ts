import { judgeChain } from './chain-verdict.ts';

/**
 * Runs chains by themselves: `--records` numbers through three topics (2,000 unless given), `--seed` the first seed (1)
 * and `--seeds` how many (1). Exit code 1 and the broken invariant, or 0.
 */
function option(name: string, absent: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? absent : Number(process.argv[at + 1]);
}

const recordCount = option('records', 2_000);
const first = option('seed', 1);
const last = first + option('seeds', 1) - 1;
for (let seed = first; seed <= last && process.exitCode === undefined; seed += 1) {
  const beganMs = Date.now();
  const batchSize = recordCount > 10_000 ? 100 : 10;
  const wrong = await judgeChain({ seed, recordCount, killRate: 0.05, batchSize });
  const seconds = ((Date.now() - beganMs) / 1000).toFixed(1);
  console.log(wrong ?? `seed ${seed}: each of ${recordCount} numbers came out once, in ${seconds} s`);
  if (wrong !== null) process.exitCode = 1;
}
