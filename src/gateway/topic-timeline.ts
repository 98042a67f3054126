import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import { decompress } from '../log/compression.ts';
import type { TimelinePoint } from '../log/log-timeline.ts';
import { decodeBatches } from '../log/record.ts';
import type { TopicRoute } from '../topics/catalog-rpc.ts';
import type { PartitionCaller, TopicRoutes } from './ports.ts';
import type { RecordReader } from './read.ts';
import { inWaves } from './waves.ts';

export type PartitionTimeline = {
  readonly partition: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** Null when the log is empty. */
  readonly firstTimestampMs: number | null;
  readonly points: readonly TimelinePoint[];
};

export type TopicTimeline = {
  readonly partitionCount: number;
  readonly partitions: readonly PartitionTimeline[];
};

type Ports = {
  readonly routes: TopicRoutes;
  readonly partitions: PartitionCaller;
  /** Of what it reads, the time of one record a partition is used and nothing else. */
  readonly platformReader: RecordReader;
};

/**
 * How the time of records grows along a topic's logs, at a bounded cost: two calls a partition, of a bounded number of
 * them. UNKNOWN_TOPIC_OR_PARTITION for a partition that there is not.
 */
export async function topicTimeline(
  ports: Ports,
  topic: string,
  partition: number | null,
): Promise<Result<TopicTimeline>> {
  const route = await ports.routes.find(topic);
  if (!route.ok) return route;
  const { partitionCount } = route.value;
  if (partition !== null && partition >= partitionCount) {
    return failed(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `Topic ${topic} has partitions 0 to ${partitionCount - 1}, not ${partition}.`,
      { partition, partitions: partitionCount },
    );
  }
  const asked = partition === null ? evenly(partitionCount, limits.timelinePartitions.value) : [partition];
  const points = Math.floor(limits.timelinePoints.value / asked.length);
  const timelines: PartitionTimeline[] = [];
  for (const timeline of await inWaves(asked, (one) => partitionTimeline(ports, route.value, topic, one, points))) {
    if (!timeline.ok) return timeline;
    timelines.push(timeline.value);
  }
  return ok({ partitionCount, partitions: timelines });
}

/** Up to `most` numbers below `count`, at even distances. */
function evenly(count: number, most: number): readonly number[] {
  const length = Math.min(count, most);
  return Array.from({ length }, (_, index) => Math.floor((index * count) / length));
}

async function partitionTimeline(
  ports: Ports,
  route: TopicRoute,
  topic: string,
  partition: number,
  points: number,
): Promise<Result<PartitionTimeline>> {
  const described = await ports.partitions.call(
    route,
    partition,
    (stub, ref, configVersion) => stub.describe(ref, configVersion, points),
    { repeatable: true },
  );
  if (!described.ok) return described;
  const { logStartOffset, highWatermark, timeline = [] } = described.value;
  const first = await firstTimestamp(ports.platformReader, topic, partition);
  if (!first.ok) return first;
  return ok({ partition, logStartOffset, highWatermark, firstTimestampMs: first.value, points: timeline });
}

async function firstTimestamp(reader: RecordReader, topic: string, partition: number): Promise<Result<number | null>> {
  const read = await reader.read({ topic, partition, from: 'earliest', maxBytes: 1, waitMs: 0, minBytes: 1 });
  if (!read.ok) return read;
  const { startOffset, response } = read.value;
  let timestampMs: number | null = null;
  const decoded = decodeBatches(new Uint8Array(await response.arrayBuffer()), decompress, (record) => {
    if (record.offset < startOffset) return true;
    timestampMs = record.timestampMs;
    return false;
  });
  return decoded.ok ? ok(timestampMs) : decoded;
}
