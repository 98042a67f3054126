import { type Failure, failed, ok, type Result } from '../../errors/result.ts';
import type { AwaitedPlace } from '../../gateway/partition-news.ts';
import type { TakenBatches } from '../../gateway/share/share-fetcher.ts';
import { partitionsAtOnce } from '../../gateway/waves.ts';
import { type PartitionKey, partitionKey, splitPartitionKey } from '../../groups/assignors/assignor.ts';
import type { ShareHeartbeatReply } from '../../groups/share/share-group-rpc.ts';
import { limits } from '../../limits.ts';
import type { TopicRoute } from '../../topics/catalog-rpc.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { shareFetchRequest, shareFetchResponse } from '../messages/share-fetch.ts';
import {
  type AcknowledgeOutcome,
  acknowledgeInSession,
  lookUpGroup,
  releaseSession,
} from '../share/acknowledge-in-session.ts';
import type { ShareSession } from '../share/share-session.ts';
import { closingEpoch, openingEpoch } from '../share/share-sessions.ts';
import { checkPartition, findTopic } from '../topic-lookup.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';
import { groupOf } from './group-offsets.ts';
import { currentLeader } from './share-acknowledge.ts';

export const shareFetchApi = kafkaApi({
  key: 78,
  name: 'ShareFetch',
  versions: { min: 1, max: 2 },
  request: shareFetchRequest,
  response: shareFetchResponse,
  handle: shareFetch,
});

type Request = MessageOf<typeof shareFetchRequest>;

/** What others release is seen after this long at the latest; new records and run-out locks at once. */
const lookAgainMs = 2_000;

/** What became of each partition that there is something to say of. */
type Takings = Map<PartitionKey, Result<TakenBatches>>;

/** Decides what the request acknowledges, changes which partitions the session has, and takes records of them. */
async function shareFetch(call: KafkaCall, request: Request) {
  const session = await findSession(call, request);
  if (!session.ok) return refusal(session.error);
  const asked = request.topics.flatMap(({ topicId, partitions }) =>
    partitions.map((partition) => ({ topicId, ...partition })),
  );
  const acknowledged = asked.filter(({ acknowledgementBatches }) => acknowledgementBatches.length > 0);
  const outcomes = await acknowledgeInSession(call, session.value, acknowledged, request.isRenewAck);
  if (request.shareSessionEpoch === closingEpoch) {
    await call.session.shares.end(session.value);
    return answerOf(outcomes, new Map(), limits.shareLockDurationMs.value);
  }
  for (const { topicId, partitionIndex } of asked) session.value.add(topicId, partitionIndex);
  for (const { topicId, partitions } of request.forgottenTopicsData) {
    for (const partition of partitions) session.value.forget(topicId, partition);
  }
  if (session.value.partitions.size > limits.partitionsPerGroup.value) return refusal(tooManyPartitions().error);
  if (request.isRenewAck) return answerOf(outcomes, new Map(), limits.shareLockDurationMs.value);
  const { takings, lockDurationMs } = await takePatiently(call, session.value, request, outcomes.length > 0);
  return answerOf(outcomes, takings, lockDurationMs);
}

async function findSession(call: KafkaCall, request: Request): Promise<Result<ShareSession>> {
  const { shareSessionEpoch, topics } = request;
  const [groupId, memberId] = [request.groupId ?? '', request.memberId ?? ''];
  const group = groupOf(call, groupId, 'READ');
  if (!group.ok) return group;
  if (shareSessionEpoch !== openingEpoch) return call.session.shares.next(groupId, memberId, shareSessionEpoch);
  const decides = topics.some(({ partitions }) =>
    partitions.some(({ acknowledgementBatches }) => acknowledgementBatches.length > 0),
  );
  if (memberId === '' || decides) {
    return failed('INVALID_REQUEST', 'A session is opened by a member that has an id and nothing to acknowledge.');
  }
  return call.session.shares.open(groupId, memberId, (session) => releaseSession(call, session));
}

/** Looks again after each piece of news, until there are records, something failed, or the time is up. */
async function takePatiently(call: KafkaCall, session: ShareSession, request: Request, hasOutcomes: boolean) {
  const { clock } = call.services;
  const untilMs = clock.nowMs() + Math.min(Math.max(0, request.maxWaitMs), limits.kafkaWaitMs.value);
  for (;;) {
    const { routes, takings } = await lookUpTopics(call, session);
    const names = new Set([...routes.values()].map(({ topic }) => topic));
    const admitted = await call.quotas.fetch(names);
    const group = admitted.ok && names.size > 0 ? await lookUpGroup(call, session, [...names]) : null;
    if (group !== null && !group.ok) return { takings: failEach(routes, group.error), lockDurationMs: 0 };
    const places = group === null ? [] : await takeOnce(call, session, request, group.value, routes, takings);
    const lockDurationMs = group?.value.group.config.lockDurationMs ?? limits.shareLockDurationMs.value;
    const leftMs = untilMs - clock.nowMs();
    if (takings.size > 0 || leftMs <= 0 || hasOutcomes || !admitted.ok) return { takings, lockDurationMs };
    const nextMs = Math.min(...places.map(({ nextChangeInMs }) => nextChangeInMs ?? lookAgainMs), lookAgainMs);
    await call.session.news.wait(places, Math.max(1, Math.min(leftMs, nextMs)));
  }
}

