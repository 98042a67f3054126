import type { Job } from '../../../src/client/index.ts';
import { Badge } from '../ui/badge.tsx';

const tones = { running: 'info', done: 'ok', cancelled: 'neutral', failed: 'danger' } as const;

export function JobState({ job }: { readonly job: Job }) {
  return <Badge tone={tones[job.state]}>{job.waitingFor === null ? job.state : 'waiting'}</Badge>;
}

/** What a job does, in a few words. */
export function jobTitle({ kind, source, target, group }: Job): string {
  return kind === 'replay' ? `${source} to ${target}` : `Dead letters of ${group}`;
}

/** From 0 to 1; a job about nothing is whole. */
export function shareDone({ offsets, offsetsDone }: Job): number {
  return offsets === 0 ? 1 : offsetsDone / offsets;
}
