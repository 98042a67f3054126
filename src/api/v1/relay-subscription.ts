import {
  type ErrorFrame,
  errorFrameSchema,
  type GapFrame,
  gapFrameSchema,
  type SubscribedFrame,
  type SubscribeFrame,
  subscribedFrameSchema,
  type ThrottleFrame,
  throttleFrameSchema,
} from '../../contracts/websocket.ts';
import { assert } from '../../errors/assert.ts';
import { type ErrorCode, errorTable } from '../../errors/error-codes.ts';
import { type Failure, failed, ok, type Result } from '../../errors/result.ts';
import { scanMembers } from '../../json/json-object.ts';
import type { JsonSpan } from '../../json/json-scanner.ts';
import type { RecordsSpan } from './record-events.ts';

/** How long a relay may take to answer a subscribe frame: a topic of a thousand partitions that all wake up. */
const subscribeTimeoutMs = 30_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What comes after `subscribed`. `frame` is the text of a `records` frame. */
export type SubscriptionEvent =
  | { readonly kind: 'records'; readonly frame: Uint8Array; readonly span: RecordsSpan }
  | { readonly kind: 'gap'; readonly gap: GapFrame }
  | { readonly kind: 'throttle'; readonly throttle: ThrottleFrame }
  | { readonly kind: 'failure'; readonly failure: Failure }
  | { readonly kind: 'closed' };

/**
 * One subscription on a socket of its own to a relay, as the Worker holds it for a client that cannot speak
 * WebSocket. Events wait here, bounded by the credit, until someone takes them.
 */
export class RelaySubscription {
  readonly subscribed: SubscribedFrame;
  readonly #socket: WebSocket;
  readonly #id: string;
  readonly #waiting: SubscriptionEvent[] = [];
  #wake: (event: SubscriptionEvent) => void;

  private constructor(socket: WebSocket, subscribed: SubscribedFrame) {
    this.#socket = socket;
    this.subscribed = subscribed;
    this.#id = subscribed.id;
    this.#wake = this.#keep;
  }

  /** Subscribes on a socket that a relay has accepted; the relay's refusal comes back as it is. */
  static async open(socket: WebSocket, frame: Omit<SubscribeFrame, 'type'>): Promise<Result<RelaySubscription>> {
    const first = Promise.withResolvers<Result<RelaySubscription>>();
    let subscription: RelaySubscription | null = null;
    socket.addEventListener('message', ({ data }) => {
      const bytes = encoder.encode(String(data));
      if (subscription !== null) {
        subscription.#see(bytes);
        return;
      }
      const answer = readFirst(bytes);
      if (answer.ok) subscription = new RelaySubscription(socket, answer.value);
      first.resolve(subscription === null ? (answer as Result<never>) : ok(subscription));
    });
    const onEnd = () => {
      first.resolve(failed('UNKNOWN_OUTCOME', 'The relay was interrupted before it could subscribe; retry.'));
      if (subscription !== null) subscription.#wake({ kind: 'closed' });
    };
    socket.addEventListener('close', onEnd);
    socket.addEventListener('error', onEnd);
    const timer = setTimeout(() => first.resolve(tooSlow()), subscribeTimeoutMs);
    socket.accept();
    socket.send(JSON.stringify({ type: 'subscribe', ...frame }));
    const opened = await first.promise;
    clearTimeout(timer);
    if (!opened.ok) socket.close(1000, 'not subscribed');
    return opened;
  }

  /** The next event since `subscribed`, in order, or null when none came for so long. One call at a time. */
  next(timeoutMs: number): Promise<SubscriptionEvent | null> {
    const event = this.#waiting.shift();
    if (event !== undefined) return Promise.resolve(event);
    return new Promise((resolve) => {
      const settle = (outcome: SubscriptionEvent | null) => {
        clearTimeout(timer);
        this.#wake = this.#keep;
        resolve(outcome);
      };
      const timer = setTimeout(() => settle(null), timeoutMs);
      this.#wake = settle;
    });
  }

  /** Allows this many more bytes. */
  grant(bytes: number): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ type: 'credit', id: this.#id, bytes }));
  }

  close(): void {
    this.#socket.close(1000, 'the reader left');
  }

  #see(bytes: Uint8Array): void {
    const event = readEvent(bytes);
    if (event !== null) this.#wake(event);
  }

  readonly #keep = (event: SubscriptionEvent): void => {
    this.#waiting.push(event);
  };
}

function readFirst(bytes: Uint8Array): Result<SubscribedFrame> {
  const frame: unknown = JSON.parse(decoder.decode(bytes));
  const subscribed = subscribedFrameSchema.safeParse(frame);
  if (subscribed.success) return ok(subscribed.data);
  const error = errorFrameSchema.safeParse(frame);
  assert(error.success, 'a relay answers a subscribe frame with subscribed or error');
  return { ok: false, error: failureOf(error.data) };
}

/** Null for frames that mean nothing here. The records of a frame are found, not decoded. */
function readEvent(frame: Uint8Array): SubscriptionEvent | null {
  const members = scanMembers(frame);
  assert(members.ok, "a relay's frames are JSON objects");
  const spanOf = (name: string): JsonSpan => {
    const span = members.value.get(name);
    assert(span !== undefined, `a relay's frame has the field ${name}`);
    return span;
  };
  const fieldOf = (name: string): unknown => decode(frame, spanOf(name));
  switch (fieldOf('type')) {
    case 'records': {
      const span = { partition: Number(fieldOf('partition')), to: Number(fieldOf('to')), records: spanOf('records') };
      return { kind: 'records', frame, span };
    }
    case 'gap':
      return { kind: 'gap', gap: gapFrameSchema.parse(JSON.parse(decoder.decode(frame))) };
    case 'throttle':
      return { kind: 'throttle', throttle: throttleFrameSchema.parse(JSON.parse(decoder.decode(frame))) };
    case 'error': {
      const error = errorFrameSchema.parse(JSON.parse(decoder.decode(frame)));
      return error.fatal ? { kind: 'failure', failure: failureOf(error) } : null;
    }
    default:
      return null;
  }
}

function decode(frame: Uint8Array, { start, end }: JsonSpan): unknown {
  return JSON.parse(decoder.decode(frame.subarray(start, end)));
}

function failureOf({ code, message, detail }: ErrorFrame): Failure {
  const known = Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'UNKNOWN_SERVER_ERROR';
  return detail === undefined ? { code: known, message } : { code: known, message, detail };
}

const tooSlow = (): Result<never> =>
  failed(
    'REQUEST_TIMED_OUT',
    `The topic's partitions did not answer within ${subscribeTimeoutMs / 1000} seconds; retry.`,
  );
