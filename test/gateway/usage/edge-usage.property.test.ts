import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EdgeWorld, type Fate } from './edge-world.ts';

type Step =
  | { readonly kind: 'serve'; readonly key: number; readonly topic: number; readonly records: number }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'fate'; readonly fate: Fate }
  | { readonly kind: 'crash' };

const serve = fc.record({
  kind: fc.constant('serve'),
  key: fc.integer({ min: 0, max: 2 }),
  topic: fc.integer({ min: 0, max: 2 }),
  records: fc.integer({ min: 1, max: 50 }),
});
const time = fc.record({
  kind: fc.constant('time'),
  ms: fc.constantFrom(1, 900, 4_000, 11_000, 26_000, 61_000, 3_700_000, 90_000_000),
});
const fate = fc.record({
  kind: fc.constant('fate'),
  fate: fc.constantFrom('arrives', 'answer is lost', 'is lost', 'arrives twice', 'is refused'),
});
const step = fc.oneof(
  { weight: 5, arbitrary: serve },
  { weight: 3, arbitrary: time },
  { weight: 1, arbitrary: fate },
) as fc.Arbitrary<Step>;
const stepOrCrash = fc.oneof(
  { weight: 9, arbitrary: step },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'crash' }) },
);

async function run(world: EdgeWorld, steps: readonly Step[]): Promise<void> {
  for (const one of steps) {
    if (one.kind === 'serve') world.serve(`key${one.key}`, `topic${one.topic}`, one.records);
    else if (one.kind === 'time') await world.pass(one.ms);
    else if (one.kind === 'fate') world.fate = one.fate;
    else world.crash();
    world.expectNotTooMuch();
  }
}

describe('what edges count', () => {
  test('is never more than was served, whatever becomes of reports and edges', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepOrCrash, { minLength: 5, maxLength: 60 }), async (steps) => {
        const world = new EdgeWorld();
        await run(world, steps);
        world.fate = 'arrives';
        await world.pass(120_000);
        world.expectNotTooMuch();
      }),
      { numRuns: 300 },
    );
  });

  test('is all that was served, to the record and the byte, unless an edge is lost', async () => {
    // What nobody takes for an hour is given up, so time passes in smaller steps here.
    const soon = step.filter((one) => one.kind !== 'time' || one.ms <= 61_000);
    await fc.assert(
      fc.asyncProperty(fc.array(soon, { minLength: 5, maxLength: 40 }), async (steps) => {
        const world = new EdgeWorld();
        await run(world, steps);
        world.fate = 'arrives';
        // What was told in vain is told again with what is served next.
        world.serve('key0', 'topic0', 1);
        await world.pass(120_000);
        expect(world.entered()).toEqual(world.served());
      }),
      { numRuns: 300 },
    );
  });
});
