import type { Failure } from '../errors/result.ts';
import type { Decompress } from '../log/compression-type.ts';
import {
  encodeCreditFrame,
  encodeSubscribeFrame,
  fastDoorProtocol,
  recordsFrameHeaderBytes,
  serverFrame,
  subscribeEarliest,
  subscribeLatest,
} from '../log/fast-door-frames.ts';
import { decodeBatches } from '../log/record.ts';
import { readInt32, readInt64 } from '../log/varint.ts';
import { ConsumedRecord } from './consumed-record.ts';
import { topicPath } from './http-door.ts';
import { MillraceError, networkError } from './millrace-error.ts';
import { socketEndError } from './socket-end.ts';
import type {
  Subscription,
  SubscriptionDoor,
  SubscriptionEvents,
  SubscriptionRequest,
  SubscriptionStart,
  Throttle,
} from './subscription-door.ts';
import { type Heartbeat, LiveSocket, type WebSocketConstructor, webSocketUrl } from './web-socket.ts';

export type BinaryDoorOptions = {
  readonly baseUrl: string;
  readonly WebSocket: WebSocketConstructor;
  readonly heartbeat: Heartbeat;
  readonly partition: number;
  readonly topicId: string;
  readonly decompress: Decompress;
  /** Rejects with a MillraceError unless the topic is still the one with this id. */
  readonly verifyTopic: () => Promise<void>;
};

/** Subprotocol `millrace.v1.binary` (docs/websocket.md): one partition, answered by its own object. */
export class BinarySubscriptionDoor implements SubscriptionDoor {
  readonly #options: BinaryDoorOptions;
  readonly #partition: number;

  constructor(options: BinaryDoorOptions) {
    this.#options = options;
    this.#partition = options.partition;
  }

  subscribe(request: SubscriptionRequest, events: SubscriptionEvents): Subscription {
    const { baseUrl, WebSocket, heartbeat } = this.#options;
    const url = webSocketUrl(baseUrl) + topicPath(request.topic, `/partitions/${this.#partition}/ws`);
    let refusal: MillraceError | null = null;
    const refuse = (error: MillraceError) => {
      refusal ??= error;
      socket.close();
    };
    const socket = new LiveSocket(WebSocket, url, fastDoorProtocol, heartbeat, {
      opened: () => {
        this.#begin(request)
          .then((frame) => socket.send(frame))
          .catch((thrown) => refuse(thrown instanceof MillraceError ? thrown : networkError(url, thrown)));
      },
      text: () =>
        refuse(new MillraceError({ code: 'INVALID_REQUEST', message: `${url} does not speak ${fastDoorProtocol}` })),
      binary: (frame) => this.#receive(request.topic, frame, events, refuse),
      ended: (end) => events.ended(refusal ?? socketEndError(url, end), end.opened),
    });
    return {
      grant: (bytes) => socket.send(encodeCreditFrame(bytes)),
      close: () => socket.close(),
    };
  }

  /** The frame takes offsets, so whether they are still those of the same topic must be asked elsewhere. */
  async #begin({ start, creditBytes, isolation }: SubscriptionRequest): Promise<Uint8Array> {
    if (start.kind === 'offsets' && start.topicId !== null) await this.#options.verifyTopic();
    return encodeSubscribeFrame(creditBytes, this.#offsetOf(start), isolation);
  }

  #offsetOf(start: SubscriptionStart): number {
    if (start.kind === 'offsets') return start.offsets.get(this.#partition) ?? subscribeEarliest;
    return start.kind === 'latest' ? subscribeLatest : subscribeEarliest;
  }

  #receive(topic: string, frame: Uint8Array, events: SubscriptionEvents, refuse: (error: MillraceError) => void): void {
    switch (frame[0]) {
      case serverFrame.records: {
        const records = this.#recordsOf(topic, frame);
        if (records instanceof MillraceError) refuse(records);
        else events.frame({ kind: 'records', ...this.#rangeOf(frame), records, bytes: frame.length });
        break;
      }
      case serverFrame.gap:
        events.frame({ kind: 'gap', ...this.#rangeOf(frame), reason: jsonOf<{ reason: string }>(frame, 17).reason });
        break;
      case serverFrame.subscribed: {
        const start = { from: readInt64(frame, 1), highWatermark: readInt64(frame, 9) };
        events.subscribed(new Map([[this.#partition, start]]), this.#options.topicId);
        break;
      }
      case serverFrame.throttle:
        events.throttled({ throttleMs: readInt32(frame, 1) >>> 0, ...jsonOf<Omit<Throttle, 'throttleMs'>>(frame, 5) });
        break;
      case serverFrame.error:
        refuse(new MillraceError(jsonOf<Failure>(frame, 5)));
        break;
      default:
      // Frame types that a newer platform adds are none of this client's business.
    }
  }

  #rangeOf(frame: Uint8Array): { readonly partition: number; readonly from: number; readonly to: number } {
    return { partition: this.#partition, from: readInt64(frame, 1), to: readInt64(frame, 9) };
  }

  #recordsOf(topic: string, frame: Uint8Array): ConsumedRecord[] | MillraceError {
    const { partition, from } = this.#rangeOf(frame);
    const records: ConsumedRecord[] = [];
    const decoded = decodeBatches(frame.subarray(recordsFrameHeaderBytes), this.#options.decompress, (record) => {
      // Batches come whole: the first may begin below what was asked for.
      if (record.offset >= from) {
        records.push(new ConsumedRecord(topic, partition, record.offset, record.timestampMs, record));
      }
      return true;
    });
    return decoded.ok ? records : new MillraceError(decoded.error);
  }
}

const utf8 = new TextDecoder();

function jsonOf<T>(frame: Uint8Array, at: number): T {
  return JSON.parse(utf8.decode(frame.subarray(at))) as T;
}
