import type { Services } from '../../src/api/services.ts';
import { failed, ok } from '../../src/errors/result.ts';
import { recordsNothing } from '../../src/gateway/attempt-recorder.ts';
import { createGroupEdge } from '../../src/gateway/group-edge.ts';
import { HighWatermarks } from '../../src/gateway/high-watermarks.ts';
import { JobEdge } from '../../src/gateway/jobs/job-edge.ts';
import { openPrincipal } from '../../src/gateway/open-credentials.ts';
import { PartitionEnds } from '../../src/gateway/partition-ends.ts';
import type { PartitionCaller, TopicRoutes } from '../../src/gateway/ports.ts';
import { Producer } from '../../src/gateway/produce.ts';
import { RecordReader } from '../../src/gateway/read.ts';
import { createShareEdge } from '../../src/gateway/share/share-edge.ts';
import { ShareGroupMemory } from '../../src/gateway/share/share-group-memory.ts';
import { TieredMemory, TieredReader } from '../../src/gateway/tiered-reader.ts';
import { TransactionGateway } from '../../src/gateway/transactions/transaction-gateway.ts';
import { Upkeep } from '../../src/gateway/upkeep.ts';
import type { GroupRpc } from '../../src/groups/group-rpc.ts';
import type { ShareGroupRpc } from '../../src/groups/share/share-group-rpc.ts';
import type { SharePartitionRpc } from '../../src/groups/share/share-partition-rpc.ts';
import { MemoryBlobStore } from '../../src/platform/memory/memory-blob-store.ts';
import type { CatalogRpc } from '../../src/topics/catalog-rpc.ts';
import { withoutAlerts } from '../../src/topics/cluster-alerts.ts';
import type { TransactionRpc } from '../../src/transactions/transaction-rpc.ts';
import { MemoryJobs } from './memory-jobs.ts';
import { MemoryTenancy } from './memory-tenancy.ts';

const unknownTopic = failed('UNKNOWN_TOPIC_OR_PARTITION', 'There is no such topic.');

/** A cluster without topics that takes none: enough for routes that have no business with topics. */
export const emptyCatalog: CatalogRpc = {
  found: async () => ok(null),
  end: async () => ok({ topics: 0, openTopics: 0, groups: [], transactionalIds: [], endingSinceMs: 0 }),
  createTopic: async () => failed('POLICY_VIOLATION', 'This cluster takes no topics.'),
  describeTopic: async () => unknownTopic,
  listTopics: async () => ok({ topics: [], next: null }),
  alterTopic: async () => unknownTopic,
  deleteTopic: async () => unknownTopic,
  grantPartition: async () => unknownTopic,
  allocateProducerId: async () => ok({ producerId: 1000, producerEpoch: 0 }),
  reportPartitions: async () => ok(null),
  partitionWitness: async () => ok(null),
  listPartitions: async (_cluster, { topic }) => (topic === null ? ok({ partitions: [], next: null }) : unknownTopic),
  takeOverduePartitions: async () => ok({ partitions: [] }),
  findTopics: async () => ok({ topics: [], next: null, raisedEpochs: [] }),
  registerGroup: async () => failed('POLICY_VIOLATION', 'This cluster takes no groups.'),
  unregisterGroup: async () => ok(null),
  reportGroup: async () => ok(null),
  listGroups: async () => ok({ groups: [], next: null }),
  registerTransactionalId: async () => failed('POLICY_VIOLATION', 'This cluster takes no transactions.'),
  unregisterTransactionalId: async () => ok(null),
  takeTransactionalIds: async () => ok({ transactionalIds: [] }),
  listTransactionalIds: async () => ok({ transactionalIds: [], next: null }),
  callHistory: async () => ok({ kind: 'recorded' }),
  callAlerts: async (_cluster, command) => withoutAlerts(command),
};

const unknownGroup = failed('GROUP_ID_NOT_FOUND', 'There is no such group.');

const unknownTransaction = failed('TRANSACTIONAL_ID_NOT_FOUND', 'There is no such transactional id.');

/** A transactional id that nobody has used. */
export const noTransactions: TransactionRpc = {
  initProducer: async () => unknownTransaction,
  addParticipants: async () => unknownTransaction,
  verifyParticipants: async () => unknownTransaction,
  endTransaction: async () => unknownTransaction,
  describeTransaction: async () => unknownTransaction,
  end: async () => ok(null),
  maintain: async () => ok(null),
  abortTransaction: async () => unknownTransaction,
};

