import { mayAccess } from '../../authorization/authorize.ts';
import { ok, type Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import type { ClassicDescription } from '../../groups/classic/classic-rpc.ts';
import type { GroupDescription, MemberDescription } from '../../groups/group-rpc.ts';
import { limits } from '../../limits.ts';
import { concatBytes } from '../../log/concat-bytes.ts';
import type { GroupSummary } from '../../topics/catalog-rpc.ts';
import { authorizedOperations, notAsked } from '../authorized-operations.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { consumerProtocolAssignment } from '../messages/consumer-protocol.ts';
import { deleteGroupsRequest, deleteGroupsResponse } from '../messages/delete-groups.ts';
import { describeGroupsRequest, describeGroupsResponse } from '../messages/describe-groups.ts';
import { listGroupsRequest, listGroupsResponse } from '../messages/list-groups.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';
import { groupOf } from './group-offsets.ts';

export const listGroupsApi = kafkaApi({
  key: 16,
  name: 'ListGroups',
  versions: { min: 0, max: 5 },
  request: listGroupsRequest,
  response: listGroupsResponse,
  handle: listGroups,
});

export const describeGroupsApi = kafkaApi({
  key: 15,
  name: 'DescribeGroups',
  versions: { min: 0, max: 6 },
  request: describeGroupsRequest,
  response: describeGroupsResponse,
  handle: describeGroups,
});

export const deleteGroupsApi = kafkaApi({
  key: 42,
  name: 'DeleteGroups',
  versions: { min: 0, max: 2 },
  request: deleteGroupsRequest,
  response: deleteGroupsResponse,
  handle: async (call, { groupsNames }) => ({
    results: await inWaves(groupsNames, async (groupId) => {
      const group = groupOf(call, groupId, 'DELETE');
      const deleted = group.ok ? await call.services.groups.rpc.deleteGroup(group.value) : group;
      return { groupId, errorCode: deleted.ok ? noError : wireErrorOf(deleted.error) };
    }),
  }),
});

/** What members of consumer groups speak, as groups name it. */
const consumerProtocol = 'consumer';

/** Kafka's type of a group whose members are assigned by the server. */
const consumerType = 'Consumer';

/** In version 6 a group that does not exist is an error; before, it is dead. */
const missingFrom = 6;

const stateNames: Readonly<Record<string, string>> = { empty: 'Empty', reconciling: 'Reconciling', stable: 'Stable' };

const phaseNames: Readonly<Record<ClassicDescription['phase'], string>> = {
  empty: 'Empty',
  preparing: 'PreparingRebalance',
  completing: 'CompletingRebalance',
  stable: 'Stable',
};

/** DescribeGroups knows the states of the classic protocol. */
const classicStateNames: Readonly<Record<string, string>> = { ...stateNames, reconciling: 'PreparingRebalance' };

async function listGroups(call: KafkaCall, { statesFilter, typesFilter }: MessageOf<typeof listGroupsRequest>) {
  const listed = await allGroups(call);
  if (!listed.ok) return { errorCode: wireErrorOf(listed.error), groups: [] };
  const isWanted = (filter: readonly string[], value: string) =>
    filter.length === 0 || filter.some((wanted) => wanted.toLowerCase() === value.toLowerCase());
  const groups = listed.value
    .map(({ groupId, state }) => ({
      groupId,
      protocolType: consumerProtocol,
      groupState: stateNames[state] ?? state,
      groupType: consumerType,
    }))
    .filter(({ groupState, groupType }) => isWanted(statesFilter, groupState) && isWanted(typesFilter, groupType));
  return { errorCode: noError, groups };
}

async function allGroups({ services }: KafkaCall): Promise<Result<GroupSummary[]>> {
  const { principal, catalog, cluster } = services;
  const limit = limits.groupsPerPage.max;
  const groups: GroupSummary[] = [];
  for (let after: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof catalog.listGroups>> = await catalog.listGroups(cluster, {
      kind: 'consumer',
      prefix: '',
      limit,
      after,
    });
    if (!page.ok) return page;
    groups.push(
      ...page.value.groups.filter(({ groupId }) =>
        mayAccess(principal, { operation: 'DESCRIBE', resourceType: 'GROUP', resourceName: groupId }),
      ),
    );
    if (page.value.next === null) return ok(groups);
    after = page.value.next;
  }
}

async function describeGroups(call: KafkaCall, request: MessageOf<typeof describeGroupsRequest>) {
  const groups = await inWaves(request.groups, async (groupId) => {
    const group = groupOf(call, groupId, 'DESCRIBE');
    const classic = group.ok ? await call.services.groups.classic.describe(group.value) : group;
    const authorized = request.includeAuthorizedOperations
      ? authorizedOperations(call.services.principal, 'GROUP', groupId)
      : notAsked;
    if (classic.ok && classic.value !== null) {
      return { ...classicAnswer(groupId, classic.value), authorizedOperations: authorized };
    }
    const described = group.ok ? await call.services.groups.rpc.describe(group.value) : group;
    return { ...describedAnswer(call, groupId, described), authorizedOperations: authorized };
  });
  return { groups };
}

function describedAnswer(call: KafkaCall, groupId: string, described: Result<GroupDescription>) {
  if (described.ok) {
    const { state, assignor, members } = described.value;
    return {
      groupId,
      errorCode: noError,
      groupState: classicStateNames[state] ?? state,
      protocolType: consumerProtocol,
      protocolData: members.length === 0 ? '' : assignor,
      members: members.map(memberAnswer),
    };
  }
  const { code, message } = described.error;
  const isDead = code === 'GROUP_ID_NOT_FOUND' && call.version < missingFrom;
  return {
    groupId,
    errorCode: isDead ? noError : wireErrorOf(described.error),
    errorMessage: message,
    groupState: 'Dead',
    protocolType: '',
    protocolData: '',
    members: [],
  };
}

/** The bytes that members exchange are shown as they are: tools read from them who has what. */
function classicAnswer(groupId: string, { phase, protocolType, protocolName, members }: ClassicDescription) {
  return {
    groupId,
    errorCode: noError,
    groupState: phaseNames[phase],
    protocolType,
    protocolData: protocolName ?? '',
    members: members.map(({ memberId, instanceId, clientId, metadata, assignment }) => ({
      memberId,
      groupInstanceId: instanceId,
      clientId,
      clientHost: '',
      memberMetadata: metadata,
      memberAssignment: assignment,
    })),
  };
}

function memberAnswer({ memberId, instanceId, clientId, assigned }: MemberDescription) {
  const partitionsByTopic = Map.groupBy(assigned, ({ topic }) => topic);
  const writer = new ByteWriter();
  // The assignment as consumers of the classic protocol would have it: tools read who has what from it.
  writer.int16(0);
  consumerProtocolAssignment.write(writer, 0, {
    assignedPartitions: [...partitionsByTopic].map(([topic, same]) => ({
      topic,
      partitions: same.map(({ partition }) => partition),
    })),
  });
  return {
    memberId,
    groupInstanceId: instanceId,
    clientId,
    clientHost: '',
    memberMetadata: new Uint8Array(0),
    memberAssignment: concatBytes(writer.finish()),
  };
}
