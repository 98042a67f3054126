import { checkAccess } from '../../authorization/access-check.ts';
import { type Access, mayAccess } from '../../authorization/authorize.ts';
import { errorTable } from '../../errors/error-codes.ts';
import { type Failure, failed, ok, type Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import type { OffsetCommit } from '../../groups/committed-offset.ts';
import { validateGroupId } from '../../groups/group-id.ts';
import type { GroupRef } from '../../groups/group-ref.ts';
import type { OffsetDescription } from '../../groups/group-rpc.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { offsetCommitRequest, offsetCommitResponse } from '../messages/offset-commit.ts';
import { offsetDeleteRequest, offsetDeleteResponse } from '../messages/offset-delete.ts';
import { offsetFetchRequest, offsetFetchResponse } from '../messages/offset-fetch.ts';
import { findTopic, namedBy } from '../topic-lookup.ts';
import { zeroUuid } from '../wire/byte-reader.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

/** From this version on topics are named by their ids (KIP-848). */
const topicIdsFrom = 10;

/** From this version on a generation may be the epoch of a member that the server assigns to (KIP-848). */
const memberEpochsFrom = 9;

/** From this version on a request may ask for several groups (KIP-709). */
const groupsFrom = 8;

export const offsetCommitApi = kafkaApi({
  key: 8,
  name: 'OffsetCommit',
  versions: { min: 2, max: 10 },
  request: offsetCommitRequest,
  response: offsetCommitResponse,
  handle: offsetCommit,
});

export const offsetFetchApi = kafkaApi({
  key: 9,
  name: 'OffsetFetch',
  versions: { min: 1, max: 10 },
  request: offsetFetchRequest,
  response: offsetFetchResponse,
  handle: offsetFetch,
});

export const offsetDeleteApi = kafkaApi({
  key: 47,
  name: 'OffsetDelete',
  versions: { min: 0, max: 0 },
  request: offsetDeleteRequest,
  response: offsetDeleteResponse,
  handle: offsetDelete,
});

type CommitRequest = MessageOf<typeof offsetCommitRequest>;
type CommittedTopic = CommitRequest['topics'][number];
type CommittedPartition = CommittedTopic['partitions'][number];

/** The group that a request means, if the principal may do the operation with it. */
export function groupOf({ services }: KafkaCall, groupId: string, operation: Access['operation']): Result<GroupRef> {
  const { principal, cluster } = services;
  const may = checkAccess(principal, { operation, resourceType: 'GROUP', resourceName: groupId });
  if (!may.ok) return may;
  const valid = validateGroupId(groupId);
  return valid.ok ? ok({ ...cluster, groupId }) : valid;
}

/** Keeps offsets of a member, or of a program that is none while the group has none. What a partition's offset is refused with stands by it. */
async function offsetCommit(call: KafkaCall, request: CommitRequest) {
  const failures = new Map<string, Failure>();
  const commits: OffsetCommit[] = [];
  const names = new Map<CommittedTopic, string>();
  for (const topic of request.topics) {
    const route = await findTopic(
      call.services,
      namedBy(call.version, topicIdsFrom, topic.name, topic.topicId),
      'READ',
    );
    const name = route.ok ? route.value.topic : topic.name || topic.topicId;
    names.set(topic, name);
    sortCommits({ commits, failures }, name, route, topic.partitions);
  }
  const refusal = await store(call, request, commits, failures);
  return {
    topics: request.topics.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitions: topic.partitions.map(({ partitionIndex }) => {
        const failure = refusal ?? failures.get(keyOf({ topic: names.get(topic)!, partition: partitionIndex }));
        return { partitionIndex, errorCode: failure === undefined ? noError : wireErrorOf(failure) };
      }),
    })),
  };
}

/** Answers what refuses all of them, or notes each one's own failure. */
async function store(
  call: KafkaCall,
  request: CommitRequest,
  commits: readonly OffsetCommit[],
  failures: Map<string, Failure>,
): Promise<Failure | undefined> {
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch } = request;
  const group = groupOf(call, groupId, 'READ');
  if (!group.ok) return group.error;
  if (commits.length === 0) return undefined;
  const { rpc } = call.services.groups;
  const isMember = memberId !== '' || groupInstanceId !== null || generationIdOrMemberEpoch >= 0;
  const committed = isMember
    ? await commitAsMember(call, group.value, request, commits)
    : await rpc.commit({ ref: group.value, claim: null, commits });
  if (!committed.ok) return committed.error.code === 'NON_EMPTY_GROUP' ? notAMember(memberId).error : committed.error;
  for (const { commit, failure } of committed.value.refused) failures.set(keyOf(commit), failure);
  return undefined;
}

