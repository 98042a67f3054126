import { SeededRandom } from '../seeded-random.ts';

/** What most of a run's clients do: use topics, or consume in a group, or work in a share group. */
export type Focus = 'log' | 'group' | 'share';

/** Loads last this much longer with groups, in which sessions and locks have to end. */
export const groupLoadFactor = 2.5;

/** Drawn apart from everything else, so that a run without groups is what it would be if there were none. */
export function focusOf(seed: number): Focus {
  const drawn = new SeededRandom(seed ^ 0x67_72_6f_75).next();
  if (drawn < 0.25) return 'group';
  return drawn < 0.4 ? 'share' : 'log';
}
