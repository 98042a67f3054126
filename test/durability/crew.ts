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