function commitAsMember(
  { version, services }: KafkaCall,
  group: GroupRef,
  { memberId, groupInstanceId: instanceId, generationIdOrMemberEpoch: epoch }: CommitRequest,
  commits: readonly OffsetCommit[],
) {
  const { classic, consumers } = services.groups;
  return version < memberEpochsFrom
    ? classic.commit(group, { memberId, instanceId, generationId: epoch }, commits)
    : consumers.commit(group, { memberId, instanceId, memberEpoch: epoch }, commits);
}

/** The commits of a request that can be made, and by `keyOf` what each of the others is refused with. */
type SortedCommits = { readonly commits: OffsetCommit[]; readonly failures: Map<string, Failure> };

/** Puts each of a topic's partitions where it belongs, here and within transactions. */
export function sortCommits(
  { commits, failures }: SortedCommits,
  topic: string,
  route: Result<unknown>,
  partitions: readonly Omit<CommittedPartition, 'commitTimestamp'>[],
): void {
  for (const partition of partitions) {
    const commit = commitOf(topic, partition);
    if (!route.ok) failures.set(keyOf(commit), route.error);
    else if (commit.offset < 0 || commit.partition < 0) failures.set(keyOf(commit), impossibleCommit(commit).error);
    else commits.push(commit);
  }
}

/** A commit as requests name it. */
function commitOf(topic: string, partition: Omit<CommittedPartition, 'commitTimestamp'>): OffsetCommit {
  const { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata } = partition;
  return {
    topic,
    partition: partitionIndex,
    offset: committedOffset,
    leaderEpoch: committedLeaderEpoch,
    metadata: committedMetadata ?? '',
  };
}

/** What a partition is called among those of a request. */
export const keyOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }) =>
  `${topic}/${partition}`;

const impossibleCommit = ({ partition, offset }: OffsetCommit) =>
  failed('INVALID_REQUEST', `Offset ${offset} of partition ${partition} cannot be committed: neither can be negative.`);

const notAMember = (memberId: string) =>
  failed(
    'UNKNOWN_MEMBER_ID',
    `The group has no member ${JSON.stringify(memberId.slice(0, 80))}, or others that it lacks.`,
  );

/** A topic of which offsets are asked for; null partitions mean all that were committed. */
type AskedTopic = { readonly name: string; readonly topicId: string; readonly partitions: readonly number[] | null };

/** Which group's offsets are asked for, and as which of its members, if as one. */
type Asking = { readonly groupId: string; readonly memberId: string | null; readonly memberEpoch: number };

async function offsetFetch(call: KafkaCall, request: MessageOf<typeof offsetFetchRequest>) {
  const asked = ({ topics }: { readonly topics: (typeof request.groups)[number]['topics'] }) =>
    topics?.map(({ name, topicId, partitionIndexes: partitions }) => ({ name, topicId, partitions })) ?? null;
  if (call.version >= groupsFrom) {
    const groups = await inWaves(request.groups, async ({ groupId, topics, memberId, memberEpoch }) => ({
      groupId,
      ...(await fetchOffsets(call, { groupId, memberId, memberEpoch }, asked({ topics }), request.requireStable)),
    }));
    return { topics: [], groups };
  }
  const topics = request.topics?.map(({ name, partitionIndexes }) => ({
    name,
    topicId: zeroUuid,
    partitions: partitionIndexes,
  }));
  const asking = { groupId: request.groupId, memberId: null, memberEpoch: -1 };
  return { ...(await fetchOffsets(call, asking, topics ?? null, request.requireStable)), groups: [] };
}

/** The group, if whoever asks for its offsets as a member of it is one. */
async function groupAskedFor(call: KafkaCall, { groupId, memberId, memberEpoch }: Asking): Promise<Result<GroupRef>> {
  const group = groupOf(call, groupId, 'DESCRIBE');
  if (!group.ok || ((memberId ?? '') === '' && memberEpoch < 0)) return group;
  const claim = { memberId: memberId ?? '', instanceId: null, memberEpoch };
  const checked = await call.services.groups.consumers.check(group.value, claim);
  return checked.ok ? group : checked;
}

