import { checkEach } from '../../authorization/access-check.ts';
import {
  type GroupConsumeJson,
  groupCommitSchema,
  groupConsumeSchema,
  groupHeartbeatSchema,
  groupLeaveSchema,
} from '../../contracts/groups.ts';
import { ok, type Result } from '../../errors/result.ts';
import type { ConsumeRequest } from '../../gateway/group-consumer.ts';
import { commitsOf, membershipJson, offsetTableOf, refusedJson, wishOf } from '../../gateway/group-json.ts';
import type { OffsetCommit } from '../../groups/committed-offset.ts';
import type { GroupRef } from '../../groups/group-ref.ts';
import { limits } from '../../limits.ts';
import { jsonAnswer, jsonTextAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { ApiContext, Handler } from '../services.ts';
import { renderConsumeAnswer } from './group-consume-answer.ts';
import { relaySignal } from './record-signal.ts';

/** Longer ones are cut: they are shown to people and mean nothing. */
const maxClientIdCharacters = 128;

export const groupMemberHandlers = { groupConsume, groupHeartbeat, groupLeave, groupCommit } as const satisfies Record<
  string,
  Handler
>;

async function groupConsume(c: ApiContext): Promise<Response> {
  const { env } = c;
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, groupConsumeSchema);
  if (!body.ok) return problemAnswer(body.error);
  const request = consumeRequestOf(c, body.value);
  if (!request.ok) return problemAnswer(request.error);
  const allowed = checkTopics(c, body.value.topics ?? [], request.value.commits);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const consumed = await env.groups.consumer.consume(request.value, relaySignal(env.relays));
  if (!consumed.ok) return problemAnswer(consumed.error);
  const { as = 'auto', max_records: maxRecords = limits.readRecords.value } = body.value;
  const answer = renderConsumeAnswer(consumed.value, { as, maxRecords });
  if (!answer.ok) return problemAnswer(answer.error);
  c.sent(answer.value.records, answer.value.body.length);
  return jsonTextAnswer(answer.value.body);
}

async function groupHeartbeat(c: ApiContext): Promise<Response> {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, groupHeartbeatSchema);
  if (!body.ok) return problemAnswer(body.error);
  const {
    member_id: memberId,
    member_epoch: memberEpoch,
    instance_id: instanceId,
    commit,
    wait_ms: waitMs,
  } = body.value;
  const request: ConsumeRequest = {
    ...bareRequest(c),
    memberId,
    memberEpoch,
    instanceId: instanceId ?? null,
    commits: commitsOf(commit),
    waitMs: waitMs ?? 0,
  };
  const allowed = checkTopics(c, [], request.commits);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const consumed = await c.env.groups.consumer.consume(request, relaySignal(c.env.relays));
  if (!consumed.ok) return problemAnswer(consumed.error);
  return jsonAnswer(membershipJson(consumed.value.reply, consumed.value.refused));
}

async function groupLeave(c: ApiContext): Promise<Response> {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, groupLeaveSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { member_id: memberId, member_epoch: memberEpoch, instance_id: instanceId, commit, away } = body.value;
  const { groups } = c.env;
  const commits = commitsOf(commit);
  const allowed = checkTopics(c, [], commits);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const checked = await groups.ends.check(commits);
  const left = await groups.rpc.leave({
    ref: groupRefOf(c),
    claim: { memberId, memberEpoch, instanceId: instanceId ?? null },
    commits: checked.existing,
    isAway: away ?? false,
  });
  if (!left.ok) return problemAnswer(left.error);
  return jsonAnswer({ refused: refusedJson([...checked.refused, ...left.value.refused]) });
}

async function groupCommit(c: ApiContext): Promise<Response> {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, groupCommitSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { member_id: memberId, member_epoch: memberEpoch, instance_id: instanceId, offsets } = body.value;
  const { groups } = c.env;
  const commits = commitsOf(offsets);
  const allowed = checkTopics(c, [], commits);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const checked = await groups.ends.check(commits);
  const nothingLeft = refusedWhole(commits.length, checked.refused);
  if (nothingLeft !== null) return nothingLeft;
  const claim =
    memberId === undefined ? null : { memberId, memberEpoch: memberEpoch ?? 0, instanceId: instanceId ?? null };
  const committed = await groups.rpc.commit({ ref: groupRefOf(c), claim, commits: checked.existing });
  if (!committed.ok) return problemAnswer(committed.error);
  const refused = [...checked.refused, ...committed.value.refused];
  return refusedWhole(commits.length, refused) ?? jsonAnswer({ refused: refusedJson(refused) });
}

/**
 * What a member names it must be allowed to read. What a pattern brings it is not told of here: topics that it may not
 * read are refused when they are read.
 */
function checkTopics(c: ApiContext, topics: readonly string[], commits: readonly OffsetCommit[]): Result<null> {
  return checkEach(c.env.principal, 'READ', 'TOPIC', [...topics, ...commits.map(({ topic }) => topic)]);
}

/** The answer when not one offset was committed. */
function refusedWhole(
  commitCount: number,
  refused: readonly { readonly failure: Parameters<typeof problemAnswer>[0] }[],
) {
  const [first] = refused;
  return first !== undefined && refused.length === commitCount ? problemAnswer(first.failure) : null;
}

/** The group of a path, in the cluster of the request. */
export function groupRefOf(c: ApiContext): GroupRef {
  const { orgId, clusterId } = c.env.cluster;
  return { orgId, clusterId, groupId: c.req.param('group') ?? '' };
}

function bareRequest(c: ApiContext): ConsumeRequest {
  return {
    groupId: c.req.param('group') ?? '',
    memberId: null,
    memberEpoch: 0,
    instanceId: null,
    wish: null,
    clientId: (c.req.header('user-agent') ?? '').slice(0, maxClientIdCharacters),
    commits: [],
    positions: new Map(),
    reset: 'earliest',
    maxBytes: 0,
    waitMs: 0,
    isolation: 'read_uncommitted',
  };
}

function consumeRequestOf(c: ApiContext, body: GroupConsumeJson): Result<ConsumeRequest> {
  const wish = wishOf(body);
  if (!wish.ok) return wish;
  return ok({
    ...bareRequest(c),
    memberId: body.member_id ?? null,
    memberEpoch: body.member_epoch ?? 0,
    instanceId: body.instance_id ?? null,
    wish: wish.value,
    commits: commitsOf(body.commit),
    positions: offsetTableOf(body.positions),
    reset: body.from ?? 'earliest',
    maxBytes: body.max_bytes ?? limits.readBytes.value,
    waitMs: body.wait_ms ?? limits.readWaitMs.value,
    isolation: body.isolation ?? 'read_uncommitted',
  });
}
