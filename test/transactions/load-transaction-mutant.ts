import { layMutant } from '../support/lay-mutant.ts';
import { transactionMutants } from './transaction-mutants.ts';

/** Preloaded (`node --import`): lays the mutant of this name over the modules it changes, as they are loaded. */
const name = process.env.TRANSACTION_MUTANT;
const mutant = transactionMutants.find((candidate) => candidate.name === name);
if (mutant === undefined) throw new Error(`there is no mutant ${name}`);
layMutant(mutant);
