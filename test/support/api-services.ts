import type { Services } from '../../src/api/services.ts';
import { failed, ok } from '../../src/errors/result.ts';
import type { PartitionCaller, TopicRoutes } from '../../src/gateway/ports.ts';
import { Producer } from '../../src/gateway/produce.ts';
import { RecordReader } from '../../src/gateway/read.ts';
import { TieredMemory, TieredReader } from '../../src/gateway/tiered-reader.ts';
import { MemoryBlobStore } from '../../src/platform/memory/memory-blob-store.ts';
import type { CatalogRpc } from '../../src/topics/catalog-rpc.ts';

const unknownTopic = failed('UNKNOWN_TOPIC_OR_PARTITION', 'There is no such topic.');

/** A cluster without topics that takes none: enough for routes that have no business with topics. */
const emptyCatalog: CatalogRpc = {
  createTopic: async () => failed('POLICY_VIOLATION', 'This cluster takes no topics.'),
  describeTopic: async () => unknownTopic,
  listTopics: async () => ok({ topics: [], next: null }),
  alterTopic: async () => unknownTopic,
  deleteTopic: async () => unknownTopic,
  grantPartition: async () => unknownTopic,
  allocateProducerId: async () => ok({ producerId: 1000, producerEpoch: 0 }),
  reportPartitions: async () => ok(null),
};

/** The services of an empty cluster; a suite replaces what it needs. */
export function emptyClusterServices(replaced: Partial<Services> = {}): Services {
  const routes: TopicRoutes = { find: async () => unknownTopic, forget: () => {} };
  const partitions: PartitionCaller = { call: async () => unknownTopic };
  const clock = { nowMs: () => 1_790_000_000_000 };
  const tiered = new TieredReader({ blobs: new MemoryBlobStore(), clock, memory: new TieredMemory() });
  return {
    cluster: { orgId: 'local', clusterId: 'local' },
    catalog: emptyCatalog,
    routes,
    partitions,
    producer: new Producer({ routes, partitions, clock, random: () => 0.5, sticky: new Map() }),
    reader: new RecordReader({ routes, partitions, tiered }),
    relays: { connect: async () => new Response(null, { status: 503 }) },
    clock,
    version: '1.2.3-test',
    ...replaced,
  };
}
