import type { Failure } from '../errors/result.ts';

/** A topic that is meant by its id: a new one of the same name is another. */
export type JobTopic = { readonly topic: string; readonly topicId: string };

/** What a job does. */
export type JobTask =
  /** Copies records with their keys, headers and times, those that `filter` means, or all. */
  | {
      readonly kind: 'replay';
      readonly source: JobTopic;
      readonly target: JobTopic;
      readonly filter: string | null;
      /** What a filter's -15m is counted from. */
      readonly startedAtMs: number;
    }
  /** Sends the dead letters of a share group to the partitions they came from. */
  | { readonly kind: 'redrive'; readonly source: JobTopic; readonly groupId: string };

/** Offsets `from` up to, and without, `to`. */
export type JobRange = { readonly partition: number; readonly from: number; readonly to: number };

/** A range, and where its next step begins. */
export type JobPartition = JobRange & { readonly next: number };

export type JobState = 'running' | 'done' | 'cancelled' | 'failed';

/** What a job has done; `passedOver` was read and not written, since it was not meant or could not be sent. */
export type JobCounts = {
  readonly read: number;
  readonly written: number;
  readonly writtenBytes: number;
  readonly passedOver: number;
};

export const nothingDone: JobCounts = { read: 0, written: 0, writtenBytes: 0, passedOver: 0 };

export type Job = {
  readonly jobId: string;
  readonly task: JobTask;
  readonly state: JobState;
  /** The id of the principal on whose behalf it runs. */
  readonly startedBy: string;
  readonly partitions: readonly JobPartition[];
  readonly counts: JobCounts;
  /** Why it failed, or what it waits for while it runs; null otherwise. */
  readonly failure: Failure | null;
  readonly startedAtMs: number;
  readonly updatedAtMs: number;
  readonly endedAtMs: number | null;
};

/** What has been sent back of the dead letters of a share group. */
export type Redriven = {
  /** Of the dead-letter topic's partitions: every letter below has been sent back, or passed over. */
  readonly partitions: readonly { readonly topicId: string; readonly partition: number; readonly next: number }[];
  /** Letters above it that were sent back one by one. */
  readonly letters: readonly { readonly topicId: string; readonly partition: number; readonly offset: number }[];
};

/** The partition whose turn it is: the first that is not done. */
export function nextPartition(partitions: readonly JobPartition[]): JobPartition | null {
  return partitions.find(({ next, to }) => next < to) ?? null;
}

export function addCounts(one: JobCounts, other: JobCounts): JobCounts {
  return {
    read: one.read + other.read,
    written: one.written + other.written,
    writtenBytes: one.writtenBytes + other.writtenBytes,
    passedOver: one.passedOver + other.passedOver,
  };
}
