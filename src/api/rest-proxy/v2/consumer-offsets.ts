import { offsetsRequestSchema, partitionListSchema } from '../../../contracts/rest-proxy-v2.ts';
import { ok, type Result } from '../../../errors/result.ts';
import type { OffsetCommit } from '../../../groups/committed-offset.ts';
import { refused } from '../refusal.ts';
import { restAnswer } from '../rest-answer.ts';
import type { RestCall, RestHandler } from '../rest-call.ts';
import { instanceOf, namedPartitions, readOptionalBody } from './instance-call.ts';

/** Commits what the body names, or all that was read when there is none. Answers an empty list, as the REST Proxy. */
const commitOffsets: RestHandler = async (call) => {
  const body = await readOptionalBody(call, offsetsRequestSchema);
  if (!body.ok) return body;
  const commits = body.value === null ? ok(null) : await checkedCommits(call, body.value.offsets);
  if (!commits.ok) return commits;
  const command = { kind: 'commit', commits: commits.value } as const;
  const committed = await call.services.groups.instances.call(instanceOf(call), command);
  if (!committed.ok) return committed;
  const [first] = committed.value.refused;
  return first === undefined ? restAnswer(call, []) : { ok: false, error: first.failure };
};

const getCommittedOffsets: RestHandler = async (call) => {
  const body = await readOptionalBody(call, partitionListSchema);
  if (!body.ok) return body;
  if (body.value === null) {
    return refused(40_402, 'UNKNOWN_TOPIC_OR_PARTITION', 'The body names the partitions, and there is none.');
  }
  const { instances, rpc } = call.services.groups;
  const { groupId, name } = instanceOf(call);
  const there = await instances.call({ groupId, name }, { kind: 'describe' });
  if (!there.ok) return there;
  const asked = await namedPartitions(call, body.value.partitions);
  if (!asked.ok) return asked;
  const { orgId, clusterId } = call.services.cluster;
  const described = await rpc.describe({ orgId, clusterId, groupId });
  if (!described.ok) return described;
  const offsets = asked.value.flatMap(({ topic, topicId, partition }) => {
    const found = described.value.offsets.find((one) => one.topicId === topicId && one.partition === partition);
    return found === undefined ? [] : [{ topic, partition, offset: found.offset, metadata: found.metadata }];
  });
  return restAnswer(call, { offsets });
};

export const consumerOffsetHandlers = { commitOffsets, getCommittedOffsets } as const;

/**
 * A client names the last record it is done with, so the committed offset, where the next one begins, is one above.
 * Checked as a whole before anything is committed.
 */
async function checkedCommits(
  call: RestCall,
  offsets: readonly { topic: string; partition: number; offset: number; metadata?: string | null | undefined }[],
): Promise<Result<OffsetCommit[]>> {
  const commits = offsets.map(({ topic, partition, offset, metadata }) => ({
    topic,
    partition,
    offset: offset + 1,
    metadata: metadata ?? '',
    leaderEpoch: -1,
  }));
  const { ends } = call.services.groups;
  const named = await namedPartitions(call, commits);
  if (!named.ok) return named;
  const [first] = (await ends.check(commits)).refused;
  return first === undefined ? ok(commits) : { ok: false, error: first.failure };
}
