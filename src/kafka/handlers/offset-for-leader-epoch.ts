import { ok, type Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import { checkLeaderEpoch, type LeaderEpochEnd } from '../../log/leader-epochs.ts';
import type { TopicRoute } from '../../topics/catalog-rpc.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { offsetForLeaderEpochRequest, offsetForLeaderEpochResponse } from '../messages/offset-for-leader-epoch.ts';
import { checkPartition, findTopic } from '../topic-lookup.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

/** By it a consumer finds out whether the records behind its position are still those it read (KIP-320). */
export const offsetForLeaderEpochApi = kafkaApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: { min: 2, max: 4 },
  request: offsetForLeaderEpochRequest,
  response: offsetForLeaderEpochResponse,
  handle: async (call, { topics }) => ({ topics: await inWaves(topics, (topic) => answerTopic(call, topic)) }),
});

type AskedTopic = MessageOf<typeof offsetForLeaderEpochRequest>['topics'][number];
type AskedPartition = AskedTopic['partitions'][number];

/** What nobody can say. */
const undefinedEnd: LeaderEpochEnd = { leaderEpoch: -1, endOffset: -1 };

async function answerTopic(call: KafkaCall, { topic, partitions }: AskedTopic) {
  const route = await findTopic(call.services, { name: topic }, 'DESCRIBE');
  const answers = await inWaves(partitions, async (asked) => {
    const end = route.ok ? await endOf(call, route.value, asked) : route;
    const { partition } = asked;
    if (!end.ok) return { partition, errorCode: wireErrorOf(end.error), ...undefinedEnd };
    return { partition, errorCode: noError, ...(end.value ?? undefinedEnd) };
  });
  return { topic, partitions: answers };
}

async function endOf(
  { services }: KafkaCall,
  route: TopicRoute,
  { partition, currentLeaderEpoch, leaderEpoch }: AskedPartition,
): Promise<Result<LeaderEpochEnd | null>> {
  const known = checkPartition(route, partition);
  if (!known.ok) return known;
  const answered = await services.partitions.call(
    route,
    partition,
    (stub, ref, configVersion) => stub.endOfLeaderEpoch(ref, configVersion, leaderEpoch),
    { repeatable: true },
  );
  if (!answered.ok) return answered;
  const isCurrent = checkLeaderEpoch(currentLeaderEpoch, answered.value.leaderEpoch);
  return isCurrent.ok ? ok(answered.value.end) : isCurrent;
}
