import { checkEach } from '../../authorization/access-check.ts';
import { failed, type Result } from '../../errors/result.ts';
import type { Heard } from '../../gateway/consumer-groups.ts';
import { partitionKey, splitPartitionKey } from '../../groups/assignors/assignor.ts';
import type { AssignorName } from '../../groups/assignors/assignors.ts';
import type { ConsumerHeartbeat } from '../../groups/consumer/consumer-rpc.ts';
import type { GroupRef } from '../../groups/group-ref.ts';
import { minRebalanceTimeoutMs } from '../../groups/member-wish.ts';
import { limits } from '../../limits.ts';
import { heartbeatRefusal, partitionsByTopicId } from '../group-answers.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse } from '../messages/consumer-group-heartbeat.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError } from '../wire-error.ts';
import { groupOf } from './group-offsets.ts';

export const consumerGroupHeartbeatApi = kafkaApi({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: { min: 0, max: 1 },
  request: consumerGroupHeartbeatRequest,
  response: consumerGroupHeartbeatResponse,
  handle: heartbeat,
});

type Request = MessageOf<typeof consumerGroupHeartbeatRequest>;

/** From this version on a member has an id from the beginning (KIP-1082). */
const ownIdFrom = 1;

/** Epochs that are none: a member joins; one that is static leaves to come back; -1 is a member that leaves. */
const joinEpoch = 0;
const awayEpoch = -2;

/** The names of Kafka's assignors; its uniform one keeps what it can where it is. */
const assignorsByName: Readonly<Record<string, AssignorName>> = { uniform: 'sticky', range: 'range' };

/** What Kafka's clients know an assignor as. */
export const wireAssignorOf = (assignor: string): string => (assignor === 'sticky' ? 'uniform' : assignor);

async function heartbeat(call: KafkaCall, request: Request) {
  const { memberId, memberEpoch } = request;
  const checked = check(call, request);
  if (!checked.ok) return heartbeatRefusal(request.memberEpoch, checked.error);
  const group = checked.value;
  const { consumers } = call.services.groups;
  if (memberEpoch < 0) {
    const leaver = { memberId, instanceId: request.instanceId, isAway: memberEpoch === awayEpoch };
    const left = await consumers.leave(group, leaver);
    return left.ok
      ? { errorCode: noError, memberId, memberEpoch, heartbeatIntervalMs: 0 }
      : heartbeatRefusal(request.memberEpoch, left.error);
  }
  const { memberId: ownId, heard } = await consumers.heartbeat(group, heartbeatOf(call, request));
  return heard.ok ? answer(ownId, heard.value) : heartbeatRefusal(request.memberEpoch, heard.error);
}

/** The group, if the request is one that Kafka's coordinator takes and the principal may read what it names. */
function check(call: KafkaCall, request: Request): Result<GroupRef> {
  const group = groupOf(call, request.groupId, 'READ');
  if (!group.ok) return group;
  const broken = brokenRule(call.version, request);
  if (broken !== null) return failed('INVALID_REQUEST', broken);
  const { serverAssignor, subscribedTopicNames } = request;
  if (serverAssignor !== null && !Object.hasOwn(assignorsByName, serverAssignor)) {
    return failed(
      'UNSUPPORTED_ASSIGNOR',
      `There is no assignor ${JSON.stringify(serverAssignor.slice(0, 80))}; the supported ones are ${Object.keys(assignorsByName).join(', ')}.`,
    );
  }
  const may = checkEach(call.services.principal, 'DESCRIBE', 'TOPIC', subscribedTopicNames ?? []);
  return may.ok ? group : may;
}

/** Which rule of KIP-848 a request breaks; null for none. */
function brokenRule(version: number, request: Request): string | null {
  const { memberId, memberEpoch, instanceId, rackId, rebalanceTimeoutMs, topicPartitions } = request;
  const mayLackId = version < ownIdFrom && memberEpoch === joinEpoch;
  if (memberId === '' && !mayLackId) return 'A member id must be given.';
  if (instanceId === '') return 'An instance id cannot be empty.';
  if (rackId === '') return 'A rack id cannot be empty.';
  if (memberEpoch < awayEpoch) return `${memberEpoch} is no member epoch.`;
  if (memberEpoch === awayEpoch && instanceId === null) return 'Only a member with an instance id can come back.';
  if (memberEpoch !== joinEpoch) return null;
  if (rebalanceTimeoutMs < 0) return 'A member that joins must give its rebalance timeout.';
  if (topicPartitions === null || topicPartitions.length > 0) return 'A member that joins holds no partitions.';
  if (request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null) return null;
  return 'A member that joins must say which topics it wants to read.';
}

function heartbeatOf({ clientId }: KafkaCall, request: Request): ConsumerHeartbeat {
  const { memberId, instanceId, memberEpoch, rebalanceTimeoutMs, serverAssignor, topicPartitions } = request;
  const { max } = limits.rebalanceTimeoutMs;
  return {
    memberId,
    instanceId,
    memberEpoch,
    clientId,
    topics: request.subscribedTopicNames,
    pattern: request.subscribedTopicRegex,
    assignor: serverAssignor === null ? null : assignorsByName[serverAssignor]!,
    // Kafka takes any: what is out of bounds here is brought within them.
    rebalanceTimeoutMs:
      rebalanceTimeoutMs < 0 ? null : Math.min(Math.max(rebalanceTimeoutMs, minRebalanceTimeoutMs), max),
    held:
      topicPartitions?.flatMap(({ topicId, partitions }) =>
        partitions.map((partition) => partitionKey(topicId, partition)),
      ) ?? null,
  };
}

function answer(memberId: string, { memberEpoch, heartbeatIntervalMs, assigned }: Heard) {
  return {
    errorCode: noError,
    memberId,
    memberEpoch,
    heartbeatIntervalMs,
    assignment: assigned === null ? null : { topicPartitions: partitionsByTopicId(assigned.map(splitPartitionKey)) },
  };
}
