import type { SubscribeFrom } from '../contracts/websocket.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import type { Isolation } from '../log/partition-rpc.ts';
import type { TopicRoute } from '../topics/catalog-rpc.ts';
import type { PartitionReader, Registration, TopicPartition } from './partition-reader.ts';
import { parsePosition } from './position.ts';
import type { PartitionStart } from './server-frames.ts';

/** Where a subscription starts, once what the client wrote is understood. */
export type StartAt =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'timestamp'; readonly timestampMs: number }
  /** `whenMissing`: where a partition starts that `offsets` does not name. */
  | { readonly kind: 'offsets'; readonly offsets: ReadonlyMap<number, number>; readonly whenMissing: 'earliest' | 0 };

/** Understands `from`; INVALID_POSITION for a text that is no position, or one of another topic. */
export function parseStartAt(
  from: SubscribeFrom | undefined,
  topic: Pick<TopicRoute, 'topic' | 'topicId'>,
): Result<StartAt> {
  if (from === undefined || from === 'latest') return ok({ kind: 'latest' });
  if (from === 'earliest') return ok({ kind: 'earliest' });
  if (typeof from === 'string') {
    const position = parsePosition(from);
    if (!position.ok) return position;
    if (position.value.topicId !== topic.topicId) return positionOfAnotherTopic(topic.topic);
    return ok({ kind: 'offsets', offsets: position.value.offsets, whenMissing: 0 });
  }
  if ('timestamp' in from && from.timestamp !== undefined)
    return ok({ kind: 'timestamp', timestampMs: from.timestamp });
  const offsets = new Map(Object.entries(from).map(([partition, offset]) => [Number(partition), Number(offset)]));
  return ok({ kind: 'offsets', offsets, whenMissing: 'earliest' });
}

/** Finds the offset to start at in one partition; OFFSET_OUT_OF_RANGE when it lies beyond the log's end. */
export async function resolveStart(
  reader: PartitionReader,
  partition: TopicPartition,
  startAt: StartAt,
  registration: Registration,
  isolation: Isolation,
): Promise<Result<PartitionStart>> {
  const { highWatermark, logStartOffset } = registration;
  const startsAt = (from: number) => ok({ partition: partition.partition, from, highWatermark, logStartOffset });
  switch (startAt.kind) {
    case 'earliest':
      return startsAt(logStartOffset);
    case 'latest': {
      if (isolation === 'read_uncommitted') return startsAt(highWatermark);
      // What is not decided yet may be committed later, and is then new to this reader.
      const latest = await reader.read(partition, 'latest', 1, isolation);
      return latest.ok ? startsAt(latest.value.startOffset) : latest;
    }
    case 'timestamp': {
      const found = await reader.read(partition, { timestampMs: startAt.timestampMs }, 1, isolation);
      return found.ok ? startsAt(found.value.startOffset) : found;
    }
    case 'offsets': {
      const named = startAt.offsets.get(partition.partition) ?? startAt.whenMissing;
      const from = named === 'earliest' ? logStartOffset : named;
      return from > highWatermark ? beyondTheEnd(partition, from, registration) : startsAt(from);
    }
  }
}

const positionOfAnotherTopic = (topic: string) =>
  failed(
    'INVALID_POSITION',
    `This position belongs to another topic than "${topic}" is now; if the topic was deleted and created again, start from "earliest".`,
  );

const beyondTheEnd = ({ topic, partition }: TopicPartition, offset: number, range: Registration) =>
  failed(
    'OFFSET_OUT_OF_RANGE',
    `Offset ${offset} lies beyond the end of partition ${partition} of topic "${topic}", whose offsets go from ${range.logStartOffset} to ${range.highWatermark}.`,
    { partition, offset, log_start_offset: range.logStartOffset, high_watermark: range.highWatermark },
  );