/** The routes of the session's partitions; those that cannot be read are failures already. */
async function lookUpTopics(call: KafkaCall, session: ShareSession) {
  const takings: Takings = new Map();
  const routes = new Map<PartitionKey, TopicRoute>();
  for (const key of session.partitions) {
    const { topicId, partition } = splitPartitionKey(key);
    const route = await findTopic(call.services, { topicId }, 'READ');
    const known = route.ok ? checkPartition(route.value, partition) : route;
    if (known.ok) routes.set(key, known.value);
    else takings.set(key, known);
  }
  return { routes, takings };
}

type LookedAt = AwaitedPlace & { readonly nextChangeInMs: number | null };

/** One look at all partitions, beginning at another one each time; answers those that had nothing. */
async function takeOnce(
  call: KafkaCall,
  session: ShareSession,
  request: Request,
  group: ShareHeartbeatReply,
  routes: ReadonlyMap<PartitionKey, TopicRoute>,
  takings: Takings,
): Promise<LookedAt[]> {
  const { fetcher } = call.services.shares;
  const looked: LookedAt[] = [];
  let leftRecords = Math.min(Math.max(1, request.maxRecords), limits.shareAcquireRecords.max);
  let leftBytes = Math.min(Math.max(1, request.maxBytes), limits.kafkaFetchBytes.value);
  const left = rotated([...routes], session.epoch);
  while (left.length > 0 && leftRecords > 0 && leftBytes > 0) {
    const wave = left.splice(0, Math.min(partitionsAtOnce, leftRecords));
    const part = {
      memberId: session.memberId,
      maxRecords: Math.floor(leftRecords / wave.length),
      maxBytes: Math.ceil(leftBytes / wave.length),
    };
    const taken = await Promise.all(
      wave.map(async ([key, route]) => {
        const { topicId, partition } = splitPartitionKey(key);
        return {
          key,
          route,
          partition,
          taken: await fetcher.take(group, { topic: route.topic, topicId, partition }, part),
        };
      }),
    );
    for (const one of taken) {
      const found = one.taken;
      if (!found.ok || found.value.acquired.length > 0) takings.set(one.key, found);
      if (!found.ok) continue;
      const { records, acquired, highWatermark, nextChangeInMs } = found.value;
      session.keep(one.key, found.value, call.session.shares.nowMs, group.group.config.lockDurationMs);
      call.quotas.sent(one.route.topic, records);
      leftBytes -= records.length;
      leftRecords -= acquired.reduce((sum, { first, last }) => sum + last - first + 1, 0);
      looked.push({ route: one.route, partition: one.partition, offset: highWatermark, nextChangeInMs });
    }
  }
  return looked;
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const first = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

function failEach(routes: ReadonlyMap<PartitionKey, TopicRoute>, error: Failure): Takings {
  return new Map([...routes.keys()].map((key) => [key, { ok: false, error }]));
}

function answerOf(outcomes: readonly AcknowledgeOutcome[], takings: Takings, acquisitionLockTimeoutMs: number) {
  const failures = new Map(
    outcomes.map(({ topicId, partitionIndex, failure }) => [partitionKey(topicId, partitionIndex), failure]),
  );
  const keys = [...new Set([...failures.keys(), ...takings.keys()])];
  const responses = [...Map.groupBy(keys, (key) => splitPartitionKey(key).topicId)].map(([topicId, same]) => ({
    topicId,
    partitions: same.map((key) =>
      partitionAnswer(key, takings.get(key) ?? ok(nothingTaken), failures.get(key) ?? null),
    ),
  }));
  return { errorCode: noError, acquisitionLockTimeoutMs, responses, nodeEndpoints: [] };
}

const nothingTaken = { records: new Uint8Array(0), acquired: [] };

function partitionAnswer(
  key: PartitionKey,
  taken: Result<Pick<TakenBatches, 'records' | 'acquired'>>,
  failure: Failure | null,
) {
  const { records, acquired } = taken.ok ? taken.value : nothingTaken;
  return {
    partitionIndex: splitPartitionKey(key).partition,
    errorCode: taken.ok ? noError : wireErrorOf(taken.error),
    errorMessage: taken.ok ? null : taken.error.message,
    acknowledgeErrorCode: failure === null ? noError : wireErrorOf(failure),
    acknowledgeErrorMessage: failure?.message ?? null,
    currentLeader,
    records,
    acquiredRecords: acquired.map(({ first, last, deliveryCount }) => ({
      firstOffset: first,
      lastOffset: last,
      deliveryCount,
    })),
  };
}

const refusal = (failure: Failure) => ({
  errorCode: wireErrorOf(failure),
  errorMessage: failure.message,
  acquisitionLockTimeoutMs: 0,
  responses: [],
  nodeEndpoints: [],
});

const tooManyPartitions = () =>
  failed('INVALID_REQUEST', `A share session has ${limits.partitionsPerGroup.value} partitions at most.`, {
    limit: limits.partitionsPerGroup.value,
  });
