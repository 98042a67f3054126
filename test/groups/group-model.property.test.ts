import fc from 'fast-check';
import { it } from 'vitest';
import { groupModel } from './group-model.ts';

it('[I-3a I-3b I-3c I-3d I-3f] one holder a partition, no stale commit, and rest, whatever the network does', async () => {
  await fc.assert(groupModel, { numRuns: 500 });
}, 120_000);
