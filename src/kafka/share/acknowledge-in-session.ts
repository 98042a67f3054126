import { type Failure, failed, type Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import { partitionKey } from '../../groups/assignors/assignor.ts';
import type { ShareHeartbeatReply } from '../../groups/share/share-group-rpc.ts';
import type { KafkaCall } from '../kafka-api.ts';
import { findTopic } from '../topic-lookup.ts';
import { type AcknowledgementBatch, decisionsOf } from './acknowledgement-batches.ts';
import type { ShareSession } from './share-session.ts';

/** What a request acknowledges of one partition. */
export type Acknowledged = {
  readonly topicId: string;
  readonly partitionIndex: number;
  readonly acknowledgementBatches: readonly AcknowledgementBatch[];
};

/** How it went with one partition: null when all of it was done. */
export type AcknowledgeOutcome = {
  readonly topicId: string;
  readonly partitionIndex: number;
  readonly failure: Failure | null;
};

/** Carries out what a request decides about what its session was given, each partition by itself. */
export async function acknowledgeInSession(
  call: KafkaCall,
  session: ShareSession,
  acknowledged: readonly Acknowledged[],
  mayRenew: boolean,
): Promise<AcknowledgeOutcome[]> {
  return inWaves(acknowledged, async (one) => {
    const { topicId, partitionIndex } = one;
    const done = await acknowledgeOne(call, session, one, mayRenew);
    return { topicId, partitionIndex, failure: done.ok ? null : done.error };
  });
}

async function acknowledgeOne(
  call: KafkaCall,
  session: ShareSession,
  { topicId, partitionIndex, acknowledgementBatches }: Acknowledged,
  mayRenew: boolean,
): Promise<Result<null>> {
  const wanted = decisionsOf(acknowledgementBatches, mayRenew);
  if (!wanted.ok) return wanted;
  const route = await findTopic(call.services, { topicId }, 'READ');
  if (!route.ok) return route;
  const key = partitionKey(topicId, partitionIndex);
  const decisions = session.decisionsFor(key, wanted.value);
  if (decisions === null) return notHeld();
  const group = await lookUpGroup(call, session, [route.value.topic]);
  if (!group.ok) return group;
  const place = { topic: route.value.topic, topicId, partition: partitionIndex };
  const decided = await call.services.shares.fetcher.decide(group.value, place, decisions);
  session.settle(key, decisions, call.session.shares.nowMs, group.value.group.config.lockDurationMs);
  return decided;
}

/** The group and its topics, without being heard of as a member: that is done on the way to the coordinator. */
export function lookUpGroup(
  { services }: KafkaCall,
  { groupId }: Pick<ShareSession, 'groupId'>,
  topics: readonly string[],
): Promise<Result<ShareHeartbeatReply>> {
  return services.shares.fetcher.hear({ groupId, memberId: null, clientId: '', topics });
}

/** Gives back what a session holds, as when it is closed; what fails runs out by itself. */
export async function releaseSession(call: KafkaCall, session: ShareSession): Promise<void> {
  const { shares, topicsById } = call.services;
  for (const { topicId, partition, decisions } of session.releases()) {
    const route = decisions.length === 0 ? null : await topicsById.find(topicId);
    const group = route?.ok ? await lookUpGroup(call, session, [route.value.topic]) : null;
    if (!route?.ok || !group?.ok) continue;
    await shares.fetcher.decide(group.value, { topic: route.value.topic, topicId, partition }, decisions);
  }
}

const notHeld = () =>
  failed(
    'INVALID_RECORD_STATE',
    'The session does not hold all of these offsets: they were decided before, or their lock ran out.',
  );
