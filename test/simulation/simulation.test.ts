import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allMutants } from './mutants/all-mutants.ts';
import { simulate } from './simulation.ts';

test('a seed is a whole run: repeating it gives the same bytes', { timeout: 60_000 }, async () => {
  const first = await simulate({ seed: 7 });
  const second = await simulate({ seed: 7 });
  expect(second.digest).toBe(first.digest);
  expect(second.history).toEqual(first.history);
  expect((await simulate({ seed: 8 })).digest).not.toBe(first.digest);
});

test('some seeds hold every promise', { timeout: 60_000 }, async () => {
  const violations: string[] = [];
  for (let seed = 1; seed <= 10; seed += 1) violations.push(...(await simulate({ seed })).violations);
  expect(violations).toEqual([]);
});

test('every mutant still fits the code that it breaks', () => {
  const misfits = allMutants.flatMap(({ name, edits }) =>
    edits.filter(({ file, find }) => readFileSync(file, 'utf8').split(find).length !== 2).map(() => name),
  );
  expect(misfits).toEqual([]);
});

test('code that reaches past its ports fails at once', async () => {
  const { inSealedWorld } = await import('./world-sealing.ts');
  for (const use of [
    () => Date.now(),
    () => Math.random(),
    () => setTimeout(() => {}, 1),
    () => crypto.getRandomValues(new Uint8Array(1)),
  ]) {
    await expect(
      inSealedWorld(
        async () => use(),
        () => {},
      ),
    ).rejects.toThrow('simulated world');
  }
  expect(Date.now()).toBeGreaterThan(0);
});
