import { layMutant } from '../../support/lay-mutant.ts';
import { allMutants } from './all-mutants.ts';

/** Preloaded (`node --import`): lays the mutant of this name over the modules it changes, as they are loaded. */
const name = process.env.SIMULATION_MUTANT;
const mutant = allMutants.find((candidate) => candidate.name === name);
if (mutant === undefined) throw new Error(`there is no mutant ${name}`);
layMutant(mutant);