/** A group that does not exist. */
export const noGroup: GroupRpc = {
  commitInTransaction: async () => unknownGroup,
  writeTxnMarker: async () => unknownGroup,
  heartbeat: async () => unknownGroup,
  awaitNews: async () => unknownGroup,
  leave: async () => unknownGroup,
  commit: async () => unknownGroup,
  keepFirstOffsets: async () => unknownGroup,
  describe: async () => unknownGroup,
  resetOffsets: async () => unknownGroup,
  listResets: async () => unknownGroup,
  deleteOffsets: async () => unknownGroup,
  deleteGroup: async () => unknownGroup,
  callInstance: async () => unknownGroup,
  callClassic: async () => unknownGroup,
  callConsumer: async () => unknownGroup,
};

/** A share group that does not exist, and none of whose partitions do. */
const noShareGroup: ShareGroupRpc = {
  create: async () => unknownGroup,
  alter: async () => unknownGroup,
  find: async () => unknownGroup,
  heartbeat: async () => unknownGroup,
  begun: async () => unknownGroup,
  leave: async () => unknownGroup,
  describe: async () => unknownGroup,
  delete: async () => unknownGroup,
};

const noSharePartition: SharePartitionRpc = {
  open: async () => unknownGroup,
  acquire: async () => unknownGroup,
  settle: async () => unknownGroup,
  acknowledge: async () => unknownGroup,
  describe: async () => ok(null),
  reset: async () => unknownGroup,
  close: async () => ok(null),
};

/** The services of an empty cluster; a suite replaces what it needs. */
export function emptyClusterServices(replaced: Partial<Services> = {}): Services {
  const routes: TopicRoutes = { find: async () => unknownTopic, forget: () => {} };
  const partitions: PartitionCaller = { call: async () => unknownTopic };
  const clock = { nowMs: () => 1_790_000_000_000 };
  const tiered = new TieredReader({
    blobs: new MemoryBlobStore(),
    clock,
    memory: new TieredMemory(),
    pause: () => new Promise(() => {}),
  });
  const cluster = { orgId: 'local', clusterId: 'local' };
  const reader = new RecordReader({ principal: openPrincipal, routes, partitions, tiered });
  const producer = new Producer({
    principal: openPrincipal,
    routes,
    partitions,
    clock,
    random: () => 0.5,
    sticky: new Map(),
  });
  return {
    principal: openPrincipal,
    cluster,
    catalog: emptyCatalog,
    routes,
    partitions,
    producer,
    reader,
    platformReader: reader,
    recordAttempt: recordsNothing,
    upkeep: new Upkeep({ catalog: emptyCatalog, cluster, routes, partitions, clock }),
    groups: createGroupEdge({
      edge: { routes, partitions, reader, platformReader: reader },
      cluster,
      connect: () => noGroup,
      clock,
      random: () => 0.5,
      pause: () => Promise.resolve(),
      newMemberId: () => 'a-member',
      highWatermarks: new HighWatermarks(),
    }),
    transactions: new TransactionGateway({
      principal: openPrincipal,
      cluster,
      coordinators: noTransactions,
      catalog: emptyCatalog,
      producer,
      groups: noGroup,
    }),
    shares: createShareEdge({
      edge: { routes, reader },
      cluster,
      group: () => noShareGroup,
      partition: () => noSharePartition,
      random: () => 0.5,
      pause: () => Promise.resolve(),
      newId: () => 'an-id',
      memory: new ShareGroupMemory(clock),
    }),
    jobs: new JobEdge({
      principal: openPrincipal,
      cluster,
      jobs: new MemoryJobs({ clock, door: { open: async () => unknownGroup, close: () => undefined } }).service,
      shareGroups: noShareGroup,
      routes,
      reader,
      ends: new PartitionEnds({ routes, partitions, highWatermarks: new HighWatermarks() }),
      clock,
      newId: () => 'a-job',
    }),
    connections: { open: async () => ok(new Response(null, { status: 503 })) },
    relays: { connect: async () => ok(new Response(null, { status: 503 })) },
    tenancy: new MemoryTenancy({ clock, catalog: () => emptyCatalog }).edge,
    clock,
    version: '1.2.3-test',
    ...replaced,
  };
}
