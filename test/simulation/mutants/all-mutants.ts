import type { Mutant } from '../../support/lay-mutant.ts';
import type { Focus } from '../workload/focus.ts';
import { groupMutants } from './group-mutants.ts';
import { mutants } from './mutants.ts';
import { shareMutants } from './share-mutants.ts';

/** Every mutant, with the seeds that are to notice it: null for all of them. */
export const allMutants: readonly (Mutant & { readonly focus: Focus | null })[] = [
  ...mutants.map((mutant) => ({ ...mutant, focus: null })),
  ...groupMutants.map((mutant) => ({ ...mutant, focus: 'group' as const })),
  ...shareMutants.map((mutant) => ({ ...mutant, focus: 'share' as const })),
];
