import { describable } from '../../authorization/access-check.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import type { ClassicDescription } from '../../groups/classic/classic-rpc.ts';
import { quoteName } from '../../groups/group-id.ts';
import type { GroupRef } from '../../groups/group-ref.ts';
import type { GroupDescription } from '../../groups/group-rpc.ts';
import { limits } from '../../limits.ts';
import type { GroupKind, GroupSummary } from '../../topics/catalog-rpc.ts';
import { authorizedOperations, notAsked } from '../authorized-operations.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { deleteGroupsRequest, deleteGroupsResponse } from '../messages/delete-groups.ts';
import { describeGroupsRequest, describeGroupsResponse } from '../messages/describe-groups.ts';
import { listGroupsRequest, listGroupsResponse } from '../messages/list-groups.ts';
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
      const deleted = group.ok ? await deleteGroup(call, group.value) : group;
      return { groupId, errorCode: deleted.ok ? noError : wireErrorOf(deleted.error) };
    }),
  }),
});

/** Deletes a group of either kind: clients name them alike. */
async function deleteGroup({ services }: KafkaCall, group: GroupRef): Promise<Result<null>> {
  const { shares, groups } = services;
  const shared = await shares.groups.find(group);
  return shared.ok ? shares.groups.delete(group) : groups.rpc.deleteGroup(group);
}

/** What members of consumer groups speak, as groups name it. */
const consumerProtocol = 'consumer';

/** How Kafka calls the kinds of groups: a group that never had members is as classic ones are. */
const typeOf = ({ kind, protocol }: GroupSummary): string => {
  if (kind === 'share') return 'Share';
  return protocol === 'consumer' ? 'Consumer' : 'Classic';
};

/** In version 6 a group that does not exist is an error; before, it is dead. */
const missingFrom = 6;

/** Kafka's names of the states of groups that the server assigns. */
export const stateNames: Readonly<Record<string, string>> = {
  empty: 'Empty',
  reconciling: 'Reconciling',
  stable: 'Stable',
};

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
    .map((group) => ({
      groupId: group.groupId,
      protocolType: group.kind,
      groupState: (group.protocol === 'classic' ? classicStateNames : stateNames)[group.state] ?? group.state,
      groupType: typeOf(group),
    }))
    .filter(({ groupState, groupType }) => isWanted(statesFilter, groupState) && isWanted(typesFilter, groupType));
  return { errorCode: noError, groups };
}

async function allGroups(call: KafkaCall): Promise<Result<GroupSummary[]>> {
  const consumers = await groupsOf(call, 'consumer');
  const share = await groupsOf(call, 'share');
  if (!consumers.ok || !share.ok) return consumers.ok ? share : consumers;
  return ok([...consumers.value, ...share.value]);
}

async function groupsOf({ services }: KafkaCall, kind: GroupKind): Promise<Result<GroupSummary[]>> {
  const { principal, catalog, cluster } = services;
  const limit = limits.groupsPerPage.max;
  const groups: GroupSummary[] = [];
  for (let after: string | null = null; ; ) {
    const request = { kind, prefix: '', limit, after };
    const page: Awaited<ReturnType<typeof catalog.listGroups>> = await catalog.listGroups(cluster, request);
    if (!page.ok) return page;
    groups.push(...describable(principal, 'GROUP', page.value.groups, ({ groupId }) => groupId));
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
  const found = described.ok ? asClassic(groupId, described.value) : described;
  if (found.ok) {
    return {
      groupId,
      errorCode: noError,
      groupState: 'Empty',
      protocolType: consumerProtocol,
      protocolData: '',
      members: [],
    };
  }
  const { code, message } = found.error;
  const isDead = code === 'GROUP_ID_NOT_FOUND' && call.version < missingFrom;
  return {
    groupId,
    errorCode: isDead ? noError : wireErrorOf(found.error),
    errorMessage: message,
    groupState: 'Dead',
    protocolType: '',
    protocolData: '',
    members: [],
  };
}

/** What has no classic members is a group of this API while it could have some. */
function asClassic(groupId: string, { protocol }: GroupDescription): Result<null> {
  if (protocol !== 'consumer') return ok(null);
  return failed('GROUP_ID_NOT_FOUND', `Group ${quoteName(groupId)} is not a classic group.`);
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
