import type { KafkaConsumerLag, KafkaLagSummary } from '../../../contracts/rest-proxy-groups.ts';
import { ok, type Result } from '../../../errors/result.ts';
import type { GroupDescription } from '../../../groups/group-rpc.ts';
import { refused } from '../refusal.ts';
import { restAnswer } from '../rest-answer.ts';
import { pathParameter, type RestCall, type RestHandler } from '../rest-call.ts';
import { describeGroupOf } from './consumer-groups.ts';
import { clusterUrl, listAt, related, resourceOf } from './resource.ts';

const listLags: RestHandler = async (call) => {
  const lags = await lagsOf(call);
  if (!lags.ok) return lags;
  const self = clusterUrl(call, 'consumer-groups', pathParameter(call, 'consumer_group_id'), 'lags');
  return restAnswer(call, listAt('KafkaConsumerLagList', self, lags.value));
};

const getLag: RestHandler = async (call) => {
  const lags = await lagsOf(call);
  if (!lags.ok) return lags;
  const lag = lags.value.find(
    (one) =>
      one.topic_name === pathParameter(call, 'topic_name') &&
      String(one.partition_id) === pathParameter(call, 'partition_id'),
  );
  if (lag !== undefined) return restAnswer(call, lag);
  return refused(404, 'ROUTE_NOT_FOUND', 'Consumer lag cannot be found: the group committed nothing there.');
};

const getLagSummary: RestHandler = async (call) => {
  const lags = await lagsOf(call);
  if (!lags.ok) return lags;
  const [first, ...rest] = lags.value;
  if (first === undefined) {
    return refused(404, 'ROUTE_NOT_FOUND', 'Lag summary cannot be found: the group committed nothing yet.');
  }
  const max = rest.reduce((most, one) => (one.lag > most.lag ? one : most), first);
  const total = lags.value.reduce((sum, { lag }) => sum + lag, 0);
  return restAnswer(call, summaryJson(call, max, total));
};

export const groupLagHandlers = { listLags, getLag, getLagSummary } as const;

/** The lag of every partition that the group committed an offset for: of the others there is none to tell. */
async function lagsOf(call: RestCall): Promise<Result<readonly KafkaConsumerLag[]>> {
  const group = await describeGroupOf(call);
  if (!group.ok) return group;
  const lags = await call.services.groups.lag.lagOf(group.value);
  if (!lags.ok) return lags;
  return ok(
    lags.value.flatMap(({ topic, partition, memberId, committedOffset, highWatermark, lag }) => {
      if (committedOffset === null || lag === null) return [];
      return [lagJson(call, group.value, { topic, partition, memberId, committedOffset, highWatermark, lag })];
    }),
  );
}

type KnownLag = {
  readonly topic: string;
  readonly partition: number;
  readonly memberId: string | null;
  readonly committedOffset: number;
  readonly highWatermark: number;
  readonly lag: number;
};

function lagJson(call: RestCall, { groupId, members }: GroupDescription, known: KnownLag): KafkaConsumerLag {
  const { topic, partition } = known;
  const member = members.find(({ memberId }) => memberId === known.memberId);
  const self = clusterUrl(call, 'consumer-groups', groupId, 'lags', topic, 'partitions', partition);
  return {
    ...resourceOf(call, 'KafkaConsumerLag', self, [
      ['consumer-group', groupId],
      ['lag', topic],
      ['partition', partition],
    ]),
    consumer_group_id: groupId,
    topic_name: topic,
    partition_id: partition,
    consumer_id: member?.memberId ?? '',
    instance_id: member?.instanceId ?? null,
    client_id: member?.clientId ?? '',
    current_offset: known.committedOffset,
    log_end_offset: known.highWatermark,
    lag: known.lag,
  };
}

function summaryJson(call: RestCall, max: KafkaConsumerLag, total: number): KafkaLagSummary {
  const groupId = max.consumer_group_id;
  const self = clusterUrl(call, 'consumer-groups', groupId, 'lag-summary');
  const resource = resourceOf(call, 'KafkaConsumerGroupLagSummary', self, [['consumer-group', groupId]]);
  return {
    ...resource,
    metadata: { self, resource_name: `${resource.metadata.resource_name}/lag-summary` },
    consumer_group_id: groupId,
    max_lag_consumer_id: max.consumer_id,
    max_lag_instance_id: max.instance_id,
    max_lag_client_id: max.client_id,
    max_lag_topic_name: max.topic_name,
    max_lag_partition_id: max.partition_id,
    max_lag: max.lag,
    total_lag: total,
    max_lag_consumer: related(clusterUrl(call, 'consumer-groups', groupId, 'consumers', max.consumer_id)),
    max_lag_partition: related(clusterUrl(call, 'topics', max.topic_name, 'partitions', max.partition_id)),
  };
}
