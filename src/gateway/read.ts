import { checkAccess } from '../authorization/access-check.ts';
import type { Principal } from '../authorization/principal.ts';
import { RecordKeyMatcher, recordKeyFilter } from '../authorization/record-key-rules.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { encodeSubscribeFrame, fastDoorProtocol, serverFrame } from '../log/fast-door-frames.ts';
import { noHolder } from '../log/fast-session.ts';
import type { Isolation, ReadFrom, ReadReply } from '../log/partition-rpc.ts';
import { committedBatches } from '../log/transactions/aborted-ranges.ts';
import type { TopicRoute } from '../topics/catalog-rpc.ts';
import {
  decodeReadReply,
  decodeResponse,
  encodePartitionRequest,
  encodeReadReply,
  type ReadThrough,
} from './internal-http.ts';
import type { PartitionCaller, TopicRoutes } from './ports.ts';
import type { Asked, TieredReader } from './tiered-reader.ts';
import { findIncarnation } from './topic-incarnation.ts';

/** A read of one partition, as a door asks for it. */
export type ReadOptions = {
  readonly topic: string;
  /** Set by who holds offsets of this very topic: they mean nothing in another that took over its name. */
  readonly topicId?: string;
  readonly partition: number;
  readonly from: ReadFrom;
  readonly maxBytes: number;
  /** At the high watermark, wait this long for `minBytes`. */
  readonly waitMs: number;
  readonly minBytes: number;
  /** Default `read_uncommitted`. */
  readonly isolation?: Isolation;
  /**
   * For a reader that leaves out what was aborted by itself, as Kafka's clients do: the batches come as they are, with
   * `abortedTransactions` beside them. Otherwise a committed read has committed batches only.
   */
  readonly filtersItself?: boolean;
  /** As in {@link ReadRequest}. */
  readonly currentLeaderEpoch?: number;
};

/** Read, for every door that pulls: from the partition's object, or from the objects its oldest segments moved to. */
export class RecordReader {
  readonly #principal: Principal;
  readonly #routes: TopicRoutes;
  readonly #partitions: PartitionCaller;
  readonly #tiered: TieredReader;

  constructor(ports: {
    /** Who reads. */
    readonly principal: Principal;
    readonly routes: TopicRoutes;
    readonly partitions: PartitionCaller;
    readonly tiered: TieredReader;
  }) {
    this.#principal = ports.principal;
    this.#routes = ports.routes;
    this.#partitions = ports.partitions;
    this.#tiered = ports.tiered;
  }

  /** TOPIC_AUTHORIZATION_FAILED for who may not read the topic, or not all of it: see {@link RecordReader.readSome}. */
  async read(options: ReadOptions): Promise<Result<ReadThrough>> {
    if (recordKeyFilter(this.#principal, 'READ', options.topic) !== null) return heldToKeys();
    return this.#read(options);
  }

  /** As read, for a caller that shows of the records only those whose keys `matcher`, unless it is null, takes. */
  async readSome(
    options: ReadOptions,
  ): Promise<Result<{ readonly read: ReadThrough; readonly matcher: RecordKeyMatcher | null }>> {
    const prefixes = recordKeyFilter(this.#principal, 'READ', options.topic);
    const read = await this.#read(options);
    return read.ok
      ? ok({ read: read.value, matcher: prefixes === null ? null : new RecordKeyMatcher(prefixes) })
      : read;
  }

  async #read(options: ReadOptions): Promise<Result<ReadThrough>> {
    const { topic } = options;
    const allowed = checkAccess(this.#principal, { operation: 'READ', resourceType: 'TOPIC', resourceName: topic });
    if (!allowed.ok) return allowed;
    const found = await this.#find(options);
    if (!found.ok) return found;
    const route = found.value;
    if (options.partition >= route.partitionCount) {
      return failed(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `Topic ${route.topic} has partitions 0 to ${route.partitionCount - 1}, not ${options.partition}.`,
        { partition: options.partition, partitions: route.partitionCount },
      );
    }
    const first = await this.#readOnce(route, options, options.from);
    if (!first.ok || options.waitMs === 0 || first.value.nextOffset < endOf(first.value, options)) return first;
    const availableBytes = Number(first.value.response.headers.get('content-length') ?? 0);
    if (availableBytes >= Math.min(options.minBytes, options.maxBytes)) return first;
    const { startOffset } = first.value;
    await first.value.response.body?.cancel();
    const waited = await this.#wait(route, options, startOffset);
    return waited.ok ? this.#readOnce(route, options, { offset: startOffset }) : waited;
  }

  #find({ topic, topicId, partition }: ReadOptions): Promise<Result<TopicRoute>> {
    return topicId === undefined
      ? this.#routes.find(topic)
      : findIncarnation(this.#routes, { topic, topicId, partition });
  }

  async #readOnce(route: TopicRoute, options: ReadOptions, from: ReadFrom): Promise<Result<ReadThrough>> {
    const { partition, maxBytes } = options;
    const { orgId, clusterId, topicId } = route;
    const ref = { orgId, clusterId, topicId, partition };
    const read = await this.#tiered.read(ref, from, maxBytes, (place) => this.#ask(route, options, place));
    if (!read.ok) return read;
    if ('local' in read.value) return ok(read.value.local);
    const { remote, hasAborted } = read.value;
    if (options.isolation !== 'read_committed') return ok(throughOf(remote));
    const aborted = hasAborted ? await this.#aborted(route, partition, remote) : ok([]);
    if (!aborted.ok) return aborted;
    return ok(committedThrough({ ...remote, abortedTransactions: aborted.value }, options));
  }

  /** Which transactions that were aborted reach into what was read from objects. */
  #aborted(route: TopicRoute, partition: number, { startOffset, nextOffset }: ReadReply) {
    return this.#partitions.call(
      route,
      partition,
      (stub, ref, configVersion) => stub.abortedTransactions(ref, configVersion, startOffset, nextOffset),
      { repeatable: true, isSameTopic: true },
    );
  }

