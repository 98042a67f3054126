import { failed } from '../errors/result.ts';
import type { Decompress } from '../log/compression-type.ts';
import { HttpBatchDoor } from './batch-door.ts';
import { BinarySubscriptionDoor } from './binary-subscription-door.ts';
import { Consumer, type ConsumerChannel, type ConsumerOptions } from './consumer.ts';
import { type Fetch, HttpDoor } from './http-door.ts';
import { JsonSubscriptionDoor } from './json-subscription-door.ts';
import { isTransient, MillraceError } from './millrace-error.ts';
import { Producer, type ProducerOptions } from './producer.ts';
import { type ReadOptions, type RecordPage, readPage } from './read-page.ts';
import type { SubscriptionStart } from './subscription-door.ts';
import { type Topic, Topics } from './topics.ts';
import { defaultHeartbeat, type WebSocketConstructor } from './web-socket.ts';

export type ClientOptions = {
  /** `http(s)://host[:port]` of the platform. */
  readonly url: string;
  /** The runtime's own by default. */
  readonly fetch?: Fetch;
  /** The runtime's own by default. */
  readonly webSocket?: WebSocketConstructor;
  /** Opens compressed batches on the binary transport; by default they are refused with UNSUPPORTED_COMPRESSION_TYPE. */
  readonly decompress?: Decompress;
};

/** A Millrace platform. It holds no connection of its own: producers and consumers do, and are closed by themselves. */
export type Client = {
  readonly url: string;
  readonly topics: Topics;
  producer(options: ProducerOptions): Producer;
  consumer(options: ConsumerOptions): Consumer;
  /** One page of one partition. */
  read(options: ReadOptions): Promise<RecordPage>;
  /** The platform's bounds. */
  limits(options?: { readonly signal?: AbortSignal }): Promise<readonly PlatformLimit[]>;
};

/** A bound of the platform: `value` holds unless the caller asks for another, never beyond `max`. */
export type PlatformLimit = {
  readonly name: string;
  readonly value: number;
  readonly max: number | null;
  readonly unit: string;
  /** The code of the error beyond it; null where the platform adapts instead of refusing. */
  readonly error: string | null;
  readonly reason: string;
};

/** More sockets than this from one consumer are no gain: take the JSON transport. */
const binaryPartitionsMax = 64;

/** Needs nothing but fetch and WebSocket, so it runs in browsers, Node and Workers. */
export function createClient(options: ClientOptions): Client {
  const url = baseUrlOf(options.url);
  const door = new HttpDoor(url, options.fetch ?? ((target, init) => fetch(target, init)));
  const topics = new Topics(door);
  const WebSocketClass = options.webSocket ?? (WebSocket as unknown as WebSocketConstructor);
  const decompress = options.decompress ?? refuseCompressed;

  const binaryChannels = async (consumer: ConsumerOptions, start: SubscriptionStart, signal: AbortSignal) => {
    const topic = await topics.describe(consumer.topic, { signal });
    const partitions = consumer.partitions ?? Array.from({ length: topic.partitions }, (_, partition) => partition);
    const missing = partitions.find((partition) => partition >= topic.partitions);
    if (missing !== undefined) throw noSuchPartition(topic, missing);
    if (partitions.length > binaryPartitionsMax) throw tooManyForBinary(partitions.length);
    if (start.kind === 'offsets' && start.topicId !== null && start.topicId !== topic.topicId) {
      throw new MillraceError({
        code: 'INVALID_POSITION',
        message: `the position is of another topic than today's "${topic.name}", which was created anew`,
      });
    }
    return Promise.all(
      partitions.map(async (partition): Promise<ConsumerChannel> => {
        const channelDoor = new BinarySubscriptionDoor(url, WebSocketClass, defaultHeartbeat, partition, decompress);
        const channelStart = await startOfPartition(start, topic.name, partition, signal);
        return { door: channelDoor, partitions: [partition], start: channelStart, topicId: topic.topicId };
      }),
    );
  };

  /** The binary door takes offsets only: a moment is looked up, and a position's missing partitions are at 0. */
  const startOfPartition = async (
    start: SubscriptionStart,
    topic: string,
    partition: number,
    signal: AbortSignal,
  ): Promise<SubscriptionStart> => {
    if (start.kind === 'offsets') {
      const offset = start.offsets.get(partition) ?? (start.topicId === null ? undefined : 0);
      if (offset === undefined) return { kind: 'earliest' };
      return { kind: 'offsets', offsets: new Map([[partition, offset]]), topicId: start.topicId };
    }
    if (start.kind !== 'timestamp') return start;
    const page = await readPage(door, { topic, partition, timestamp: start.timestampMs, maxRecords: 1, signal });
    const offset = page.records[0]?.offset ?? page.nextOffset;
    return { kind: 'offsets', offsets: new Map([[partition, offset]]), topicId: null };
  };

  return {
    url,
    topics,
    producer: (producer) =>
      new Producer(producer, {
        door: new HttpBatchDoor(door, producer.topic),
        describe: (signal) => topics.describe(producer.topic, { signal }),
      }),
    consumer: (consumer) =>
      new Consumer(consumer, {
        channels: async (start, signal) => {
          if (consumer.transport === 'binary') return binaryChannels(consumer, start, signal);
          const channelDoor = new JsonSubscriptionDoor(url, WebSocketClass, defaultHeartbeat);
          return [{ door: channelDoor, partitions: consumer.partitions, start, topicId: null }];
        },
        diagnose: () => diagnose(topics, consumer.topic),
      }),
    read: (read) => readPage(door, read),
    limits: async ({ signal } = {}) => {
      const answer: { readonly limits: readonly PlatformLimit[] } = await door.json({
        method: 'GET',
        path: '/v1/limits',
        signal,
      });
      return answer.limits;
    },
  };
}

/** Why a socket to this topic could not be opened: what HTTP says about the topic, unless that is a passing failure. */
async function diagnose(topics: Topics, topic: string): Promise<MillraceError | null> {
  try {
    await topics.describe(topic);
    return null;
  } catch (thrown) {
    return thrown instanceof MillraceError && !isTransient(thrown) ? thrown : null;
  }
}

function baseUrlOf(url: string): string {
  if (!/^https?:\/\/[^/]/.test(url)) {
    throw new MillraceError({
      code: 'INVALID_REQUEST',
      message: `"${url}" is not the http:// or https:// URL of a platform`,
    });
  }
  return url.replace(/\/+$/, '');
}

const refuseCompressed: Decompress = (type) =>
  failed(
    'UNSUPPORTED_COMPRESSION_TYPE',
    `this batch is compressed with ${type}: pass decompress to createClient, or consume with the JSON transport`,
  );

function noSuchPartition(topic: Topic, partition: number): MillraceError {
  return new MillraceError({
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
    message: `"${topic.name}" has partitions 0 to ${topic.partitions - 1}, but not ${partition}`,
    detail: { partition },
  });
}

function tooManyForBinary(partitionCount: number): MillraceError {
  return new MillraceError({
    code: 'LIMIT_REACHED',
    message: `the binary transport takes a socket a partition, ${binaryPartitionsMax} at most, and the topic has ${partitionCount}; use the JSON transport`,
    retriable: false,
  });
}
