import {
  encodeSubscribeFrame,
  fastDoorProtocol,
  recordsFrameHeaderBytes,
  serverFrame,
} from '../log/fast-door-frames.ts';
import { noHolder } from '../log/fast-session.ts';
import { readInt64 } from '../log/varint.ts';
import type { TopicRoute } from '../topics/catalog-rpc.ts';
import { decodeResponse, encodePartitionRequest } from './internal-http.ts';
import type { PartitionCaller } from './ports.ts';

/** Partitions that one waiter watches; the rest of its partitions are looked at again when its time is up. */
const watchedPartitionsMax = 256;

/** The least that makes the partition send: one frame, which then says where the log ends. */
const oneFrameCredit = 1;

/** Where a records frame says what the high watermark is. */
const highWatermarkAt = 17;

/** A place in a partition at whose offset there was nothing yet. */
export type AwaitedPlace = { readonly route: TopicRoute; readonly partition: number; readonly offset: number };

/**
 * Waits for any of several partitions to grow, for a reader that comes back again and again: a socket to each
 * partition stays open between its visits, and the partitions may sleep meanwhile.
 */
export class PartitionNews {
  readonly #partitions: PartitionCaller;
  readonly #watches = new Map<string, PartitionWatch>();

  constructor(partitions: PartitionCaller) {
    this.#partitions = partitions;
  }

  /** Resolves as soon as one of the places has something, or its partition fails, or after `waitMs`. */
  async wait(places: readonly AwaitedPlace[], waitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      const onNews = () => {
        clearTimeout(timer);
        resolve();
      };
      for (const place of places.slice(0, watchedPartitionsMax)) this.#watch(place).arm(place.offset, onNews);
    });
    for (const watch of this.#watches.values()) watch.disarm();
  }

  /** Closes every socket. */
  close(): void {
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }

  #watch({ route, partition }: AwaitedPlace): PartitionWatch {
    const key = `${route.topicId}/${partition}`;
    const known = this.#watches.get(key);
    // The one used last goes to the end, so that the first is the one to give up.
    this.#watches.delete(key);
    const watch =
      known ??
      new PartitionWatch(
        () => this.#open(route, partition),
        () => this.#watches.delete(key),
      );
    this.#watches.set(key, watch);
    if (this.#watches.size > watchedPartitionsMax) {
      const [oldestKey, oldest] = this.#watches.entries().next().value!;
      oldest.close();
      this.#watches.delete(oldestKey);
    }
    return watch;
  }

  async #open(route: TopicRoute, partition: number): Promise<WebSocket | null> {
    const upgrade = new Request('http://partition/', {
      headers: { upgrade: 'websocket', 'sec-websocket-protocol': fastDoorProtocol },
    });
    const opened = await this.#partitions.call(
      route,
      partition,
      async (stub, ref, configVersion) =>
        decodeResponse(
          await stub.fetch(encodePartitionRequest({ verb: 'socket', ref, configVersion, holder: noHolder }, upgrade)),
        ),
      { repeatable: true },
    );
    return opened.ok ? (opened.value.webSocket ?? null) : null;
  }
}

/** One partition that is watched, over a socket that is opened when it is first needed. */
class PartitionWatch {
  readonly #onGone: () => void;
  readonly #opening: Promise<WebSocket | null>;
  #onNews: (() => void) | null = null;
  /** What is waited for. */
  #offset = 0;
  /** The end of the log as far as it is known. */
  #end = 0;
  /** Whether the partition will send something when there is something. */
  #isSubscribed = false;
  #isClosed = false;

  constructor(open: () => Promise<WebSocket | null>, onGone: () => void) {
    this.#onGone = onGone;
    this.#opening = open();
    this.#opening.then(
      (socket) => this.#attach(socket),
      () => this.#gone(),
    );
  }

  arm(offset: number, onNews: () => void): void {
    this.#offset = offset;
    this.#onNews = onNews;
    if (this.#end > offset) onNews();
    else if (!this.#isSubscribed) void this.#subscribe();
  }

  disarm(): void {
    this.#onNews = null;
  }

  close(): void {
    this.#isClosed = true;
    // A socket that is gone already cannot be closed, and need not be.
    void this.#opening.then((socket) => socket?.close(1000, 'no longer watched')).catch(() => {});
  }

  async #subscribe(): Promise<void> {
    this.#isSubscribed = true;
    const socket = await this.#opening.catch(() => null);
    if (this.#isClosed) return;
    try {
      socket?.send(encodeSubscribeFrame(oneFrameCredit, this.#offset));
    } catch {
      this.#gone();
    }
  }

  /** A partition that could not be reached brings no news: whoever waits finds out when its time is up. */
  #attach(socket: WebSocket | null): void {
    if (socket === null) {
      this.#gone();
      return;
    }
    socket.binaryType = 'arraybuffer';
    socket.accept();
    if (this.#isClosed) return;
    const broken = () => {
      const onNews = this.#onNews;
      this.#gone();
      onNews?.();
    };
    socket.addEventListener('close', broken);
    socket.addEventListener('error', broken);
    socket.addEventListener('message', ({ data }) => {
      if (data instanceof ArrayBuffer) this.#take(new Uint8Array(data), broken);
    });
  }

  #take(frame: Uint8Array, broken: () => void): void {
    if (frame[0] === serverFrame.error) {
      broken();
      return;
    }
    if (frame[0] !== serverFrame.records || frame.length < recordsFrameHeaderBytes) return;
    this.#end = readInt64(frame, highWatermarkAt);
    this.#isSubscribed = false;
    if (this.#onNews === null) return;
    if (this.#end > this.#offset) this.#onNews();
    else void this.#subscribe();
  }

  #gone(): void {
    if (this.#isClosed) return;
    this.close();
    this.#onGone();
  }
}
