import type { GroupRef } from '../groups/group-ref.ts';
import type { GroupRpc } from '../groups/group-rpc.ts';
import type { Clock } from '../platform/clock.ts';
import type { ClusterRef } from '../topics/catalog-rpc.ts';
import { ClassicGroups } from './classic-groups.ts';
import { ConsumerGroups } from './consumer-groups.ts';
import type { Edge } from './edge.ts';
import { GroupCaller } from './group-caller.ts';
import { GroupConsumer } from './group-consumer.ts';
import { GroupFetch } from './group-fetch.ts';
import { GroupLag } from './group-lag.ts';
import type { HighWatermarks } from './high-watermarks.ts';
import { InstanceConsumer } from './instance-consumer.ts';
import { OffsetReset } from './offset-reset.ts';
import { PartitionEnds } from './partition-ends.ts';

export type GroupEdgePorts = {
  readonly edge: Pick<Edge, 'routes' | 'partitions' | 'reader' | 'platformReader'>;
  readonly cluster: ClusterRef;
  /** A new stub of a group's object for each call. */
  readonly connect: (ref: GroupRef) => GroupRpc;
  readonly clock: Clock;
  readonly random: () => number;
  readonly pause: (ms: number) => Promise<void>;
  readonly newMemberId: () => string;
  /** Outlives a request. */
  readonly highWatermarks: HighWatermarks;
};

/** The groups of one cluster as an edge reaches them. */
export type GroupEdge = {
  readonly rpc: GroupRpc;
  /** Members that speak Kafka's classic protocol. */
  readonly classic: ClassicGroups;
  /** Members that speak Kafka's consumer protocol. */
  readonly consumers: ConsumerGroups;
  readonly consumer: GroupConsumer;
  readonly ends: PartitionEnds;
  readonly lag: GroupLag;
  readonly reset: OffsetReset;
  readonly instances: InstanceConsumer;
};

export function createGroupEdge(ports: GroupEdgePorts): GroupEdge {
  const { edge, cluster, connect, clock, random, pause, newMemberId, highWatermarks } = ports;
  const { routes, partitions, reader, platformReader } = edge;
  const rpc = new GroupCaller({ connect, random, pause });
  const ends = new PartitionEnds({ routes, partitions, highWatermarks });
  const fetch = new GroupFetch({ reader, highWatermarks, random });
  return {
    rpc,
    ends,
    classic: new ClassicGroups({ groups: rpc, newMemberId }),
    consumers: new ConsumerGroups({ groups: rpc, newMemberId }),
    consumer: new GroupConsumer({ cluster, groups: rpc, routes, ends, fetch, newMemberId }),
    lag: new GroupLag({ ends, reader: platformReader, clock }),
    reset: new OffsetReset({ cluster, groups: rpc, routes, reader, ends }),
    instances: new InstanceConsumer({ cluster, groups: rpc, routes, reader, ends, fetch, clock, newId: newMemberId }),
  };
}
