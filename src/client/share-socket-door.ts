import type { ShareAcknowledgedJson } from '../contracts/share-groups.ts';
import type { FailureDetail } from '../errors/result.ts';
import { closedError, MillraceError, networkError } from './millrace-error.ts';
import type { Acquired, ShareDoor, ShareEntry, ShareMember } from './share-door.ts';
import type { SharedRecordJson } from './shared-record.ts';
import { socketEndError } from './socket-end.ts';
import { defaultHeartbeat, LiveSocket, type WebSocketConstructor, webSocketUrl } from './web-socket.ts';

/** The only subscription of a socket needs no better name. */
const subscriptionId = 's';

type ServerFrame = {
  readonly type: string;
  readonly ref?: string;
  readonly lock_duration_ms: number;
  readonly records: readonly SharedRecordJson[];
  readonly results: ShareAcknowledgedJson['results'];
  readonly code: string;
  readonly message: string;
  readonly detail?: FailureDetail;
};

type Waiting<T> = { readonly resolve: (value: T) => void; readonly reject: (error: MillraceError) => void };

/**
 * A member of a share group over a WebSocket (docs/websocket.md): records are pushed as soon as there are any, as many
 * as were asked for. A socket that broke is opened again by the next call; what it brought stays locked meanwhile.
 */
export class SocketShareDoor implements ShareDoor {
  readonly #open: () => ShareSocket;
  #socket: ShareSocket | null = null;

  constructor(baseUrl: string, WebSocket: WebSocketConstructor, member: ShareMember) {
    this.#open = () => new ShareSocket(`${webSocketUrl(baseUrl)}/v1/ws`, WebSocket, member);
  }

  acquire(waitMs: number, signal: AbortSignal): Promise<Acquired> {
    return this.#opened().acquire(waitMs, signal);
  }

  acknowledge(entries: readonly ShareEntry[]): Promise<ShareAcknowledgedJson> {
    return this.#opened().acknowledge(entries);
  }

  async leave(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    await socket?.leave();
  }

  #opened(): ShareSocket {
    if (this.#socket === null || this.#socket.hasEnded) this.#socket = this.#open();
    return this.#socket;
  }
}

/** One socket of a member. Whatever waits for it is rejected when it ends. */
class ShareSocket {
  readonly #member: ShareMember;
  readonly #socket: LiveSocket;
  /** Pages that nobody has asked for yet. */
  readonly #pages: Acquired[] = [];
  readonly #acknowledging = new Map<string, Waiting<ShareAcknowledgedJson>>();
  #page: Waiting<Acquired> | null = null;
  readonly #joined = Promise.withResolvers<void>();
  #creditRecords = 0;
  #lockMs = 0;
  #sentCount = 0;
  #failure: MillraceError | null = null;

  constructor(url: string, WebSocket: WebSocketConstructor, member: ShareMember) {
    this.#member = member;
    // Calls that wait are told too; alone, its end is nobody's error.
    this.#joined.promise.catch(() => undefined);
    this.#socket = new LiveSocket(WebSocket, url, 'millrace.v1', defaultHeartbeat, {
      opened: () => this.#subscribe(),
      text: (message) => this.#receive(JSON.parse(message) as ServerFrame),
      binary: () => this.#fail(networkError(`${url}: a binary frame came on the JSON door`)),
      ended: (end) => this.#fail(socketEndError(url, end)),
    });
  }

  get hasEnded(): boolean {
    return this.#failure !== null;
  }

  async acquire(waitMs: number, signal: AbortSignal): Promise<Acquired> {
    await this.#joined.promise;
    const page = this.#pages.shift();
    if (page !== undefined) return page;
    this.#grant();
    const next = Promise.withResolvers<Acquired>();
    this.#page = next;
    const stop = () => next.reject(closedError(`the member of share group "${this.#member.group}"`));
    const timer = setTimeout(() => next.resolve({ lock_duration_ms: this.#lockMs, records: [] }), waitMs);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      return await next.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      this.#page = null;
    }
  }

  async acknowledge(acknowledgements: readonly ShareEntry[]): Promise<ShareAcknowledgedJson> {
    await this.#joined.promise;
    if (this.#failure !== null) throw this.#failure;
    const ref = String(++this.#sentCount);
    const answer = Promise.withResolvers<ShareAcknowledgedJson>();
    this.#acknowledging.set(ref, answer);
    this.#send({ type: 'acknowledge', id: subscriptionId, ref, acknowledgements });
    return answer.promise;
  }

  /** Gives back what came and was not asked for, and closes: the platform takes that for leaving. */
  async leave(): Promise<void> {
    const unasked = this.#pages.splice(0).flatMap(({ records }) => records);
    try {
      if (unasked.length > 0 && !this.hasEnded) await this.acknowledge(unasked.map(released));
    } finally {
      this.#fail(closedError(`the member of share group "${this.#member.group}"`));
    }
  }

  #subscribe(): void {
    const { group, memberId, topics } = this.#member;
    this.#send({
      type: 'subscribe',
      id: subscriptionId,
      share_group: group,
      member_id: memberId,
      topics,
      credit: 0,
      // In any other rendering 64-bit integers would lose digits in JSON.parse.
      as: 'base64',
    });
  }

  #grant(): void {
    const records = this.#member.maxRecords - this.#creditRecords;
    if (records <= 0) return;
    this.#creditRecords += records;
    this.#send({ type: 'credit', id: subscriptionId, records });
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'joined':
        this.#lockMs = frame.lock_duration_ms;
        this.#joined.resolve();
        break;
      case 'acquired': {
        const { lock_duration_ms, records } = frame;
        this.#creditRecords -= records.length;
        const page = { lock_duration_ms, records };
        if (this.#page === null) this.#pages.push(page);
        else this.#page.resolve(page);
        this.#page = null;
        break;
      }
      case 'acknowledged':
        this.#acknowledging.get(frame.ref ?? '')?.resolve({ results: frame.results });
        this.#acknowledging.delete(frame.ref ?? '');
        break;
      case 'error':
        this.#fail(errorOf(frame));
        break;
      default:
      // Frame types that a newer platform adds are none of this client's business.
    }
  }

  #fail(error: MillraceError): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#joined.reject(error);
    this.#page?.reject(error);
    for (const { reject } of this.#acknowledging.values()) reject(error);
    this.#acknowledging.clear();
    this.#socket.close();
  }

  #send(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }
}

/** Being taken out is no reason to stop: the member joins again. */
function errorOf({ code, message, detail }: ServerFrame): MillraceError {
  if (code === 'UNKNOWN_MEMBER_ID') return networkError(message);
  return new MillraceError({ code, message, detail, status: null });
}

function released({ topic, partition, offset, lock_id }: SharedRecordJson): ShareEntry {
  return { topic, partition, from: offset, lock_id, type: 'release', delay_ms: undefined };
}
