import type {
  GroupDescriptionJson,
  GroupListJson,
  GroupResetListJson,
  OffsetPlanJson,
  UndoPlanJson,
} from '../contracts/groups.ts';
import type { GroupPartitions } from './group-consumer.ts';
import { groupPath } from './group-door.ts';
import { type HttpDoor, jsonBody } from './http-door.ts';

/** A group as the cluster's list has it, a moment behind the group itself. */
export type GroupSummary = { readonly group: string; readonly state: GroupState; readonly members: number };

/** `reconciling` while partitions are on their way between members. */
export type GroupState = 'empty' | 'reconciling' | 'stable';

export type GroupMember = {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly memberEpoch: number;
  readonly topics: readonly string[];
  readonly pattern: string | null;
  readonly assignment: GroupPartitions;
  /** What it is to have in the end. */
  readonly target: GroupPartitions;
};

/** How far a group has come in a partition. Lag is null where nothing was committed. */
export type GroupPartition = {
  readonly topic: string;
  readonly partition: number;
  readonly memberId: string | null;
  readonly committedOffset: number | null;
  readonly metadata: string;
  readonly committedAt: number | null;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** Records after the committed offset. */
  readonly lag: number | null;
  /** For how long the next record has waited, in ms. */
  readonly lagMs: number | null;
};

export type GroupDescription = {
  readonly group: string;
  readonly state: GroupState;
  readonly groupEpoch: number;
  readonly assignor: string;
  readonly members: readonly GroupMember[];
  readonly partitions: readonly GroupPartition[];
  /** The sum of all partitions' lag, and the longest wait. */
  readonly lag: number;
  readonly lagMs: number;
};

export type ResetOffsetsOptions = {
  /** Topics, or partitions of them by topic; all that the group knows by default. */
  readonly topics?: readonly string[] | GroupPartitions;
  readonly to:
    | 'earliest'
    | 'latest'
    | { readonly timestamp: number }
    | { readonly offset: number }
    | { readonly shift: number }
    | { readonly group: string };
  /** Only answer what would be done. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
};

/** Where a partition's offset goes, or would. */
export type OffsetPlan = {
  readonly topic: string;
  readonly partition: number;
  readonly current: number | null;
  readonly offset: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** The target lay outside the log, and its nearer end was taken. */
  readonly clamped: boolean;
};

/** A reset that can be put back. */
export type GroupReset = {
  readonly resetId: number;
  readonly resetAt: number;
  /** The reset that it put back, or null. */
  readonly undoes: number | null;
  readonly topics: readonly string[];
  /** How many partitions' offsets it changed. */
  readonly partitions: number;
};

export type UndoResetOptions = Cancellable & {
  /** The newest by default. */
  readonly resetId?: number;
  /** Only answer what would be done. */
  readonly dryRun?: boolean;
};

/** What putting a reset back does, or would do. */
export type UndoPlan = {
  readonly undoes: number;
  /** By which this can be put back in turn; null when nothing was changed. */
  readonly resetId: number | null;
  /** An offset of null: nothing was committed before, and nothing is then again. */
  readonly partitions: readonly (Omit<OffsetPlan, 'offset'> & { readonly offset: number | null })[];
};

type Cancellable = { readonly signal?: AbortSignal };

/** How many groups one page of a listing asks for. */
const groupsPerPage = 500;

/** The consumer groups of the cluster. Every verb rejects with a MillraceError. */
export class Groups {
  readonly #door: HttpDoor;

  constructor(door: HttpDoor) {
    this.#door = door;
  }

  /** All groups in the order of their ids, page after page as they are asked for. */
  async *list({
    prefix,
    signal,
  }: Cancellable & { readonly prefix?: string } = {}): AsyncGenerator<GroupSummary, void, undefined> {
    const query = { prefix, limit: groupsPerPage };
    const pages = this.#door.pages<GroupListJson>({ method: 'GET', path: '/v1/groups', query, signal });
    for await (const page of pages) yield* page.groups;
  }

  async describe(group: string, { signal }: Cancellable = {}): Promise<GroupDescription> {
    const path = groupPath(group);
    return descriptionOf(await this.#door.json<GroupDescriptionJson>({ method: 'GET', path, signal }));
  }

  /** Moves the offsets of a group that has no members, or says how they would be moved. */
  async resetOffsets(group: string, { topics, to, dryRun, signal }: ResetOffsetsOptions): Promise<OffsetPlan[]> {
    const answer: OffsetPlanJson = await this.#door.json({
      method: 'POST',
      path: `${groupPath(group)}/offsets/reset`,
      body: jsonBody({ topics, to, dry_run: dryRun }),
      signal,
    });
    return answer.partitions.map(planOf);
  }

  /** The resets that can be put back, the newest first. */
  async resets(group: string, { signal }: Cancellable = {}): Promise<GroupReset[]> {
    const path = `${groupPath(group)}/resets`;
    const answer = await this.#door.json<GroupResetListJson>({ method: 'GET', path, signal });
    return answer.resets.map(({ reset_id, reset_at, ...reset }) => ({
      ...reset,
      resetId: reset_id,
      resetAt: reset_at,
    }));
  }

  /** Puts the offsets back where they were before a reset, or says how they would be moved. */
  async undoReset(group: string, { resetId, dryRun, signal }: UndoResetOptions = {}): Promise<UndoPlan> {
    const answer: UndoPlanJson = await this.#door.json({
      method: 'POST',
      path: `${groupPath(group)}/offsets/undo`,
      body: jsonBody({ reset_id: resetId, dry_run: dryRun }),
      signal,
    });
    return { undoes: answer.undoes, resetId: answer.reset_id, partitions: answer.partitions.map(planOf) };
  }

  /** Forgets a group that has no members, and its offsets. */
  async delete(group: string, { signal }: Cancellable = {}): Promise<void> {
    await this.#door.empty({ method: 'DELETE', path: groupPath(group), signal });
  }

  /** Forgets the offsets of a topic that no member reads, or of one of its partitions; answers how many. */
  async deleteOffsets(
    group: string,
    { topic, partition, signal }: Cancellable & { readonly topic: string; readonly partition?: number },
  ): Promise<number> {
    const answer: { readonly deleted: number } = await this.#door.json({
      method: 'DELETE',
      path: `${groupPath(group)}/offsets`,
      query: { topic, partition },
      signal,
    });
    return answer.deleted;
  }
}

function planOf<Planned extends UndoPlanJson['partitions'][number]>({
  log_start_offset,
  high_watermark,
  ...plan
}: Planned) {
  return { ...plan, logStartOffset: log_start_offset, highWatermark: high_watermark };
}

function descriptionOf(json: GroupDescriptionJson): GroupDescription {
  return {
    group: json.group,
    state: json.state,
    groupEpoch: json.group_epoch,
    assignor: json.assignor,
    members: json.members.map((member) => ({
      memberId: member.member_id,
      instanceId: member.instance_id,
      clientId: member.client_id,
      memberEpoch: member.member_epoch,
      topics: member.topics,
      pattern: member.topics_pattern,
      assignment: member.assignment,
      target: member.target,
    })),
    partitions: json.partitions.map((partition) => ({
      topic: partition.topic,
      partition: partition.partition,
      memberId: partition.member_id,
      committedOffset: partition.committed_offset,
      metadata: partition.metadata,
      committedAt: partition.committed_at,
      logStartOffset: partition.log_start_offset,
      highWatermark: partition.high_watermark,
      lag: partition.lag,
      lagMs: partition.lag_ms,
    })),
    lag: json.lag,
    lagMs: json.lag_ms,
  };
}
