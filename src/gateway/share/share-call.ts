import type { Failure } from '../../errors/result.ts';
import type { ShareGroup, SharePlace, ShareTopic } from '../../groups/share/share-group-rpc.ts';
import type { ShareCall } from '../../groups/share/share-partition-rpc.ts';
import type { ClusterRef } from '../../topics/catalog-rpc.ts';

/** A call of the partition at this place, on behalf of the group as it is known. */
export function shareCallOf(
  cluster: ClusterRef,
  group: ShareGroup,
  { topic, topicId, partition }: SharePlace,
  isAdded: boolean,
): ShareCall {
  const { groupId, shareGroupId, config, configVersion } = group;
  const ref = { ...cluster, groupId, shareGroupId, topicId, partition };
  return { ref, topic, config, configVersion, isAdded };
}

/** Whether the partition was added to its topic after the group had begun that. */
export function isAddedTo(topics: readonly ShareTopic[], { topicId, partition }: SharePlace): boolean {
  const topic = topics.find((known) => known.topicId === topicId);
  return topic !== undefined && topic.begunPartitionCount > 0 && partition >= topic.begunPartitionCount;
}

/** A partition that is gone is none of the member's business any more: the group notices within seconds. */
export const isGone = ({ code }: Failure): boolean =>
  code === 'UNKNOWN_TOPIC_OR_PARTITION' || code === 'UNKNOWN_TOPIC_ID';
