import { checkAccess, checkEach } from '../../authorization/access-check.ts';
import type { Principal } from '../../authorization/principal.ts';
import { recordKeyFilter } from '../../authorization/record-key-rules.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import { parseFilter } from '../../filter/filter-parser.ts';
import type { ShareGroupRpc } from '../../groups/share/share-group-rpc.ts';
import type { Job, JobRange, JobTask } from '../../jobs/job.ts';
import type { JobRpc } from '../../jobs/job-rpc.ts';
import { unknownJob } from '../../jobs/job-service.ts';
import type { ReadFrom } from '../../log/partition-rpc.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ClusterRef, TopicRoute } from '../../topics/catalog-rpc.ts';
import type { PartitionEnds } from '../partition-ends.ts';
import type { TopicRoutes } from '../ports.ts';
import type { RecordReader } from '../read.ts';
import { inWaves } from '../waves.ts';
import { jobPrincipalText } from './job-principals.ts';

/** A place where a range begins or ends: the first record at or after a moment, an offset of one partition, or an end of the log. */
export type JobPlace = ReadFrom;

export type ReplayRequest = {
  readonly source: string;
  readonly target: string;
  /** Null for all. */
  readonly partition: number | null;
  readonly from: JobPlace;
  readonly to: JobPlace;
  readonly filter: string | null;
};

export type RedriveRequest = {
  readonly groupId: string;
  /** One letter, by its place in the dead-letter topic; null for all that did not go back yet. */
  readonly letter: { readonly partition: number; readonly offset: number } | null;
};

/** A job that may be started: what it is about, now. */
export type PlannedJob = {
  readonly task: JobTask;
  readonly ranges: readonly JobRange[];
  readonly isAll: boolean;
};

export type JobEdgePorts = {
  readonly cluster: ClusterRef;
  readonly principal: Principal;
  readonly jobs: JobRpc;
  readonly shareGroups: Pick<ShareGroupRpc, 'describe'>;
  readonly routes: TopicRoutes;
  readonly reader: RecordReader;
  readonly ends: PartitionEnds;
  readonly clock: Clock;
  readonly newId: () => string;
};

/** The jobs of one cluster as an edge reaches them, on behalf of a principal. */
export class JobEdge {
  readonly #ports: JobEdgePorts;

  constructor(ports: JobEdgePorts) {
    this.#ports = ports;
  }

  get rpc(): JobRpc {
    return this.#ports.jobs;
  }

  /** READ of the source and WRITE of the target. INVALID_REQUEST for a filter or range that cannot be. */
  async planReplay(request: ReplayRequest): Promise<Result<PlannedJob>> {
    const { principal, clock } = this.#ports;
    const { source, target, filter } = request;
    const allowed = checkWholeTopics(principal, [source], [target]);
    if (!allowed.ok) return allowed;
    if (source === target) {
      return failed('INVALID_REQUEST', 'A topic cannot be replayed into itself: name another target.');
    }
    const parsed = filter === null ? ok(null) : parseFilter(filter);
    if (!parsed.ok) return parsed;
    const from = await this.#ports.routes.find(source);
    if (!from.ok) return from;
    const to = await this.#ports.routes.find(target);
    if (!to.ok) return to;
    const ranges = await this.#rangesOf(from.value, request);
    if (!ranges.ok) return ranges;
    const task: JobTask = {
      kind: 'replay',
      source: topicOf(from.value),
      target: topicOf(to.value),
      filter,
      startedAtMs: clock.nowMs(),
    };
    return ok({ task, ranges: ranges.value, isAll: false });
  }

