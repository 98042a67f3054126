import type { Decompress } from '../log/compression-type.ts';
import { BinarySubscriptionDoor } from './binary-subscription-door.ts';
import type { ConsumerChannel } from './consumer.ts';
import type { HttpDoor } from './http-door.ts';
import { MillraceError } from './millrace-error.ts';
import { readPage } from './read-page.ts';
import type { SubscriptionStart } from './subscription-door.ts';
import type { Topic, Topics } from './topics.ts';
import { defaultHeartbeat, type WebSocketConstructor } from './web-socket.ts';

/** How the binary transport reaches a platform. */
export type BinaryTransport = {
  readonly url: string;
  readonly WebSocket: WebSocketConstructor;
  readonly decompress: Decompress;
  readonly door: HttpDoor;
  readonly topics: Topics;
};

/** More sockets than this from one consumer are no gain: take the JSON transport. */
const binaryPartitionsMax = 64;

/**
 * A channel for each partition; all of the topic's when none are named. Rejects with a MillraceError when the topic
 * or a partition is not there, or the position is of another topic.
 */
export async function binaryChannels(
  transport: BinaryTransport,
  wanted: { readonly topic: string; readonly partitions?: readonly number[]; readonly start: SubscriptionStart },
  signal: AbortSignal,
): Promise<readonly ConsumerChannel[]> {
  const topic = await transport.topics.describe(wanted.topic, { signal });
  const partitions = wanted.partitions ?? Array.from({ length: topic.partitions }, (_, partition) => partition);
  const missing = partitions.find((partition) => partition >= topic.partitions);
  if (missing !== undefined) throw noSuchPartition(topic, missing);
  if (partitions.length > binaryPartitionsMax) throw tooManyPartitions(partitions.length);
  const { start } = wanted;
  if (start.kind === 'offsets' && start.topicId !== null && start.topicId !== topic.topicId) throw otherTopic(topic);
  return Promise.all(
    partitions.map(async (partition): Promise<ConsumerChannel> => {
      const { url, WebSocket, decompress } = transport;
      const { topicId } = topic;
      const verifyTopic = async () => {
        const found = await transport.topics.describe(topic.name, { signal });
        if (found.topicId !== topicId) throw otherTopic(topic);
      };
      const heartbeat = defaultHeartbeat;
      return {
        door: new BinarySubscriptionDoor({
          baseUrl: url,
          WebSocket,
          heartbeat,
          partition,
          topicId,
          decompress,
          verifyTopic,
        }),
        partitions: [partition],
        start: await startOfPartition(transport.door, start, topic.name, partition, signal),
      };
    }),
  );
}

/** The binary door takes offsets only: a moment is looked up, and partitions that a position lacks are at 0. */
async function startOfPartition(
  door: HttpDoor,
  start: SubscriptionStart,
  topic: string,
  partition: number,
  signal: AbortSignal,
): Promise<SubscriptionStart> {
  if (start.kind === 'offsets') {
    const offset = start.offsets.get(partition) ?? (start.topicId === null ? undefined : 0);
    if (offset === undefined) return { kind: 'earliest' };
    return { kind: 'offsets', offsets: new Map([[partition, offset]]), topicId: start.topicId };
  }
  if (start.kind !== 'timestamp') return start;
  const page = await readPage(door, { topic, partition, timestamp: start.timestampMs, maxRecords: 1, signal });
  const offset = page.records[0]?.offset ?? page.nextOffset;
  return { kind: 'offsets', offsets: new Map([[partition, offset]]), topicId: null };
}

function noSuchPartition(topic: Topic, partition: number): MillraceError {
  return new MillraceError({
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
    message: `"${topic.name}" has partitions 0 to ${topic.partitions - 1}, but not ${partition}`,
    detail: { partition },
  });
}

function otherTopic(topic: Topic): MillraceError {
  return new MillraceError({
    code: 'INVALID_POSITION',
    message: `the position is of another topic than today's "${topic.name}", which was created anew`,
  });
}

function tooManyPartitions(partitionCount: number): MillraceError {
  return new MillraceError({
    code: 'LIMIT_REACHED',
    message: `the binary transport takes a socket a partition, ${binaryPartitionsMax} at most, and the topic has ${partitionCount}; use the JSON transport`,
    retriable: false,
  });
}
