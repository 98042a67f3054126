import type { TopicJson } from '../contracts/topics.ts';

/** What a partition last said about itself; its log may have grown since. */
export type PartitionReport = {
  readonly partition: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** Bytes of records the partition holds itself, */
  readonly localBytes: number;
  /** and in the object store. */
  readonly remoteBytes: number;
  readonly segmentCount: number;
  /** Milliseconds since 1970; -1 without records. */
  readonly maxTimestamp: number;
  /** When it has something to do next; null when nothing. */
  readonly nextMaintenanceAt: number | null;
  /** Null when the topic is not compacted. */
  readonly compaction: {
    /** The share of bytes that may be compacted and are not. */
    readonly cleanableRatio: number;
    /** Of two records of one key below it, the earlier is gone. */
    readonly cleanedOffset: number;
    readonly cleanedAt: number | null;
  } | null;
  /** Offsets of which some cannot be read, both inclusive. */
  readonly damaged: readonly { readonly offset: number; readonly lastOffset: number }[];
  readonly reportedAt: number;
};

type ReportJson = NonNullable<TopicJson['partition_reports']>[number];

export function partitionReportOf(json: ReportJson): PartitionReport {
  const { compaction } = json;
  return {
    partition: json.partition,
    logStartOffset: json.log_start_offset,
    highWatermark: json.high_watermark,
    localBytes: json.local_bytes,
    remoteBytes: json.remote_bytes,
    segmentCount: json.segment_count,
    maxTimestamp: json.max_timestamp,
    nextMaintenanceAt: json.next_maintenance_at,
    compaction:
      compaction === null
        ? null
        : {
            cleanableRatio: compaction.cleanable_ratio,
            cleanedOffset: compaction.cleaned_offset,
            cleanedAt: compaction.cleaned_at,
          },
    damaged: json.damaged.map(({ offset, last_offset }) => ({ offset, lastOffset: last_offset })),
    reportedAt: json.reported_at,
  };
}
