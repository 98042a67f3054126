import type { Limit } from './limit.ts';

/** The bounds of consumer groups, their offsets and consumer instances, as part of {@link limits}. */
export const groupLimits = {
  topicsPerSubscription: {
    value: 1_000,
    unit: 'topics',
    error: 'INVALID_REQUEST',
    reason: "A member's subscription is one row of the group, and is looked up in the cluster every few seconds.",
  },
  partitionsPerGroup: {
    value: 10_000,
    unit: 'partitions',
    error: 'LIMIT_REACHED',
    reason:
      'An assignment of all partitions to one member is one row of the group, and its offsets are held in memory.',
  },
  offsetMetadataCharacters: {
    value: 4_096,
    unit: 'characters',
    error: 'OFFSET_METADATA_TOO_LARGE',
    reason: "Kafka's default of offset.metadata.max.bytes.",
  },
  resetsPerGroup: {
    value: 3,
    unit: 'entries',
    error: null,
    reason: 'A reset is kept to be put back, with every offset it changed; the oldest is forgotten beyond it.',
  },
  sessionTimeoutMs: {
    value: 45_000,
    max: 1_800_000,
    unit: 'ms',
    error: 'INVALID_SESSION_TIMEOUT',
    reason: "Kafka's default and bound: for so long a silent member keeps its partitions from the others.",
  },
  rebalanceTimeoutMs: {
    value: 60_000,
    max: 3_600_000,
    unit: 'ms',
    error: 'INVALID_REQUEST',
    reason: 'For so long a member may take to give partitions back before it is taken out of the group.',
  },
  consumerInstanceTimeoutMs: {
    value: 300_000,
    unit: 'ms',
    error: 'UNKNOWN_MEMBER_ID',
    reason: "The REST Proxy's default of consumer.instance.timeout.ms: idle for so long, a consumer instance is gone.",
  },
  consumerInstancesPerGroup: {
    value: 1_000,
    unit: 'entries',
    error: 'LIMIT_REACHED',
    reason: 'Consumer instances are rows of their group, which holds them in memory with how far each has read.',
  },
  offsetsRetentionMs: {
    value: 7 * 24 * 60 * 60 * 1000,
    unit: 'ms',
    error: null,
    reason: "Kafka's default of offsets.retention.minutes: offsets of a group without members are forgotten after it.",
  },
} as const satisfies Record<string, Limit>;
