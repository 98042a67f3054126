import type { Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import type { ShareGroupDescription, ShareMemberDescription } from '../../groups/share/share-group-rpc.ts';
import { authorizedOperations, notAsked } from '../authorized-operations.ts';
import { checkTopicsOfMembers } from '../group-answers.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { shareGroupDescribeRequest, shareGroupDescribeResponse } from '../messages/share-group-describe.ts';
import { noError, wireErrorOf } from '../wire-error.ts';
import { groupOf } from './group-offsets.ts';
import { stateNames } from './groups.ts';

export const shareGroupDescribeApi = kafkaApi({
  key: 77,
  name: 'ShareGroupDescribe',
  versions: { min: 1, max: 1 },
  request: shareGroupDescribeRequest,
  response: shareGroupDescribeResponse,
  handle: async (call, { groupIds, includeAuthorizedOperations }) => ({
    groups: await inWaves(groupIds, (groupId) => describeOne(call, groupId, includeAuthorizedOperations)),
  }),
});

/** How partitions are spread over members; there is one way (KIP-932). */
const assignorName = 'simple';

async function describeOne(call: KafkaCall, groupId: string, withOperations: boolean) {
  const described = await describeGroup(call, groupId);
  const rest = {
    groupId,
    // Members keep the epochs that they are told to themselves: locks decide what is whose.
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName,
    authorizedOperations: withOperations ? authorizedOperations(call.services.principal, 'GROUP', groupId) : notAsked,
  };
  if (!described.ok) {
    const errorCode = wireErrorOf(described.error);
    return { ...rest, errorCode, errorMessage: described.error.message, groupState: '', members: [] };
  }
  const { state, members } = described.value;
  return { ...rest, errorCode: noError, groupState: stateNames[state] ?? state, members: members.map(memberAnswer) };
}

async function describeGroup(call: KafkaCall, groupId: string): Promise<Result<ShareGroupDescription>> {
  const { principal, shares } = call.services;
  const group = groupOf(call, groupId, 'DESCRIBE');
  if (!group.ok) return group;
  const described = await shares.groups.describe(group.value);
  if (!described.ok) return described;
  const names = described.value.members.flatMap(({ topics }) => topics);
  const visible = checkTopicsOfMembers(principal, groupId, names);
  return visible.ok ? described : visible;
}

function memberAnswer({ memberId, clientId, topics, preferred }: ShareMemberDescription) {
  const byTopic = [...Map.groupBy(preferred, ({ topicId }) => topicId)];
  return {
    memberId,
    memberEpoch: 0,
    clientId,
    clientHost: '',
    subscribedTopicNames: topics,
    assignment: {
      topicPartitions: byTopic.map(([topicId, same]) => ({
        topicId,
        topicName: same[0]!.topic,
        partitions: same.map(({ partition }) => partition),
      })),
    },
  };
}
