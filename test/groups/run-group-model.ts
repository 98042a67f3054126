import fc from 'fast-check';
import { groupModel } from './group-model.ts';

/** Runs the model by itself, as a mutant is judged: exit code 1 and what was noticed, or 0. */
const outcome = await fc.check(groupModel, { numRuns: 3_000, endOnFailure: true });
if (outcome.failed) console.log(String(outcome.errorInstance));
process.exitCode = outcome.failed ? 1 : 0;
