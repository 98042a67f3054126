import { expect, test } from 'vitest';
import { judgeChain } from './chain-verdict.ts';

test.each([1, 2, 3, 4])(
  '[I-2a] [I-2e] each number comes out of the chain once, whoever is killed and when (seed %i)',
  async (seed) => {
    expect(await judgeChain({ seed, recordCount: 400, killRate: 0.05, batchSize: 10 })).toBeNull();
  },
  120_000,
);
