import { type Failure, failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import { type AssignableTopic, type PartitionKey, partitionKey } from './assignors/assignor.ts';
import { quoteName } from './group-id.ts';
import type { GroupState, Member } from './group-state.ts';
import { findMember, type MemberClaim } from './membership.ts';

/** A partition as callers name it. */
export type TopicPartition = { readonly topic: string; readonly partition: number };

/** What a caller commits: the next offset to read, and a note of its own. */
export type OffsetCommit = TopicPartition & {
  readonly offset: number;
  /** Kept as it is; empty when there is none. */
  readonly metadata: string;
  /** The leader epoch of the last record read, or -1. */
  readonly leaderEpoch: number;
};

/** A commit that may be stored: its topic is one that exists, by id. */
export type DecidedCommit = OffsetCommit & { readonly topicId: string };

export type RefusedCommit = { readonly commit: OffsetCommit; readonly failure: Failure };

export type CommitDecision = { readonly stored: readonly DecidedCommit[]; readonly refused: readonly RefusedCommit[] };

/** What is stored of a partition. */
export type CommittedOffset = {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string;
  readonly leaderEpoch: number;
  readonly committedAtMs: number;
};

/**
 * Which of a member's commits land: those of partitions it was granted at or before the epoch it speaks with, and has
 * not confirmed to have given back. A partition that is with someone else by now refuses its commit and no other.
 * UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, FENCED_INSTANCE_ID refuse all.
 */
export function decideMemberCommit(
  state: GroupState,
  claim: MemberClaim,
  commits: readonly OffsetCommit[],
): Result<CommitDecision> {
  const found = findMember(state, claim);
  if (!found.ok) return found;
  const topicIds = new Map(state.topics.map(({ topic, topicId }) => [topic, topicId]));
  const stored: DecidedCommit[] = [];
  const refused: RefusedCommit[] = [];
  for (const commit of commits) {
    const topicId = topicIds.get(commit.topic);
    const granted =
      topicId === undefined ? undefined : grantedEpoch(found.value, partitionKey(topicId, commit.partition));
    const checked = checkMetadata(commit);
    if (!checked.ok) refused.push({ commit, failure: checked.error });
    else if (topicId === undefined || granted === undefined || granted > claim.memberEpoch) {
      refused.push({ commit, failure: notYours(commit).error });
    } else stored.push({ ...commit, topicId });
  }
  return ok({ stored, refused });
}

/**
 * Which commits of a program that is no member land: all whose topics exist, while the group has no members that they
 * could confuse. `topics` has those that exist by name. NON_EMPTY_GROUP.
 */
export function decideSimpleCommit(
  memberCount: number,
  commits: readonly OffsetCommit[],
  topics: ReadonlyMap<string, AssignableTopic>,
): Result<CommitDecision> {
  if (memberCount > 0) return groupHasMembers(memberCount);
  const stored: DecidedCommit[] = [];
  const refused: RefusedCommit[] = [];
  for (const commit of commits) {
    const topic = topics.get(commit.topic);
    const checked = checkMetadata(commit);
    if (!checked.ok) refused.push({ commit, failure: checked.error });
    else if (topic === undefined || commit.partition >= topic.partitionCount) {
      refused.push({ commit, failure: unknownPartition(commit).error });
    } else stored.push({ ...commit, topicId: topic.topicId });
  }
  return ok({ stored, refused });
}

/** A member names all its positions with every call: those that did not move since cost no row. */
export function movedSince(
  offsets: ReadonlyMap<PartitionKey, CommittedOffset>,
  commits: readonly DecidedCommit[],
): DecidedCommit[] {
  return commits.filter(({ topicId, partition, offset, metadata, leaderEpoch }) => {
    const known = offsets.get(partitionKey(topicId, partition));
    return known?.offset !== offset || known.metadata !== metadata || known.leaderEpoch !== leaderEpoch;
  });
}

/** What is stored of a commit. */
export function storedAt(commit: DecidedCommit, committedAtMs: number): CommittedOffset {
  const { topicId, partition, offset, metadata, leaderEpoch } = commit;
  return { topicId, partition, offset, metadata, leaderEpoch, committedAtMs };
}

/** What comes of commits that a joining member brings: whoever joins was granted nothing before. */
export function refuseAll(commits: readonly OffsetCommit[]): RefusedCommit[] {
  return commits.map((commit) => ({ commit, failure: notYours(commit).error }));
}

/** Refuses what would pull the rug from under running members. */
export function groupHasMembers(members: number): Result<never> {
  return failed(
    'NON_EMPTY_GROUP',
    `The group has ${members} members; stop them first, or wait until their sessions end.`,
    { members },
  );
}

function checkMetadata({ topic, partition, metadata }: OffsetCommit): Result<null> {
  const max = limits.offsetMetadataCharacters.value;
  if (metadata.length <= max) return ok(null);
  return failed(
    'OFFSET_METADATA_TOO_LARGE',
    `The metadata of partition ${partition} of topic "${topic}" has ${metadata.length} characters, ${max} are the most.`,
    { limit: max },
  );
}

function grantedEpoch(member: Member, key: PartitionKey): number | undefined {
  return member.assigned.get(key) ?? member.revoking.get(key);
}

const notYours = ({ topic, partition }: OffsetCommit) =>
  failed(
    'FENCED_MEMBER_EPOCH',
    `Partition ${partition} of topic "${topic}" is not this member's any more, so its offset was not committed; discard what you hold of it.`,
    { topic, partition },
  );

const unknownPartition = ({ topic, partition }: OffsetCommit) =>
  failed(
    'UNKNOWN_TOPIC_OR_PARTITION',
    `There is no partition ${partition} of a topic ${quoteName(topic)}; nothing was committed for it.`,
    { partition },
  );
