import { SeededRandom } from '../seeded-random.ts';

/** What most of a run's clients do: use topics, consume in a group, work in a share group, or write in transactions. */
export type Focus = 'log' | 'group' | 'share' | 'transaction';

/** Loads last this much longer where sessions, locks and transactions have to end. */
export const groupLoadFactor = 2.5;

/** Drawn apart from everything else, so that a run without groups is what it would be if there were none. */
export function focusOf(seed: number): Focus {
  const drawn = new SeededRandom(seed ^ 0x67_72_6f_75).next();
  if (drawn < 0.25) return 'group';
  if (drawn < 0.4) return 'share';
  return drawn < 0.55 ? 'transaction' : 'log';
}
