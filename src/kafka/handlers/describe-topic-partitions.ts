import { checkAccess } from '../../authorization/access-check.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import { authorizedOperations } from '../authorized-operations.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from '../messages/describe-topic-partitions.ts';
import {
  allDescribed,
  type DescribedTopic,
  findDescribed,
  partitionAnswer,
  refusedTopic,
} from '../topic-descriptions.ts';
import { zeroUuid } from '../wire/byte-reader.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError } from '../wire-error.ts';

/** Describes topics a page at a time (KIP-966), in the order of their names. */
export const describeTopicPartitionsApi = kafkaApi({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: { min: 0, max: 0 },
  request: describeTopicPartitionsRequest,
  response: describeTopicPartitionsResponse,
  handle: describeTopicPartitions,
});

/** Kafka's max.request.partition.size.limit: a page has no more partitions. */
const partitionsPerPage = 2_000;

type Request = MessageOf<typeof describeTopicPartitionsRequest>;
type Named = { readonly name: string; readonly found: Result<DescribedTopic> };

async function describeTopicPartitions(call: KafkaCall, { topics, responsePartitionLimit, cursor }: Request) {
  const wanted = await wantedTopics(
    call,
    topics.map(({ name }) => name),
  );
  if (!wanted.ok) {
    return { topics: topics.map(({ name }) => refusedTopic({ name, topicId: zeroUuid }, wanted.error)) };
  }
  let room = Math.max(1, Math.min(responsePartitionLimit, partitionsPerPage));
  const page = [];
  for (const { name, found } of wanted.value) {
    const first = cursor?.topicName === name ? Math.max(0, cursor.partitionIndex) : 0;
    if (cursor !== null && name < cursor.topicName) continue;
    if (room === 0) return { topics: page, nextCursor: { topicName: name, partitionIndex: 0 } };
    if (!found.ok) {
      page.push(refusedTopic({ name, topicId: zeroUuid }, found.error));
      continue;
    }
    const end = Math.min(found.value.partitionCount, first + room);
    page.push(answerOf(call, found.value, first, end));
    room -= Math.max(0, end - first);
    if (end < found.value.partitionCount) return { topics: page, nextCursor: { topicName: name, partitionIndex: end } };
  }
  return { topics: page, nextCursor: null };
}

function answerOf({ services, session }: KafkaCall, topic: DescribedTopic, first: number, end: number) {
  const indexes = Array.from({ length: Math.max(0, end - first) }, (_, at) => first + at);
  return {
    errorCode: noError,
    name: topic.topic,
    topicId: topic.topicId,
    topicAuthorizedOperations: authorizedOperations(services.principal, 'TOPIC', topic.topic),
    partitions: indexes.map((index) => ({ ...partitionAnswer(session.brokers, topic, index), ...noOtherReplicas })),
  };
}

/** Kafka's admin takes null for neither. */
const noOtherReplicas = { eligibleLeaderReplicas: [], lastKnownElr: [] };

/** Those that are named, or all; in the order of their names, each once. */
async function wantedTopics(call: KafkaCall, names: readonly string[]): Promise<Result<Named[]>> {
  if (names.length === 0) {
    const all = await allDescribed(call);
    return all.ok ? ok(all.value.map((topic) => ({ name: topic.topic, found: ok(topic) }))) : all;
  }
  const sorted = [...new Set(names)].sort();
  const found = await findDescribed(call, { names: sorted });
  if (!found.ok) return found;
  const byName = new Map(found.value.map((topic) => [topic.topic, topic]));
  return ok(
    sorted.map((name) => {
      const may = checkAccess(call.services.principal, {
        operation: 'DESCRIBE',
        resourceType: 'TOPIC',
        resourceName: name,
      });
      const topic = byName.get(name);
      const known = topic === undefined ? missing(name) : ok(topic);
      return { name, found: may.ok ? known : may };
    }),
  );
}

const missing = (name: string) => failed('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic "${name}".`);
