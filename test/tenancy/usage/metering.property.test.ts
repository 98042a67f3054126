import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testRef, unwrap } from '../../support/partition-harness.ts';
import { MeteredPartition, type Step } from './metered-partition.ts';

const key = fc.integer({ min: 0, max: 3 });
const producerId = fc.integer({ min: 1, max: 2 });
const records = fc.integer({ min: 1, max: 4 });
const fate = fc.constantFrom('arrives', 'arrives meanwhile', 'answer is lost', 'is lost');

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('loose'),
    keys: fc.array(key, { minLength: 1, maxLength: 5 }),
    sizes: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 5, maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('batch'), key, producerId, records }),
  fc.record({ kind: fc.constant('retry'), producerId }),
  fc.record({ kind: fc.constant('claimed'), key, claim: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('refused'), key }),
  fc.record({ kind: fc.constant('transaction'), key, records, committed: fc.boolean() }),
  fc.record({ kind: fc.constant('restart') }),
  fc.record({
    kind: fc.constant('crash'),
    at: fc.integer({ min: 1, max: 3 }),
    side: fc.constantFrom('before', 'after'),
    key,
  }),
  fc.record({
    kind: fc.constant('time'),
    ms: fc.constantFrom(1, 5_000, 61_000, 3_600_000, 86_400_000),
    fate,
  }),
  fc.record({ kind: fc.constant('read') }),
) as fc.Arbitrary<Step>;

describe('what is metered', () => {
  test('is what the log holds, to the record and the byte, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const metered = await MeteredPartition.open();
        for (const one of steps) await metered.run(one);
        await metered.settle();
        const entered = await metered.entered();
        const sum = (name: 'records' | 'bytes') => [...entered.values()].reduce((total, row) => total + row[name], 0);
        const stored = await metered.stored();
        expect({ records: sum('records'), bytes: sum('bytes') }).toEqual(stored);
        for (const [keyId, count] of metered.acknowledged) {
          // What died with the object's answer may be stored besides.
          const crashes = steps.filter(({ kind }) => kind === 'crash').length;
          const counted = entered.get(keyId)?.records ?? 0;
          expect(counted).toBeGreaterThanOrEqual(count);
          if (crashes === 0 && keyId !== '') expect(counted).toBe(count);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('outlives the rows that said it, when retention empties the log', async () => {
    const metered = await MeteredPartition.open({ retentionMs: 1_000, millraceTiering: 'false' });
    for (let count = 0; count < 3; count += 1) await metered.run({ kind: 'loose', keys: [1, 2], sizes: [100, 200] });
    await metered.run({ kind: 'time', ms: 3_600_000, fate: 'is lost' });
    expect(unwrap(await metered.harness.service.describe(testRef, 1))).toMatchObject({
      logStartOffset: 6,
      localBytes: 0,
    });
    metered.restart();
    await metered.settle();
    const entered = await metered.entered();
    expect([entered.get('key1')?.records, entered.get('key2')?.records]).toEqual([3, 3]);
  });

  test('is told before a deleted topic is gone', async () => {
    const metered = await MeteredPartition.open();
    await metered.run({ kind: 'batch', key: 1, producerId: 1, records: 4 });
    metered.fate = 'is lost';
    unwrap(await metered.harness.service.close(testRef));
    await metered.run({ kind: 'time', ms: 600_000, fate: 'is lost' });
    metered.restart();
    for (let round = 0; round < 5; round += 1) await metered.run({ kind: 'time', ms: 600_000, fate: 'arrives' });
    expect(unwrap(await metered.harness.service.close(testRef)).isPurged).toBe(true);
    expect((await metered.entered()).get('key1')?.records).toBe(4);
  });
});