  /** READ of the dead-letter topic and WRITE of the topics that the group reads. INVALID_REQUEST without such a topic. */
  async planRedrive({ groupId, letter }: RedriveRequest): Promise<Result<PlannedJob>> {
    const { cluster, principal, shareGroups, routes } = this.#ports;
    const group = checkAccess(principal, { operation: 'READ', resourceType: 'GROUP', resourceName: groupId });
    if (!group.ok) return group;
    const described = await shareGroups.describe({ ...cluster, groupId });
    if (!described.ok) return described;
    const { deadLetterTopic } = described.value.group.config;
    if (deadLetterTopic === null) {
      return failed('INVALID_REQUEST', `Share group "${groupId}" has no dead-letter topic; set one first.`);
    }
    const targets = described.value.topics.map(({ topic }) => topic);
    const allowed = checkWholeTopics(principal, [deadLetterTopic], targets);
    if (!allowed.ok) return allowed;
    const route = await routes.find(deadLetterTopic);
    if (!route.ok) return route;
    const ranges = await this.#rangesOf(route.value, {
      partition: letter?.partition ?? null,
      from: letter === null ? 'earliest' : { offset: letter.offset },
      to: letter === null ? 'latest' : { offset: letter.offset + 1 },
    });
    if (!ranges.ok) return ranges;
    if (letter !== null && ranges.value.length === 0) {
      return failed(
        'OFFSET_OUT_OF_RANGE',
        `There is no record ${letter.offset} in partition ${letter.partition} of ${deadLetterTopic}.`,
      );
    }
    return ok({
      task: { kind: 'redrive', source: topicOf(route.value), groupId },
      ranges: ranges.value,
      isAll: letter === null,
    });
  }

  /** A job that `isShown`; one that is not is none. */
  async find(jobId: string, isShown: (job: Job) => boolean): Promise<Result<Job>> {
    const found = await this.#ports.jobs.describeJob(this.#ports.cluster, jobId);
    if (!found.ok) return found;
    return isShown(found.value) ? found : unknownJob(jobId);
  }

  start({ task, ranges, isAll }: PlannedJob): Promise<Result<Job>> {
    const { principal, cluster, jobs, newId } = this.#ports;
    const kept = jobPrincipalText(principal);
    if (!kept.ok) return Promise.resolve(kept);
    return jobs.startJob({
      ref: cluster,
      jobId: newId(),
      task,
      ranges,
      isAll,
      startedBy: principal.id,
      principal: kept.value,
    });
  }

  /** What there is of each partition between the two places, without those where that is nothing. */
  async #rangesOf(
    route: TopicRoute,
    { partition, from, to }: Pick<ReplayRequest, 'partition' | 'from' | 'to'>,
  ): Promise<Result<JobRange[]>> {
    const { topic, partitionCount } = route;
    if (partition === null && (isOffset(from) || isOffset(to))) {
      return failed('INVALID_REQUEST', 'An offset means something in one partition only: name the partition.');
    }
    if (partition !== null && partition >= partitionCount) {
      return failed(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `Topic ${topic} has partitions 0 to ${partitionCount - 1}, not ${partition}.`,
      );
    }
    const partitions = partition === null ? Array.from({ length: partitionCount }, (_, index) => index) : [partition];
    const found = await inWaves(partitions, (one) => this.#rangeOf(topic, one, from, to));
    const ranges: JobRange[] = [];
    for (const range of found) {
      if (!range.ok) return range;
      if (range.value.from < range.value.to) ranges.push(range.value);
    }
    return ok(ranges);
  }

  async #rangeOf(topic: string, partition: number, from: JobPlace, to: JobPlace): Promise<Result<JobRange>> {
    const described = await this.#ports.ends.describe({ topic, partition });
    if (!described.ok) return described;
    const { logStartOffset, highWatermark } = described.value;
    const offsetAt = async (place: JobPlace): Promise<Result<number>> => {
      if (place === 'earliest') return ok(logStartOffset);
      if (place === 'latest') return ok(highWatermark);
      if ('offset' in place) return ok(place.offset);
      const options = { topic, partition, maxBytes: 1, waitMs: 0, minBytes: 1 };
      const read = await this.#ports.reader.read({ ...options, from: place });
      if (!read.ok) return read;
      await read.value.response.body?.cancel();
      return ok(read.value.startOffset);
    };
    const first = await offsetAt(from);
    if (!first.ok) return first;
    const end = await offsetAt(to);
    if (!end.ok) return end;
    return ok({
      partition,
      from: Math.max(first.value, logStartOffset),
      to: Math.min(end.value, highWatermark),
    });
  }
}

const isOffset = (place: JobPlace): boolean => typeof place === 'object' && 'offset' in place;

const topicOf = ({ topic, topicId }: TopicRoute) => ({ topic, topicId });

/** A job moves all records of a range, so a token that is held to some keys cannot start one. */
function checkWholeTopics(principal: Principal, read: readonly string[], written: readonly string[]): Result<null> {
  const mayRead = checkEach(principal, 'READ', 'TOPIC', read);
  if (!mayRead.ok) return mayRead;
  const mayWrite = checkEach(principal, 'WRITE', 'TOPIC', written);
  if (!mayWrite.ok) return mayWrite;
  const isHeld =
    read.some((topic) => recordKeyFilter(principal, 'READ', topic) !== null) ||
    written.some((topic) => recordKeyFilter(principal, 'WRITE', topic) !== null);
  return isHeld
    ? failed('TOPIC_AUTHORIZATION_FAILED', 'The token is held to keys of records, and a job copies whole ranges.')
    : ok(null);
}
