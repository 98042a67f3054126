import { checkEach } from '../../authorization/access-check.ts';
import {
  type ShareAcknowledgedJson,
  shareAcknowledgeSchema,
  shareAcquireSchema,
  shareLeaveSchema,
} from '../../contracts/share-groups.ts';
import { limits } from '../../limits.ts';
import { emptyAnswer, jsonAnswer, jsonTextAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { Handler } from '../services.ts';
import { relaySignal } from './record-signal.ts';
import { shareGroupRefOf } from './share-groups.ts';

/** Longer ones are cut: they are shown to people and mean nothing. */
const maxClientIdCharacters = 128;

const encoder = new TextEncoder();

const acquireShared: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, shareAcquireSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { member_id, topics, max_records, max_bytes, wait_ms, as } = body.value;
  const request = {
    groupId: shareGroupRefOf(c).groupId,
    memberId: member_id ?? null,
    clientId: (c.req.header('user-agent') ?? '').slice(0, maxClientIdCharacters),
    topics: [...new Set(topics)],
    maxRecords: max_records ?? limits.shareAcquireRecords.value,
    maxBytes: max_bytes ?? limits.readBytes.value,
    waitMs: wait_ms ?? limits.readWaitMs.value,
    as: as ?? ('auto' as const),
  };
  const allowed = checkEach(c.env.principal, 'READ', 'TOPIC', request.topics);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const acquired = await c.env.shares.consumer.acquire(request, relaySignal(c.env.relays));
  if (!acquired.ok) return problemAnswer(acquired.error);
  const { memberId, group, sessionTimeoutMs, texts } = acquired.value;
  const head = JSON.stringify({
    member_id: memberId,
    lock_duration_ms: group.config.lockDurationMs,
    session_timeout_ms: sessionTimeoutMs,
  });
  const answer = encoder.encode(`${head.slice(0, -1)},"records":[${texts.join(',')}]}`);
  const [topic = null, ...others] = request.topics;
  c.sent(new Map([[others.length === 0 ? topic : null, texts.length]]), answer.length);
  return jsonTextAnswer(answer);
};

const acknowledgeShared: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, shareAcknowledgeSchema);
  if (!body.ok) return problemAnswer(body.error);
  const entries = body.value.acknowledgements.map(({ topic, partition, from, to, lock_id, type, delay_ms }) => ({
    topic,
    partition,
    from,
    to: to ?? from,
    lockId: lock_id,
    type,
    delayMs: delay_ms ?? null,
  }));
  const topics = entries.map(({ topic }) => topic);
  const allowed = checkEach(c.env.principal, 'READ', 'TOPIC', topics);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const acknowledged = await c.env.shares.consumer.acknowledge(shareGroupRefOf(c).groupId, entries);
  if (!acknowledged.ok) return problemAnswer(acknowledged.error);
  const results: ShareAcknowledgedJson['results'] = acknowledged.value.map((result) =>
    result.ok ? { ok: true } : { code: result.error.code, message: result.error.message },
  );
  return jsonAnswer({ results } satisfies ShareAcknowledgedJson);
};

const leaveShareGroup: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, shareLeaveSchema);
  if (!body.ok) return problemAnswer(body.error);
  const left = await c.env.shares.groups.leave(shareGroupRefOf(c), body.value.member_id);
  return left.ok ? emptyAnswer() : problemAnswer(left.error);
};

export const shareMemberHandlers = { acquireShared, acknowledgeShared, leaveShareGroup } as const satisfies Record<
  string,
  Handler
>;
