import { alertLimits } from './limits/alert-limits.ts';
import { capLimits } from './limits/cap-limits.ts';
import { classicGroupLimits } from './limits/classic-group-limits.ts';
import { groupLimits } from './limits/group-limits.ts';
import { historyLimits } from './limits/history-limits.ts';
import { jobLimits } from './limits/job-limits.ts';
import { kafkaLimits } from './limits/kafka-limits.ts';
import type { Limit } from './limits/limit.ts';
import { peopleLimits } from './limits/people-limits.ts';
import { readLimits } from './limits/read-limits.ts';
import { sessionLimits } from './limits/session-limits.ts';
import { socketHolderLimits } from './limits/socket-holder-limits.ts';
import { transactionLimits } from './limits/transaction-limits.ts';
import { usageLimits } from './limits/usage-limits.ts';

export type { Limit, LimitUnit } from './limits/limit.ts';

const kib = 1024;
const mib = 1024 * 1024;

/**
 * Every bound of the platform, the one source of `GET /v1/limits` and docs/limits.md. Code that enforces a bound
 * reads it from here.
 */
export const limits = {
  requestBodyBytes: {
    value: 8 * mib,
    unit: 'bytes',
    error: 'BODY_TOO_LARGE',
    reason: 'A request is held in memory whole while it is checked, and an isolate has 128 MiB for all of them.',
  },
  controlBodyBytes: {
    value: 256 * kib,
    unit: 'bytes',
    error: 'BODY_TOO_LARGE',
    reason: 'Requests about topics and producers are small; a larger one is a mistake.',
  },
  jsonDepth: {
    value: 64,
    unit: 'levels',
    error: 'MALFORMED_JSON',
    reason: 'Readers of deep JSON recurse, and a deeper document would exhaust the stack of some.',
  },
  recordsPerRequest: {
    value: 10_000,
    unit: 'records',
    error: 'RECORD_LIST_TOO_LARGE',
    reason: 'An answer has an entry a record, and one request must not keep an isolate busy for long.',
  },
  keyPointerCharacters: {
    value: 256,
    unit: 'characters',
    error: 'INVALID_REQUEST',
    reason: 'The pointer of ?key= is walked once a line, so its length multiplies the work.',
  },
  partitionsPerTopic: {
    value: 1_000,
    unit: 'partitions',
    error: 'INVALID_PARTITIONS',
    reason: 'Closing, altering and subscribing to a topic reach every partition.',
  },
  topicsPerCluster: {
    value: 100_000,
    unit: 'topics',
    error: 'LIMIT_REACHED',
    reason: 'All topics of a cluster are rows of one object, which counts them at each creation.',
  },
  topicNameCharacters: {
    value: 249,
    unit: 'characters',
    error: 'INVALID_TOPIC_EXCEPTION',
    reason: "Kafka's own limit, so that every Kafka client can name every topic.",
  },
  messageBytes: {
    value: 1_048_588,
    max: 1_900_000,
    unit: 'bytes',
    error: 'MESSAGE_TOO_LARGE',
    reason: "Kafka's default of max.message.bytes; a batch is stored in one row, and a row holds two megabytes.",
  },
  recordHeaders: {
    value: 1_000,
    unit: 'headers',
    error: 'INVALID_RECORD',
    reason: 'Every reader walks all headers of a record, and small ones cost more memory than their bytes.',
  },
  decompressedBatchBytes: {
    value: 16 * mib,
    unit: 'bytes',
    error: 'MESSAGE_TOO_LARGE',
    reason: 'A compressed batch may hold a thousand times its size, and must be unpacked in memory to be checked.',
  },
  streamedRecordBytes: {
    value: 4 * mib,
    unit: 'bytes',
    error: 'BODY_TOO_LARGE',
    reason: 'A record of a REST Proxy stream is held in memory while it arrives; base64 of the largest fits.',
  },
  ...readLimits,
  topicsPerPage: {
    value: 100,
    max: 1_000,
    unit: 'topics',
    error: 'INVALID_REQUEST',
    reason: 'A page of topics is one answer of the cluster object, and its configs add up.',
  },
  webSocketFrameBytes: {
    value: 1 * mib,
    unit: 'bytes',
    error: 'BODY_TOO_LARGE',
    reason: 'The runtime refuses longer messages on a hibernating socket.',
  },
  subscriptionsPerSocket: {
    value: 16,
    unit: 'subscriptions',
    error: 'LIMIT_REACHED',
    reason: "A socket's subscriptions are kept with it while it hibernates, and that space is small.",
  },
  subscribedPartitionsPerSocket: {
    value: 1_024,
    unit: 'partitions',
    error: 'LIMIT_REACHED',
    reason: 'How far a socket has come in each partition is kept with it while it hibernates, in 16 KiB.',
  },
  subscriptionCreditBytes: {
    value: 1 * mib,
    max: 16 * mib,
    unit: 'bytes',
    error: 'INVALID_REQUEST',
    reason: 'What was sent and not taken waits in the memory of the relay, and nothing else bounds it.',
  },
  socketsPerRelay: {
    value: 2_000,
    unit: 'sockets',
    error: 'LIMIT_REACHED',
    reason: 'A relay is one thread: beyond this many subscribers a flush takes longer than the next one is away.',
  },
  idempotencyMemoryMs: {
    value: 24 * 60 * 60 * 1000,
    unit: 'ms',
    error: null,
    reason: 'A retry comes within minutes; keeping first answers longer only takes space.',
  },
  idempotencyKeysPerPartition: {
    value: 100_000,
    unit: 'entries',
    error: null,
    reason:
      'Each remembered key is a row in the partition; beyond it the oldest are forgotten, long after their retries.',
  },
  idempotencyKeyCharacters: {
    value: 256,
    unit: 'characters',
    error: 'INVALID_REQUEST',
    reason: 'A key names one request; a UUID has 36 characters.',
  },
  producersPerPartition: {
    value: 10_000,
    unit: 'producers',
    error: null,
    reason:
      'The state of every producer is held in memory to recognise its retries; those idle for longest are forgotten.',
  },
  segmentBytes: {
    value: 8 * mib,
    unit: 'bytes',
    error: null,
    reason: 'A segment is held in memory once, while it moves to the object store; segment.bytes may make it smaller.',
  },
  localBytesPerPartition: {
    value: 8 * 1024 * mib,
    unit: 'bytes',
    error: 'STORAGE_FULL',
    reason:
      'An object stores ten gigabytes, and deletes need room; a partition whose segments move away never gets there.',
  },
  compactedSegmentBytes: {
    value: 16 * mib,
    unit: 'bytes',
    error: null,
    reason: 'Compaction merges segments up to this size, which it holds in memory once while it rewrites them.',
  },
  compactionKeys: {
    value: 393_216,
    unit: 'entries',
    error: null,
    reason:
      'One pass of compaction remembers so many keys, in 12 MiB; a partition with more is compacted in several passes.',
  },
  scrubPeriodMs: {
    value: 7 * 24 * 60 * 60 * 1000,
    unit: 'ms',
    error: null,
    reason: 'Every stored segment is read and checked about this often; more often costs more than decay does.',
  },
  partitionsPerMaintenanceRun: {
    value: 100,
    unit: 'partitions',
    error: null,
    reason: 'A run of maintenance by hand wakes partitions and waits for them; next_cursor goes on with the others.',
  },
  tieredPlanMs: {
    value: 2_000,
    unit: 'ms',
    error: null,
    reason:
      'Readers of tiered records may see a high watermark and a log start this old; asking each time would cost more.',
  },
  unreferencedObjectMs: {
    value: 24 * 60 * 60 * 1000,
    unit: 'ms',
    error: null,
    reason: 'An object outlives the last reference to it, for readers on their way and for data that is restored.',
  },
  queuedBytesPerPartition: {
    value: 16 * mib,
    unit: 'bytes',
    error: 'OVERLOADED',
    reason: 'Records that wait for a commit are held in memory, which the object shares with others.',
  },
  queuedRequestsPerPartition: {
    value: 10_000,
    unit: 'requests',
    error: 'OVERLOADED',
    reason: 'Requests beyond this many would wait longer than their callers do.',
  },
  groupIdCharacters: {
    value: 249,
    unit: 'characters',
    error: 'INVALID_GROUP_ID',
    reason: 'The length of a topic name, which is what groups are mostly named after.',
  },
  memberIdCharacters: {
    value: 128,
    unit: 'characters',
    error: 'INVALID_REQUEST',
    reason: 'Ids of members and instances name a process: a UUID has 36 characters, a host name 63.',
  },
  groupsPerCluster: {
    value: 10_000,
    unit: 'groups',
    error: 'LIMIT_REACHED',
    reason: 'All groups of a cluster are rows of one object, which counts them when one is founded.',
  },
  groupsPerPage: {
    value: 100,
    max: 1_000,
    unit: 'groups',
    error: 'INVALID_REQUEST',
    reason: 'A page of groups is one answer of the cluster object.',
  },
  membersPerGroup: {
    value: 1_000,
    unit: 'members',
    error: 'GROUP_MAX_SIZE_REACHED',
    reason: 'A topic has a thousand partitions at most, and a change of the group looks at every member.',
  },
  ...capLimits,
  ...classicGroupLimits,
  ...groupLimits,
  ...transactionLimits,
  shareInFlightRecords: {
    value: 2_000,
    unit: 'records',
    error: null,
    reason:
      "Kafka's default of group.share.partition.max.record.locks: the fate of each record in the window is kept until all before it are decided.",
  },
  shareAcquireRecords: {
    value: 500,
    max: 2_000,
    unit: 'records',
    error: 'INVALID_REQUEST',
    reason: "Kafka's default of max.poll.records; a member that locks more keeps them from the others.",
  },
  shareAcknowledgements: {
    value: 2_000,
    unit: 'entries',
    error: 'INVALID_REQUEST',
    reason: 'Each entry is decided on its own, and a range of offsets is one entry.',
  },
  shareLockDurationMs: {
    value: 30_000,
    max: 3_600_000,
    unit: 'ms',
    error: 'INVALID_CONFIG',
    reason: "Kafka's default and bound: for so long the records of a member that died wait for another.",
  },
  shareDeliveryLimit: {
    value: 5,
    max: 100,
    unit: 'entries',
    error: 'INVALID_CONFIG',
    reason: "Kafka's default: a record that fails every member would otherwise hold up the group for ever.",
  },
  shareRedeliveryDelayMs: {
    value: 0,
    max: 86_400_000,
    unit: 'ms',
    error: 'INVALID_CONFIG',
    reason: 'A record that waits keeps its place in the window, and those after it wait once that is full.',
  },
  shareMembersPerGroup: {
    value: 1_000,
    unit: 'members',
    error: 'GROUP_MAX_SIZE_REACHED',
    reason: 'Members are spread over the partitions anew whenever one comes or goes.',
  },
  clustersPerOrganization: {
    value: 100,
    unit: 'entries',
    error: 'LIMIT_REACHED',
    reason: 'All clusters of an organization are rows of one object, which reads them when a key is looked up.',
  },
  keysPerOrganization: {
    value: 10_000,
    unit: 'entries',
    error: 'LIMIT_REACHED',
    reason: 'All keys of an organization are rows of one object; those that were revoked stay, for the record.',
  },
  keysPerPage: {
    value: 100,
    max: 1_000,
    unit: 'entries',
    error: 'INVALID_REQUEST',
    reason: 'A page of keys, or of organizations, is one answer of one object.',
  },
  apiKeyLifetimeMs: {
    value: 10 * 365 * 24 * 60 * 60 * 1000,
    unit: 'ms',
    error: 'INVALID_REQUEST',
    reason: 'A key that shall be good for longer has no expiry at all.',
  },
  auditEntriesPerOrganization: {
    value: 1_000_000,
    unit: 'entries',
    error: null,
    reason: 'About 400 MB of an object that may hold 10 GB; beyond it the oldest entries go.',
  },
  auditEntriesPerPage: {
    value: 100,
    max: 1_000,
    unit: 'entries',
    error: 'INVALID_REQUEST',
    reason: 'A page of the audit log is one answer of one object.',
  },
  aclsPerCluster: {
    value: 1_000,
    unit: 'entries',
    error: 'LIMIT_REACHED',
    reason: 'Those that name everyone are looked at for every access, and all are rows of one object.',
  },
  signingSecretsPerOrganization: {
    value: 1_000,
    unit: 'entries',
    error: 'LIMIT_REACHED',
    reason: 'All are rows of one object; those that were revoked stay, for the record.',
  },
  browserTokenLifetimeMs: {
    value: 15 * 60 * 1000,
    unit: 'ms',
    error: 'SASL_AUTHENTICATION_FAILED',
    reason: 'A token lies in a web page, where others may come by it; the page asks for the next one in time.',
  },
  corsOriginsPerOrganization: {
    value: 100,
    unit: 'entries',
    error: 'INVALID_REQUEST',
    reason: 'They are part of every principal that edges remember, and each is a site by name.',
  },
  displayNameCharacters: {
    value: 100,
    unit: 'characters',
    error: 'INVALID_REQUEST',
    reason: 'Names of organizations, clusters, keys and members are read in tables.',
  },
  ...alertLimits,
  ...historyLimits,
  ...jobLimits,
  ...kafkaLimits,
  ...peopleLimits,
  ...sessionLimits,
  ...socketHolderLimits,
  ...usageLimits,
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof limits;
