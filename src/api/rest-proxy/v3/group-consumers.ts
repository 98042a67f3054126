import type { KafkaConsumer, KafkaConsumerAssignment } from '../../../contracts/rest-proxy-groups.ts';
import { ok, type Result } from '../../../errors/result.ts';
import type { TopicPartition } from '../../../groups/committed-offset.ts';
import type { MemberDescription } from '../../../groups/group-rpc.ts';
import { refused } from '../refusal.ts';
import { restAnswer } from '../rest-answer.ts';
import { pathParameter, type RestCall, type RestHandler } from '../rest-call.ts';
import { describeGroupOf } from './consumer-groups.ts';
import { clusterUrl, listAt, related, resourceOf } from './resource.ts';

const listConsumers: RestHandler = async (call) => {
  const group = await describeGroupOf(call);
  if (!group.ok) return group;
  const { groupId, members } = group.value;
  const self = clusterUrl(call, 'consumer-groups', groupId, 'consumers');
  const data = members.map((member) => consumerJson(call, groupId, member));
  return restAnswer(call, listAt('KafkaConsumerList', self, data));
};

const getConsumer: RestHandler = async (call) => {
  const found = await findConsumer(call);
  return found.ok ? restAnswer(call, consumerJson(call, found.value.groupId, found.value.member)) : found;
};

const listConsumerAssignments: RestHandler = async (call) => {
  const found = await findConsumer(call);
  if (!found.ok) return found;
  const { groupId, member } = found.value;
  const self = clusterUrl(call, 'consumer-groups', groupId, 'consumers', member.memberId, 'assignments');
  const data = member.assigned.map((place) => assignmentJson(call, groupId, member.memberId, place));
  return restAnswer(call, listAt('KafkaConsumerAssignmentList', self, data));
};

const getConsumerAssignment: RestHandler = async (call) => {
  const found = await findConsumer(call);
  if (!found.ok) return found;
  const { groupId, member } = found.value;
  const place = member.assigned.find(
    ({ topic, partition }) =>
      topic === pathParameter(call, 'topic_name') && String(partition) === pathParameter(call, 'partition_id'),
  );
  if (place !== undefined) return restAnswer(call, assignmentJson(call, groupId, member.memberId, place));
  return refused(404, 'ROUTE_NOT_FOUND', 'Consumer assignment cannot be found: the consumer has no such partition.');
};

export const groupConsumerHandlers = {
  listConsumers,
  getConsumer,
  listConsumerAssignments,
  getConsumerAssignment,
} as const;

async function findConsumer(
  call: RestCall,
): Promise<Result<{ readonly groupId: string; readonly member: MemberDescription }>> {
  const group = await describeGroupOf(call);
  if (!group.ok) return group;
  const { groupId, members } = group.value;
  const asked = pathParameter(call, 'consumer_id');
  const member = members.find(({ memberId }) => memberId === asked);
  if (member !== undefined) return ok({ groupId, member });
  const shown = JSON.stringify(asked.slice(0, 80));
  return refused(404, 'ROUTE_NOT_FOUND', `Consumer ${shown} cannot be found in the group.`);
}

function consumerJson(
  call: RestCall,
  groupId: string,
  { memberId, instanceId, clientId }: MemberDescription,
): KafkaConsumer {
  const self = clusterUrl(call, 'consumer-groups', groupId, 'consumers', memberId);
  return {
    ...resourceOf(call, 'KafkaConsumer', self, [
      ['consumer-group', groupId],
      ['consumer', memberId],
    ]),
    consumer_group_id: groupId,
    consumer_id: memberId,
    instance_id: instanceId,
    client_id: clientId,
    assignments: related(`${self}/assignments`),
  };
}

function assignmentJson(
  call: RestCall,
  groupId: string,
  memberId: string,
  { topic, partition }: TopicPartition,
): KafkaConsumerAssignment {
  const place = [topic, 'partitions', partition];
  const self = clusterUrl(call, 'consumer-groups', groupId, 'consumers', memberId, 'assignments', ...place);
  return {
    ...resourceOf(call, 'KafkaConsumerAssignment', self, [
      ['consumer-group', groupId],
      ['consumer', memberId],
      ['assignment', topic],
      ['partition', partition],
    ]),
    consumer_group_id: groupId,
    consumer_id: memberId,
    topic_name: topic,
    partition_id: partition,
    partition: related(clusterUrl(call, 'topics', ...place)),
    lag: related(clusterUrl(call, 'consumer-groups', groupId, 'lags', ...place)),
  };
}
