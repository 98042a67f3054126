import { failed, type Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import type { TopicPartition } from '../../groups/committed-offset.ts';
import { quoteName } from '../../groups/group-id.ts';
import type { GroupDescription, MemberDescription } from '../../groups/group-rpc.ts';
import { authorizedOperations, notAsked } from '../authorized-operations.ts';
import { checkTopicsOfMembers } from '../group-answers.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { consumerGroupDescribeRequest, consumerGroupDescribeResponse } from '../messages/consumer-group-describe.ts';
import { zeroUuid } from '../wire/byte-reader.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';
import { wireAssignorOf } from './consumer-group-heartbeat.ts';
import { groupOf } from './group-offsets.ts';
import { stateNames } from './groups.ts';

export const consumerGroupDescribeApi = kafkaApi({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: { min: 0, max: 1 },
  request: consumerGroupDescribeRequest,
  response: consumerGroupDescribeResponse,
  handle: async (call, request) => ({
    groups: await inWaves(request.groupIds, (groupId) => describeOne(call, groupId, request)),
  }),
});

type Request = MessageOf<typeof consumerGroupDescribeRequest>;

/** What the answer calls a member of this protocol (KIP-1099). */
const consumerType = 1;

async function describeOne(call: KafkaCall, groupId: string, { includeAuthorizedOperations }: Request) {
  const described = await describeConsumers(call, groupId);
  const authorized = includeAuthorizedOperations
    ? authorizedOperations(call.services.principal, 'GROUP', groupId)
    : notAsked;
  if (!described.ok) {
    return {
      groupId,
      errorCode: wireErrorOf(described.error),
      errorMessage: described.error.message,
      groupState: '',
      groupEpoch: 0,
      assignmentEpoch: 0,
      assignorName: '',
      members: [],
      authorizedOperations: authorized,
    };
  }
  const { state, groupEpoch, assignor, members } = described.value;
  return {
    groupId,
    errorCode: noError,
    groupState: stateNames[state] ?? state,
    groupEpoch,
    // Targets are computed together with the epoch that they are of.
    assignmentEpoch: groupEpoch,
    assignorName: wireAssignorOf(assignor),
    members: members.map((member) => memberAnswer(described.value, member)),
    authorizedOperations: authorized,
  };
}

/** GROUP_ID_NOT_FOUND for a group that is classic; TOPIC_AUTHORIZATION_FAILED when it reads what one may not know of. */
async function describeConsumers(call: KafkaCall, groupId: string): Promise<Result<GroupDescription>> {
  const { principal, groups } = call.services;
  const group = groupOf(call, groupId, 'DESCRIBE');
  if (!group.ok) return group;
  const described = await groups.rpc.describe(group.value);
  if (!described.ok) return described;
  if (described.value.protocol !== 'consumer') {
    return failed('GROUP_ID_NOT_FOUND', `Group ${quoteName(groupId)} is not a consumer group.`);
  }
  const topics = described.value.members.flatMap(({ assigned, target }) => [...assigned, ...target]);
  const visible = checkTopicsOfMembers(
    principal,
    groupId,
    topics.map(({ topic }) => topic),
  );
  return visible.ok ? described : visible;
}

function memberAnswer(group: GroupDescription, member: MemberDescription) {
  const { memberId, instanceId, clientId, memberEpoch, subscription, assigned, target } = member;
  return {
    memberId,
    instanceId,
    memberEpoch,
    clientId,
    clientHost: '',
    subscribedTopicNames: subscription.topics,
    subscribedTopicRegex: subscription.pattern,
    assignment: assignmentAnswer(group, assigned),
    targetAssignment: assignmentAnswer(group, target),
    memberType: consumerType,
  };
}

function assignmentAnswer({ topics }: GroupDescription, partitions: readonly TopicPartition[]) {
  const idOf = (topicName: string) => topics.find(({ topic }) => topic === topicName)?.topicId ?? zeroUuid;
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
  return {
    topicPartitions: [...byTopic].map(([topicName, same]) => ({
      topicId: idOf(topicName),
      topicName,
      partitions: same.map(({ partition }) => partition),
    })),
  };
}