  #ask(route: TopicRoute, options: ReadOptions, from: ReadFrom): Promise<Result<Asked<ReadThrough>>> {
    const { partition, maxBytes, isolation, currentLeaderEpoch = -1 } = options;
    return this.#partitions.call(
      route,
      partition,
      async (stub, ref, configVersion) => {
        // What goes with committed records does not fit headers, and they are looked through here anyway.
        if (isolation === 'read_committed') {
          const reply = await stub.readRecords({ ref, configVersion, from, maxBytes, isolation, currentLeaderEpoch });
          if (!reply.ok) return reply;
          const { plan } = reply.value;
          if (plan !== undefined) return ok({ planned: { ...reply.value, plan } });
          return ok({ local: committedThrough(reply.value, options) });
        }
        const request = encodePartitionRequest({
          verb: 'read',
          ref,
          configVersion,
          from,
          maxBytes,
          currentLeaderEpoch,
        });
        const answered = decodeResponse(await stub.fetch(request));
        return answered.ok ? ok(await decodeReadReply(answered.value)) : answered;
      },
      { repeatable: true, isSameTopic: options.topicId !== undefined },
    );
  }

  /**
   * Waits in the Worker, on a socket to the partition, so that the object may sleep meanwhile. The credit is what is
   * waited for: the partition pushes that much and no more.
   */
  async #wait(route: TopicRoute, options: ReadOptions, offset: number): Promise<Result<null>> {
    const upgrade = new Request('http://partition/', {
      headers: { upgrade: 'websocket', 'sec-websocket-protocol': fastDoorProtocol },
    });
    const opened = await this.#partitions.call(
      route,
      options.partition,
      async (stub, ref, configVersion) =>
        decodeResponse(
          await stub.fetch(encodePartitionRequest({ verb: 'socket', ref, configVersion, holder: noHolder }, upgrade)),
        ),
      { repeatable: true, isSameTopic: options.topicId !== undefined },
    );
    if (!opened.ok) return opened;
    const socket = opened.value.webSocket;
    if (socket === null) return failed('UNKNOWN_OUTCOME', 'The partition opened no socket to wait on; retry.');
    socket.binaryType = 'arraybuffer';
    socket.accept();
    await untilPushed(socket, offset, options);
    socket.close(1000, 'waited');
    return ok(null);
  }
}

/** What is not looked into cannot be held back. */
const heldToKeys = (): Result<never> =>
  failed(
    'TOPIC_AUTHORIZATION_FAILED',
    'The token is held to record keys, so it reads records as JSON, as Server-Sent Events or over the JSON WebSocket.',
  );

/** Where the log ends for this reader. */
function endOf({ highWatermark, lastStableOffset }: ReadThrough, { isolation }: ReadOptions): number {
  return isolation === 'read_committed' ? lastStableOffset : highWatermark;
}

function throughOf(reply: ReadReply): ReadThrough {
  const { batches: _, plan: __, ...facts } = reply;
  return { ...facts, response: encodeReadReply(reply) };
}

function committedThrough(reply: ReadReply, { filtersItself }: ReadOptions): ReadThrough {
  if (filtersItself === true) return throughOf(reply);
  return throughOf({ ...reply, batches: committedBatches(reply.batches, reply.abortedTransactions ?? []) });
}

/** Resolves when `minBytes` of records were pushed, the time is up, or the socket is gone. */
function untilPushed(socket: WebSocket, offset: number, { waitMs, minBytes, isolation }: ReadOptions): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    let pushedBytes = 0;
    socket.addEventListener('close', done);
    socket.addEventListener('error', done);
    socket.addEventListener('message', ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return;
      const type = new Uint8Array(data)[0];
      if (type === serverFrame.error) done();
      if (type !== serverFrame.records) return;
      pushedBytes += data.byteLength;
      if (pushedBytes >= minBytes) done();
    });
    socket.send(encodeSubscribeFrame(minBytes, offset, isolation));
  });
}
