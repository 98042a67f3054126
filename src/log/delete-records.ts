import { failed, ok, type Result } from '../errors/result.ts';
import type { TopicConfig } from '../topics/topic-config.ts';
import { doesDelete } from './cleanup-policy.ts';
import { offsetOutOfRange, type ReadBounds } from './partition-read.ts';

/** Up to which offset records are to be deleted: below this one, or all there are now. */
export type DeleteBefore = number | 'latest';

/**
 * Where the log is to start after Kafka's DeleteRecords; where it starts already when that is further on.
 * POLICY_VIOLATION unless the topic deletes; OFFSET_OUT_OF_RANGE above the high watermark.
 */
export function decideDeleteRecords(
  config: Pick<TopicConfig, 'cleanupPolicy'>,
  bounds: ReadBounds,
  before: DeleteBefore,
): Result<number> {
  if (!doesDelete(config)) {
    return failed(
      'POLICY_VIOLATION',
      'Records are deleted only where cleanup.policy contains delete; this topic is compacted, so write a null value for each key to be deleted.',
      { 'cleanup.policy': config.cleanupPolicy },
    );
  }
  const { logStartOffset, highWatermark } = bounds;
  const logStart = before === 'latest' ? highWatermark : before;
  if (logStart < 0 || logStart > highWatermark) return offsetOutOfRange(logStart, bounds);
  return ok(Math.max(logStart, logStartOffset));
}
