import type { Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import type { ProducerDescription } from '../../log/partition-rpc.ts';
import type { TopicRoute } from '../../topics/catalog-rpc.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { describeProducersRequest, describeProducersResponse } from '../messages/describe-producers.ts';
import { checkPartition, findTopic } from '../topic-lookup.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

export const describeProducersApi = kafkaApi({
  key: 61,
  name: 'DescribeProducers',
  versions: { min: 0, max: 0 },
  request: describeProducersRequest,
  response: describeProducersResponse,
  handle: async (call, { topics }) => ({ topics: await inWaves(topics, (topic) => describeTopic(call, topic)) }),
});

/** What a partition knows no epoch of: markers carry the number of their transaction instead. */
const noCoordinatorEpoch = -1;

type AskedTopic = MessageOf<typeof describeProducersRequest>['topics'][number];

async function describeTopic(call: KafkaCall, { name, partitionIndexes }: AskedTopic) {
  const route = await findTopic(call.services, { name }, 'READ');
  const partitions = await inWaves(partitionIndexes, async (partitionIndex) => {
    const described = route.ok ? await describePartition(call, route.value, partitionIndex) : route;
    if (!described.ok) {
      const { error } = described;
      return { partitionIndex, errorCode: wireErrorOf(error), errorMessage: error.message, activeProducers: [] };
    }
    return { partitionIndex, errorCode: noError, activeProducers: described.value.map(producerAnswer) };
  });
  return { name, partitions };
}

async function describePartition(
  { services }: KafkaCall,
  route: TopicRoute,
  partition: number,
): Promise<Result<readonly ProducerDescription[]>> {
  const known = checkPartition(route, partition);
  if (!known.ok) return known;
  return services.partitions.call(
    route,
    partition,
    (stub, ref, configVersion) => stub.describeProducers(ref, configVersion),
    { repeatable: true },
  );
}

const producerAnswer = (producer: ProducerDescription) => ({
  producerId: producer.producerId,
  producerEpoch: producer.producerEpoch,
  lastSequence: producer.lastSequence,
  lastTimestamp: producer.lastTimestampMs,
  coordinatorEpoch: noCoordinatorEpoch,
  currentTxnStartOffset: producer.transactionFirstOffset ?? -1,
});
