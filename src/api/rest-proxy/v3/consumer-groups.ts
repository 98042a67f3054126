import { describable } from '../../../authorization/access-check.ts';
import type { KafkaConsumerGroup } from '../../../contracts/rest-proxy-groups.ts';
import { ok, type Result } from '../../../errors/result.ts';
import type { TopicPartition } from '../../../groups/committed-offset.ts';
import type { GroupDescription } from '../../../groups/group-rpc.ts';
import { limits } from '../../../limits.ts';
import type { GroupSummary } from '../../../topics/catalog-rpc.ts';
import { nominalBrokerId } from '../../../topics/nominal-broker.ts';
import { restAnswer } from '../rest-answer.ts';
import { pathParameter, type RestCall, type RestHandler } from '../rest-call.ts';
import { clusterUrl, listAt, related, resourceOf } from './resource.ts';

const pageTokenParameter = 'page_token';

/** Listing asks the cluster's object alone, and wakes no group. */
const listConsumerGroups: RestHandler = async (call) => {
  const { catalog, cluster } = call.services;
  const after = new URL(call.request.url).searchParams.get(pageTokenParameter);
  const page = { kind: 'consumer', prefix: '', limit: limits.groupsPerPage.max, after } as const;
  const listed = await catalog.listGroups(cluster, page);
  if (!listed.ok) return listed;
  const self = clusterUrl(call, 'consumer-groups');
  const { groups, next } = listed.value;
  const nextUrl = next === null ? null : `${self}?${pageTokenParameter}=${encodeURIComponent(next)}`;
  const shown = describable(call.services.principal, 'GROUP', groups, ({ groupId }) => groupId);
  const data = shown.map((group) => groupJson(call, { ...group, assignor: '', isSimple: false }));
  return restAnswer(call, listAt('KafkaConsumerGroupList', self, data, nextUrl));
};

const getConsumerGroup: RestHandler = async (call) => {
  const described = await describeGroupOf(call);
  if (!described.ok) return described;
  const { groupId, state, assignor, groupEpoch, members } = described.value;
  // A group that no member ever joined is only used to keep offsets.
  const facts = { groupId, state, assignor: members.length === 0 ? '' : assignor, isSimple: groupEpoch === 0 };
  return restAnswer(call, groupJson(call, facts));
};

export const consumerGroupHandlers = { listConsumerGroups, getConsumerGroup } as const;

/** The group of a path, with the topics of it that the caller may see. GROUP_ID_NOT_FOUND. */
export async function describeGroupOf(call: RestCall): Promise<Result<GroupDescription>> {
  const { cluster, groups, principal } = call.services;
  const { orgId, clusterId } = cluster;
  const groupId = pathParameter(call, 'consumer_group_id');
  const described = await groups.rpc.describe({ orgId, clusterId, groupId });
  if (!described.ok || principal.isSuper) return described;
  const shown = <Place extends TopicPartition>(places: readonly Place[]) => [
    ...describable(principal, 'TOPIC', places, ({ topic }) => topic),
  ];
  const { members, offsets } = described.value;
  return ok({
    ...described.value,
    offsets: shown(offsets),
    members: members.map((member) => ({ ...member, assigned: shown(member.assigned), target: shown(member.target) })),
  });
}

/** The platform's states in the words of Kafka's classic protocol, which v3 has. */
const states: Readonly<Record<string, KafkaConsumerGroup['state']>> = {
  empty: 'EMPTY',
  reconciling: 'PREPARING_REBALANCE',
  stable: 'STABLE',
};

type GroupFacts = Pick<GroupSummary, 'groupId' | 'state'> & { readonly assignor: string; readonly isSimple: boolean };

function groupJson(call: RestCall, { groupId, state, assignor, isSimple }: GroupFacts): KafkaConsumerGroup {
  const self = clusterUrl(call, 'consumer-groups', groupId);
  const consumers = related(`${self}/consumers`);
  return {
    ...resourceOf(call, 'KafkaConsumerGroup', self, [['consumer-group', groupId]]),
    consumer_group_id: groupId,
    is_simple: isSimple,
    partition_assignor: assignor,
    state: states[state] ?? 'PREPARING_REBALANCE',
    coordinator: related(clusterUrl(call, 'brokers', nominalBrokerId)),
    // Documented by the one name and shown by the other, so clients may look for either.
    consumer: consumers,
    consumers,
    lag_summary: related(`${self}/lag-summary`),
  };
}
