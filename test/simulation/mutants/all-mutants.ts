import type { Mutant } from '../../support/lay-mutant.ts';
import type { Emphasis } from '../workload/emphasis.ts';
import type { Focus } from '../workload/focus.ts';
import { groupMutants } from './group-mutants.ts';
import { mutants } from './mutants.ts';
import { shareMutants } from './share-mutants.ts';
import { transactionMutants } from './transaction-mutants.ts';

/** Mutants that a mixed load would hide for hundreds of seeds. */
const emphases: Readonly<Record<string, Emphasis>> = {
  'news-instead-of-announcement': 'deliveries',
  'upkeep-not-armed': 'deliveries',
  'failure-not-repeated': 'deliveries',
  'relay-registers-not-again': 'deliveries',
  'close-not-stored': 'deletions',
  'close-told-once': 'deletions',
  'grants-for-ever': 'deletions',
  'tiering-forgets-its-object': 'objects',
};

/** Every mutant, with the seeds that are to notice it: null for all of them. */
export const allMutants: readonly (Mutant & { readonly focus: Focus | Emphasis | null })[] = [
  ...mutants.map((mutant) => ({ ...mutant, focus: emphases[mutant.name] ?? null })),
  ...groupMutants.map((mutant) => ({ ...mutant, focus: 'group' as const })),
  ...shareMutants.map((mutant) => ({ ...mutant, focus: 'share' as const })),
  ...transactionMutants.map((mutant) => ({ ...mutant, focus: 'transaction' as const })),
];
