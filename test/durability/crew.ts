import { setTimeout as pause } from 'node:timers/promises';
import type { World } from './asking.ts';
import type { FinalPartition } from './final-read.ts';

/** Programs that share out a topic among themselves while the platform is killed. */
export interface Crew {
  /** On a platform that is no longer killed: resolves once all of the topic is dealt with and every program ended. */
  finish(finals: readonly FinalPartition[]): Promise<void>;
  /** Reports what does not fit into the topic's log. */
  judge(finals: readonly FinalPartition[]): void;
  /** What was done, as a line for people. */
  readonly figures: string;
}

/** Joining and acquiring take so much of a short life of the platform that writers get half as far in it. */
const worksEvery = 3;

/** Between two looks whether it is time to work, in ms. */
const lookEveryMs = 50;

/** Resolves when the platform is up in one of the lives in which crews work: every third, and the last one. */
export async function whenAtWork(world: World): Promise<void> {
  for (;;) {
    await world.platform.whenUp();
    if (world.isEnding() || world.platform.startsMs.length % worksEvery === 0) return;
    await pause(lookEveryMs);
  }
}
