import type { RecordJson } from '../contracts/record-json.ts';
import type { FailureDetail } from '../errors/result.ts';
import { encodePosition, parsePosition } from '../relay/position.ts';
import { sortedOffsets } from './consume-from.ts';
import { topicPath } from './http-door.ts';
import { MillraceError, networkError } from './millrace-error.ts';
import { recordOfJson } from './record-json-source.ts';
import { socketEndError } from './socket-end.ts';
import type {
  PartitionStart,
  Subscription,
  SubscriptionDoor,
  SubscriptionEvents,
  SubscriptionRequest,
  SubscriptionStart,
} from './subscription-door.ts';
import { type Heartbeat, LiveSocket, type WebSocketConstructor, webSocketUrl } from './web-socket.ts';

/** The only subscription of a socket needs no better name. */
const subscriptionId = 's';

const utf8 = new TextEncoder();

/** Subprotocol `millrace.v1` (docs/websocket.md): one socket over all or some partitions, answered by a relay. */
export class JsonSubscriptionDoor implements SubscriptionDoor {
  readonly #baseUrl: string;
  readonly #WebSocket: WebSocketConstructor;
  readonly #heartbeat: Heartbeat;

  constructor(baseUrl: string, WebSocket: WebSocketConstructor, heartbeat: Heartbeat) {
    this.#baseUrl = baseUrl;
    this.#WebSocket = WebSocket;
    this.#heartbeat = heartbeat;
  }

  subscribe(request: SubscriptionRequest, events: SubscriptionEvents): Subscription {
    const url = webSocketUrl(this.#baseUrl) + topicPath(request.topic, '/ws');
    let refusal: MillraceError | null = null;
    const refuse = (error: MillraceError) => {
      refusal ??= error;
      socket.close();
    };
    const socket = new LiveSocket(this.#WebSocket, url, 'millrace.v1', this.#heartbeat, {
      opened: () => socket.send(subscribeFrame(request)),
      text: (message) => receive(request.topic, message, events, refuse),
      binary: () => refuse(protocolError('a binary frame came on the JSON door')),
      ended: (end) => events.ended(refusal ?? socketEndError(url, end), end.opened),
    });
    return {
      grant: (bytes) => socket.send(JSON.stringify({ type: 'credit', id: subscriptionId, bytes })),
      close: () => socket.close(),
    };
  }
}

/** `as: base64` because a frame goes through JSON.parse: in any other rendering 64-bit integers would lose digits. */
function subscribeFrame(request: SubscriptionRequest): string {
  return JSON.stringify({
    type: 'subscribe',
    id: subscriptionId,
    topic: request.topic,
    partitions: request.partitions,
    from: fromField(request.start),
    credit: request.creditBytes,
    as: 'base64',
    isolation: request.isolation,
  });
}

function fromField(start: SubscriptionStart): unknown {
  if (start.kind === 'timestamp') return { timestamp: start.timestampMs };
  if (start.kind !== 'offsets') return start.kind;
  // A position is refused for a topic that was created anew; offsets alone would be read from the wrong log.
  if (start.topicId !== null) return encodePosition(start.topicId, sortedOffsets(start.offsets));
  return Object.fromEntries(start.offsets);
}

type ServerFrame = {
  readonly type: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly records: readonly RecordJson[];
  readonly reason: string;
  readonly position: string;
  readonly partitions: Readonly<Record<string, { readonly from: number; readonly high_watermark: number }>>;
  readonly code: string;
  readonly message: string;
  readonly detail?: FailureDetail;
  readonly throttle_ms: number;
};

function receive(topic: string, message: string, events: SubscriptionEvents, refuse: (error: MillraceError) => void) {
  let frame: ServerFrame;
  try {
    frame = JSON.parse(message) as ServerFrame;
  } catch (thrown) {
    refuse(networkError('a frame could not be read', thrown));
    return;
  }
  const { partition, from, to } = frame;
  switch (frame.type) {
    case 'records': {
      const records = frame.records.map((record) => recordOfJson(topic, record));
      events.frame({ kind: 'records', partition, from, to, records, bytes: utf8.encode(message).length });
      break;
    }
    case 'gap':
      events.frame({ kind: 'gap', partition, from, to, reason: frame.reason });
      break;
    case 'subscribed':
      events.subscribed(startsOf(frame.partitions), topicIdOf(frame.position));
      break;
    case 'throttle':
      events.throttled({ throttleMs: frame.throttle_ms, code: frame.code, message: frame.message });
      break;
    case 'error':
      refuse(new MillraceError({ code: frame.code, message: frame.message, detail: frame.detail, status: null }));
      break;
    default:
    // Frame types that a newer platform adds are none of this client's business.
  }
}

function startsOf(partitions: ServerFrame['partitions']): Map<number, PartitionStart> {
  const starts = new Map<number, PartitionStart>();
  for (const [partition, start] of Object.entries(partitions)) {
    starts.set(Number(partition), { from: start.from, highWatermark: start.high_watermark });
  }
  return starts;
}

function topicIdOf(position: string): string | null {
  const parsed = parsePosition(position);
  return parsed.ok ? parsed.value.topicId : null;
}

function protocolError(what: string): MillraceError {
  return new MillraceError({ code: 'INVALID_REQUEST', message: `the platform does not speak millrace.v1: ${what}` });
}
