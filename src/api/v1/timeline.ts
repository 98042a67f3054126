import type { TopicTimelineJson } from '../../contracts/partitions.ts';
import { topicTimeline as timelineOf } from '../../gateway/topic-timeline.ts';
import { limits } from '../../limits.ts';
import { jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { integer, readQuery } from '../query.ts';
import type { ApiContext, Handler } from '../services.ts';

const timelineQuery = { partition: integer({ min: 0, max: limits.partitionsPerTopic.value - 1, absent: undefined }) };

export const timelineHandlers = { topicTimeline } as const satisfies Record<string, Handler>;

async function topicTimeline({ req, env }: ApiContext): Promise<Response> {
  const query = readQuery(req.url, timelineQuery);
  if (!query.ok) return problemAnswer(query.error);
  const timeline = await timelineOf(env, req.param('topic') ?? '', query.value.partition ?? null);
  if (!timeline.ok) return problemAnswer(timeline.error);
  const { partitionCount, partitions } = timeline.value;
  const answer: TopicTimelineJson = {
    partition_count: partitionCount,
    partitions: partitions.map(({ partition, logStartOffset, highWatermark, firstTimestampMs, points }) => ({
      partition,
      log_start_offset: logStartOffset,
      high_watermark: highWatermark,
      first_timestamp: firstTimestampMs,
      points: points.map(({ offset, timestampMs }) => ({ offset, timestamp: timestampMs })),
    })),
  };
  return jsonAnswer(answer);
}