async function fetchOffsets(
  call: KafkaCall,
  asking: Asking,
  asked: readonly AskedTopic[] | null,
  requireStable: boolean,
) {
  const group = await groupAskedFor(call, asking);
  const described = group.ok ? await call.services.groups.rpc.describe(group.value) : group;
  if (!described.ok && described.error.code !== 'GROUP_ID_NOT_FOUND') {
    const errorCode = wireErrorOf(described.error);
    return { errorCode, topics: (asked ?? []).map((topic) => withoutOffsets(topic, errorCode)) };
  }
  const offsets = described.ok ? described.value.offsets : [];
  // Offsets of transactions that are not decided yet: who must not read behind them asks again.
  const unstable = new Set(requireStable && described.ok ? described.value.pending.map(keyOf) : []);
  if (asked === null) return { errorCode: noError, topics: everyOffset(call, offsets, unstable) };
  const topics = await inWaves(asked, async (topic) => {
    const route = await findTopic(
      call.services,
      namedBy(call.version, topicIdsFrom, topic.name, topic.topicId),
      'DESCRIBE',
    );
    // A topic that does not exist has no offsets, and that is all there is to say.
    const isUnknown = !route.ok && route.error.code === 'UNKNOWN_TOPIC_OR_PARTITION';
    if (!route.ok && !isUnknown) return withoutOffsets(topic, wireErrorOf(route.error));
    const own = offsets.filter((offset) => route.ok && offset.topicId === route.value.topicId);
    const name = route.ok ? route.value.topic : topic.name;
    const partitions = (topic.partitions ?? []).map((partition) => {
      if (unstable.has(keyOf({ topic: name, partition }))) return unstableAnswer(partition);
      return offsetAnswer(
        partition,
        own.find((offset) => offset.partition === partition),
      );
    });
    return { name: topic.name, topicId: topic.topicId, partitions };
  });
  return { errorCode: noError, topics };
}

function everyOffset({ services }: KafkaCall, offsets: readonly OffsetDescription[], unstable: ReadonlySet<string>) {
  return [...Map.groupBy(offsets, ({ topic }) => topic)]
    .filter(([resourceName]) =>
      mayAccess(services.principal, { operation: 'DESCRIBE', resourceType: 'TOPIC', resourceName }),
    )
    .map(([name, same]) => ({
      name,
      topicId: same[0]!.topicId,
      partitions: same.map((offset) =>
        unstable.has(keyOf(offset)) ? unstableAnswer(offset.partition) : offsetAnswer(offset.partition, offset),
      ),
    }));
}

const withoutOffsets = ({ name, topicId, partitions }: AskedTopic, errorCode: number) => ({
  name,
  topicId,
  partitions: (partitions ?? []).map((partition) => ({ ...offsetAnswer(partition, undefined), errorCode })),
});

const offsetAnswer = (partitionIndex: number, committed: OffsetDescription | undefined) => ({
  partitionIndex,
  committedOffset: committed?.offset ?? -1,
  committedLeaderEpoch: committed?.leaderEpoch ?? -1,
  metadata: committed?.metadata ?? '',
  errorCode: noError,
});

const unstableAnswer = (partitionIndex: number) => ({
  ...offsetAnswer(partitionIndex, undefined),
  errorCode: errorTable.UNSTABLE_OFFSET_COMMIT.number,
});

async function offsetDelete(call: KafkaCall, { groupId, topics }: MessageOf<typeof offsetDeleteRequest>) {
  const group = groupOf(call, groupId, 'DELETE');
  if (!group.ok) return { errorCode: wireErrorOf(group.error), topics: [] };
  const known = await call.services.groups.rpc.describe(group.value);
  if (!known.ok) return { errorCode: wireErrorOf(known.error), topics: [] };
  const answers = await inWaves(topics, async ({ name, partitions }) => ({
    name,
    partitions: await inWaves(partitions, async ({ partitionIndex }) => {
      const route = await findTopic(call.services, { name }, 'READ');
      const deleted = route.ok
        ? await call.services.groups.rpc.deleteOffsets(group.value, name, partitionIndex)
        : route;
      return { partitionIndex, errorCode: deleted.ok ? noError : wireErrorOf(deleted.error) };
    }),
  }));
  return { errorCode: noError, topics: answers };
}
