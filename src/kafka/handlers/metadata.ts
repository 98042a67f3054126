import { checkAccess } from '../../authorization/access-check.ts';
import { clusterResource } from '../../authorization/acl-binding.ts';
import type { Access } from '../../authorization/authorize.ts';
import { type Failure, failed, ok, type Result } from '../../errors/result.ts';
import { authorizedOperations, notAsked } from '../authorized-operations.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { metadataRequest, metadataResponse } from '../messages/metadata.ts';
import {
  allDescribed,
  type DescribedTopic,
  findDescribed,
  partitionAnswer,
  refusedTopic,
} from '../topic-descriptions.ts';
import { hasNoId } from '../topic-lookup.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

export const metadataApi = kafkaApi({
  key: 3,
  name: 'Metadata',
  versions: { min: 0, max: 13 },
  request: metadataRequest,
  response: metadataResponse,
  handle: metadata,
});

type Request = MessageOf<typeof metadataRequest>;
type AskedTopic = NonNullable<Request['topics']>[number];

/** Brokers and topics. A topic that is asked for by its name and does not exist is created, unless the client minds. */
async function metadata(call: KafkaCall, request: Request) {
  const { services, session, version } = call;
  const { brokers } = session;
  const { principal } = services;
  const topics = await describeTopics(call, request);
  const answer = {
    brokers,
    clusterId: services.cluster.clusterId,
    controllerId: brokers[0].nodeId,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? authorizedOperations(principal, 'CLUSTER', clusterResource)
      : notAsked,
    errorCode: topics.ok ? noError : wireErrorOf(topics.error),
  };
  if (!topics.ok) return { ...answer, topics: version < 13 ? refuseEach(request, topics.error) : [] };
  const withOperations = request.includeTopicAuthorizedOperations;
  return {
    ...answer,
    topics: topics.value.map((topic) =>
      'failure' in topic
        ? refusedTopic(topic, topic.failure)
        : {
            errorCode: noError,
            name: topic.topic,
            topicId: topic.topicId,
            topicAuthorizedOperations: withOperations
              ? authorizedOperations(principal, 'TOPIC', topic.topic)
              : notAsked,
            partitions: Array.from({ length: topic.partitionCount }, (_, at) => partitionAnswer(brokers, topic, at)),
          },
    ),
  };
}

/** Some clients leave the name of a topic that they know by its id empty, others null. */
const isById = ({ name, topicId }: AskedTopic): boolean => !name && !hasNoId(topicId);

type RefusedTopic = Pick<AskedTopic, 'name' | 'topicId'> & { readonly failure: Failure };
type Described = DescribedTopic | RefusedTopic;

async function describeTopics(
  call: KafkaCall,
  { topics, allowAutoTopicCreation }: Request,
): Promise<Result<Described[]>> {
  const isAll = topics === null || (call.version === 0 && topics.length === 0);
  if (isAll) return allDescribed(call);
  const names = topics.flatMap((topic) => (isById(topic) ? [] : [topic.name ?? '']));
  const ids = topics.flatMap((topic) => (isById(topic) ? [topic.topicId] : []));
  const byName = await findDescribed(call, { names });
  if (!byName.ok) return byName;
  const byId = await findDescribed(call, { ids });
  if (!byId.ok) return byId;
  const described: Described[] = [];
  for (const asked of topics) {
    const found = isById(asked)
      ? byId.value.find(({ topicId }) => topicId === asked.topicId)
      : byName.value.find(({ topic }) => topic === asked.name);
    described.push(await describeOne(call, asked, found, allowAutoTopicCreation));
  }
  return ok(described);
}

async function describeOne(
  call: KafkaCall,
  asked: AskedTopic,
  found: DescribedTopic | undefined,
  mayCreate: boolean,
): Promise<Described> {
  const refuse = ({ error }: { readonly error: Failure }): RefusedTopic => ({ ...asked, failure: error });
  if (found !== undefined) {
    const may = mayDo(call, 'DESCRIBE', found.topic);
    return may.ok ? found : refuse(may);
  }
  if (isById(asked) || asked.name === null)
    return refuse(failed('UNKNOWN_TOPIC_ID', `There is no topic of the id ${asked.topicId}.`));
  if (!mayCreate) return refuse(failed('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic "${asked.name}".`));
  const may = mayDo(call, 'CREATE', asked.name);
  if (!may.ok) return refuse(may);
  const created = await call.services.catalog.createTopic(call.services.cluster, { topic: asked.name });
  if (created.ok) return { ...created.value, leaderEpochs: new Map() };
  // Somebody else was faster, which is as good.
  const raced =
    created.error.code === 'TOPIC_ALREADY_EXISTS' ? await findDescribed(call, { names: [asked.name] }) : created;
  const topic = raced.ok ? raced.value[0] : undefined;
  return topic ?? refuse(raced.ok ? created : raced);
}

function mayDo(call: KafkaCall, operation: Access['operation'], resourceName: string): Result<null> {
  return checkAccess(call.services.principal, { operation, resourceType: 'TOPIC', resourceName });
}

/** Before version 13 there is no place for an error that concerns all. */
function refuseEach({ topics }: Request, failure: Failure) {
  return (topics ?? []).map((topic) => refusedTopic(topic, failure));
}
