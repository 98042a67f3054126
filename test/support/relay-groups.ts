import { HighWatermarks } from '../../src/gateway/high-watermarks.ts';
import { PartitionEnds } from '../../src/gateway/partition-ends.ts';
import type { PartitionCaller, TopicRoutes } from '../../src/gateway/ports.ts';
import type { GroupRpc } from '../../src/groups/group-rpc.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { RelayGroupPorts } from '../../src/relay/ports.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import { noGroup } from './api-services.ts';

/** What a relay needs for groups; without `rpc` there is none. */
export function relayGroups(
  ports: { readonly routes: TopicRoutes; readonly partitions: PartitionCaller; readonly clock: Clock },
  rpc: GroupRpc = noGroup,
): RelayGroupPorts {
  const { routes, partitions, clock } = ports;
  const ends = new PartitionEnds({ routes, partitions, highWatermarks: new HighWatermarks() });
  return { cluster: localCluster, rpc, ends, clock, newMemberId: () => 'a-member' };
}
