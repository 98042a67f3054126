import { limits } from '../limits.ts';
import type { TopicConfig } from './topic-config.ts';

/** Which values a key takes. */
export type TopicConfigDomain =
  | { readonly type: 'choice'; readonly values: readonly string[] }
  /** Several of `values`, separated by commas. */
  | { readonly type: 'choices'; readonly values: readonly string[] }
  /** A whole number; `isLong` keys also take Kafka's Long.MAX_VALUE, which means no limit. */
  | { readonly type: 'integer'; readonly min: number; readonly max: number; readonly isLong: boolean }
  | { readonly type: 'decimal'; readonly min: number; readonly max: number };

export type TopicConfigKey = {
  /** Kafka's name of the key. */
  readonly key: string;
  readonly field: keyof TopicConfig;
  readonly domain: TopicConfigDomain;
  /** Kafka 4's default, as Kafka spells it. */
  readonly defaultValue: string;
  readonly description: string;
};

/** Java's Long.MAX_VALUE: how Kafka spells "no limit" for times. */
export const javaLongMax = '9223372036854775807';

/** The least Kafka 4 takes (KIP-1030): smaller segments cost more to keep than they save. */
const minSegmentBytes = 1_048_576;

const maxInt = 2_147_483_647;

const longFrom = (min: number): TopicConfigDomain => ({
  type: 'integer',
  min,
  max: Number.MAX_SAFE_INTEGER,
  isLong: true,
});

const intBetween = (min: number, max: number): TopicConfigDomain => ({ type: 'integer', min, max, isLong: false });

/** Every key a topic can set; keys that are not here are refused by name. */
export const topicConfigKeys: readonly TopicConfigKey[] = [
  {
    key: 'cleanup.policy',
    field: 'cleanupPolicy',
    domain: { type: 'choices', values: ['compact', 'delete'] },
    defaultValue: 'delete',
    description: 'Whether old records are deleted, compacted to the last one of each key, or both.',
  },
  {
    key: 'compression.type',
    field: 'compressionType',
    domain: { type: 'choice', values: ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] },
    defaultValue: 'producer',
    description: 'How batches are stored; producer keeps the compression they came with.',
  },
  {
    key: 'delete.retention.ms',
    field: 'deleteRetentionMs',
    domain: longFrom(0),
    defaultValue: '86400000',
    description: 'How long a compacted topic keeps tombstones, so that readers see the deletion.',
  },
  {
    key: 'max.compaction.lag.ms',
    field: 'maxCompactionLagMs',
    domain: longFrom(1),
    defaultValue: javaLongMax,
    description: 'The longest a record of a compacted topic stays uncompacted.',
  },
  {
    key: 'max.message.bytes',
    field: 'maxMessageBytes',
    domain: intBetween(0, limits.messageBytes.max),
    defaultValue: String(limits.messageBytes.value),
    description: 'The largest record batch, compressed, that the topic takes.',
  },
  {
    key: 'message.timestamp.after.max.ms',
    field: 'messageTimestampAfterMaxMs',
    domain: longFrom(0),
    defaultValue: '3600000',
    description: "How far a record's timestamp may lie ahead of the platform's clock; only with CreateTime.",
  },
  {
    key: 'message.timestamp.before.max.ms',
    field: 'messageTimestampBeforeMaxMs',
    domain: longFrom(0),
    defaultValue: javaLongMax,
    description: "How far a record's timestamp may lie behind the platform's clock; only with CreateTime.",
  },
  {
    key: 'message.timestamp.type',
    field: 'messageTimestampType',
    domain: { type: 'choice', values: ['CreateTime', 'LogAppendTime'] },
    defaultValue: 'CreateTime',
    description: 'Whether a record keeps the timestamp its producer gave it, or gets the one of its append.',
  },
  {
    key: 'millrace.tiering',
    field: 'millraceTiering',
    domain: { type: 'choice', values: ['true', 'false'] },
    defaultValue: 'true',
    description:
      'Whether closed segments move from the partition to the object store, where they cost less; reads find them there.',
  },
  {
    key: 'min.cleanable.dirty.ratio',
    field: 'minCleanableDirtyRatio',
    domain: { type: 'decimal', min: 0, max: 1 },
    defaultValue: '0.5',
    description: 'The share of uncompacted bytes at which a compacted topic is compacted.',
  },
  {
    key: 'min.compaction.lag.ms',
    field: 'minCompactionLagMs',
    domain: longFrom(0),
    defaultValue: '0',
    description: 'The shortest a record of a compacted topic stays uncompacted.',
  },
  {
    key: 'retention.bytes',
    field: 'retentionBytes',
    domain: longFrom(-1),
    defaultValue: '-1',
    description: 'How many bytes a partition keeps before its oldest segments are deleted; -1 is no limit.',
  },
  {
    key: 'retention.ms',
    field: 'retentionMs',
    domain: longFrom(-1),
    defaultValue: '604800000',
    description: 'How long records are kept, counted from the latest timestamp of their segment; -1 is no limit.',
  },
  {
    key: 'segment.bytes',
    field: 'segmentBytes',
    domain: intBetween(minSegmentBytes, maxInt),
    defaultValue: '1073741824',
    description: 'The size at which a segment is closed and a new one begun.',
  },
  {
    key: 'segment.ms',
    field: 'segmentMs',
    domain: longFrom(1),
    defaultValue: '604800000',
    description: 'The age at which a segment is closed even if it is not full.',
  },
];
