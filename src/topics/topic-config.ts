/**
 * A topic's configuration in force, in code's spelling; Kafka's own keys (`retention.ms`) are converted in this file
 * only. Every key with its default, bounds and meaning is in `topicConfigKeys`.
 */
export type TopicConfig = {
  readonly cleanupPolicy: 'delete' | 'compact' | 'compact,delete';
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly maxMessageBytes: number;
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime';
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly deleteRetentionMs: number;
  readonly minCleanableDirtyRatio: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
};
