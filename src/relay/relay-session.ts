import type { Failure } from '../errors/result.ts';
import type { RelaySocket } from './ports.ts';
import { errorFrame } from './server-frames.ts';
import { decodeAttachment, encodeAttachment } from './socket-attachment.ts';
import type { Subscription } from './subscription.ts';

/** A subscription that was asked for and not answered yet. */
export type StartingSubscription = {
  readonly id: string;
  readonly session: RelaySession;
  creditBytes: number;
  partitionCount: number;
  isCancelled: boolean;
};

/** One socket: what it subscribes to, and what it waits for. */
export class RelaySession {
  readonly socket: RelaySocket;
  /** The topic its path named, which its frames may leave out; null at `/v1/ws`. */
  readonly topic: string | null;
  readonly subscriptions = new Map<string, Subscription>();
  /** Those that were cancelled stay until the work for them has stopped, so that they count as long as they cost. */
  readonly starting = new Set<StartingSubscription>();
  /** The `produce` frames of a socket are stored one after the other, so that their records keep its order. */
  produceTail: Promise<void> = Promise.resolve();
  pendingProduceFrames = 0;
  isClosed = false;
  readonly #changed: Set<RelaySession>;

  /** `changed` collects the sessions whose attachment must be written before the turn ends. */
  constructor(socket: RelaySocket, topic: string | null, changed: Set<RelaySession>) {
    this.socket = socket;
    this.topic = topic;
    this.#changed = changed;
  }

  /** The session of a socket that was open before the relay came into memory. */
  static restore(socket: RelaySocket, attachment: Uint8Array, changed: Set<RelaySession>): RelaySession {
    return decodeAttachment(attachment, (topic) => new RelaySession(socket, topic, changed));
  }

  send(text: string): void {
    if (!this.isClosed && !this.socket.send(text)) this.isClosed = true;
  }

  /** What is being started under this id and was not cancelled. */
  startingAs(id: string): StartingSubscription | null {
    for (const starting of this.starting) if (starting.id === id && !starting.isCancelled) return starting;
    return null;
  }

  fail(id: string | null, failure: Failure, isFatal: boolean): void {
    this.send(errorFrame(id, failure, isFatal));
  }

  changed(): void {
    this.#changed.add(this);
  }

  /** Everything that must survive hibernation goes to the platform. */
  save(): void {
    if (!this.isClosed) this.socket.attachment = encodeAttachment(this.topic, this.subscriptions);
  }
}
