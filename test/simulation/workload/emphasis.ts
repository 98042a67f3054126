import type { FaultPlan } from '../fault-plan.ts';
import { SeededRandom } from '../seeded-random.ts';
import { focusOf } from './focus.ts';

/**
 * What the clients and faults of a `log` run dwell on. Some mistakes show only when little else happens, and a mixed
 * load hides them: the next flush makes up for a lost delivery, a retry for a grant that came late.
 */
export type Emphasis = 'deliveries' | 'deletions' | 'objects';

/** What the administrator may be about. */
export type Chore = 'recreate' | 'grow' | 'delete records' | 'configure';

/** What is different from a mixed load. */
export type Accents = {
  readonly topicsMax: number;
  /** One of them is drawn each time. */
  readonly chores: readonly Chore[];
  /** Between two chores. */
  readonly choreBreakMs: { readonly min: number; readonly max: number };
  /** Between two sends of a producer, times as long. */
  readonly slowness: number;
  readonly segmentMs: { readonly min: number; readonly max: number };
  readonly retentionMs: { readonly min: number; readonly max: number };
  readonly expiringShare: number;
  readonly tieringShare: number;
  /** How many of the calls that land late do so by minutes. */
  readonly veryLateShare: number;
  /** Rates of faults that are in every run, at least. */
  readonly faultsAtLeast: Partial<FaultPlan>;
  readonly faultsLeftOut: readonly (keyof FaultPlan)[];
};

const mixed: Accents = {
  topicsMax: 3,
  chores: ['recreate', 'grow', 'delete records', 'configure', 'configure', 'configure', 'configure'],
  choreBreakMs: { min: 300, max: 10_000 },
  slowness: 1,
  // Small segments, so that a short run has many.
  segmentMs: { min: 50, max: 60_000 },
  retentionMs: { min: 2_000, max: 60_000 },
  expiringShare: 0.2,
  tieringShare: 0.7,
  veryLateShare: 0.05,
  faultsAtLeast: {},
  faultsLeftOut: [],
};

const accents: Readonly<Record<Emphasis, Accents>> = {
  // Few records and few alarms, so that nothing but its repetition makes up for a delivery that was lost.
  deliveries: {
    ...mixed,
    topicsMax: 1,
    chores: ['grow', 'grow', 'configure'],
    choreBreakMs: { min: 1_000, max: 6_000 },
    slowness: 30,
    segmentMs: { min: 120_000, max: 3_600_000 },
    expiringShare: 0,
    faultsAtLeast: { requestLost: 0.2 },
    faultsLeftOut: ['alarmLost', 'alarmTwice'],
  },
  // Topics that hardly begin before they go, and calls that reach what is left of them.
  deletions: {
    ...mixed,
    topicsMax: 2,
    chores: ['recreate', 'recreate', 'recreate', 'recreate', 'grow'],
    choreBreakMs: { min: 10, max: 2_000 },
    veryLateShare: 0.5,
    faultsAtLeast: { requestLost: 0.05, duplicateCall: 0.02 },
  },
  // Segments that move, are cleaned and dropped all the time, and a store that answers late or not at all.
  objects: {
    ...mixed,
    topicsMax: 2,
    chores: ['recreate', 'grow', 'delete records', 'delete records', 'delete records', 'configure', 'configure'],
    choreBreakMs: { min: 50, max: 2_000 },
    segmentMs: { min: 50, max: 2_000 },
    retentionMs: { min: 2_000, max: 10_000 },
    expiringShare: 0.4,
    tieringShare: 0.95,
    faultsAtLeast: { blobTimeout: 0.03, blobError: 0.02 },
  },
};

/** Drawn apart from everything else, as the focus is. */
export function emphasisOf(seed: number): Emphasis | null {
  if (focusOf(seed) !== 'log') return null;
  const drawn = new SeededRandom(seed ^ 0x65_6d_70_68).next();
  if (drawn < 0.15) return 'deliveries';
  if (drawn < 0.3) return 'deletions';
  return drawn < 0.4 ? 'objects' : null;
}

export const accentsOf = (emphasis: Emphasis | null): Accents => (emphasis === null ? mixed : accents[emphasis]);
