import { checkAccess } from '../authorization/access-check.ts';
import { anonymousPrincipal, type Principal } from '../authorization/principal.ts';
import { decodePrincipal, encodePrincipal, isUnresolved } from '../authorization/principal-text.ts';
import type { PrincipalHolder } from '../authorization/principal-watch.ts';
import type { PushedReader } from '../authorization/push-throttle.ts';
import { recordKeyFilter } from '../authorization/record-key-rules.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { AckFrameWriter } from './fast-door-frames.ts';

/** Where a socket's subscription stands; kept in its attachment after every send. */
export type FastSubscription = {
  readonly next: number;
  readonly credit: number;
  /** Set for a reader of committed records. */
  readonly isCommitted?: boolean;
};

/** What is kept with a socket: of open mode the subscription alone, else on whose behalf it is besides. */
export type FastAttachment =
  | FastSubscription
  | { readonly holder: string; readonly subscription: FastSubscription | null; readonly countedToMs: number }
  | null;

/** On whose behalf a socket of open mode is, and one of the platform's own. */
export const noHolder = '';

/** What goes with a socket to a partition, for {@link FastSession}; LIMIT_REACHED when it would be too long. */
export function holderOf(principal: Principal): Result<string> {
  return principal.kind === 'anonymous' ? ok(noHolder) : encodePrincipal(principal);
}

const everyone = anonymousPrincipal({ orgId: '', clusterId: '' });

/** One socket of a partition's binary door. */
export class FastSession implements PrincipalHolder, PushedReader {
  readonly acks = new AckFrameWriter();
  subscription: FastSubscription | null;
  isPushing = false;
  isThrottled = false;
  isPaying = false;
  /** With quotas, frames are let in one after the other. */
  quotaTurn: Promise<void> = Promise.resolve();
  waitingBytes = 0;
  principal: Principal;
  checkedAtMs: number;
  isHeld = false;
  isClosed = false;
  countedToMs: number;
  readonly #holder: string;

  private constructor(holder: string, subscription: FastSubscription | null, checkedAtMs: number, countedToMs: number) {
    this.#holder = holder;
    this.subscription = subscription;
    this.countedToMs = countedToMs;
    this.principal = holder === noHolder ? everyone : decodePrincipal(holder);
    this.checkedAtMs = checkedAtMs;
  }

  /** The session of a new socket, whose principal an edge has just found good. */
  static begin(holder: string, nowMs: number): FastSession {
    const session = new FastSession(holder, null, nowMs, nowMs);
    if (isUnresolved(session.principal)) session.checkedAtMs = 0;
    return session;
  }

  /** The session of a socket that outlived the object's memory: who it is for has to be asked first. */
  static restore(attachment: FastAttachment): FastSession {
    if (attachment === null || !('holder' in attachment)) return new FastSession(noHolder, attachment, 0, 0);
    return new FastSession(attachment.holder, attachment.subscription, 0, attachment.countedToMs);
  }

  get isOver(): boolean {
    return this.isClosed || this.subscription === null;
  }

  get attachment(): FastAttachment {
    if (this.#holder === noHolder) return this.subscription;
    return { holder: this.#holder, subscription: this.subscription, countedToMs: this.countedToMs };
  }

  /**
   * Whether it may read, or write, the partition's topic. Whoever is held to record keys may neither: nobody looks into
   * the batches here.
   */
  check(operation: 'READ' | 'WRITE', topic: string): Result<null> {
    const allowed = checkAccess(this.principal, { operation, resourceType: 'TOPIC', resourceName: topic });
    if (!allowed.ok || recordKeyFilter(this.principal, operation, topic) === null) return allowed;
    return heldToKeys();
  }
}

/** The answer to a principal that is held to record keys, at the door and in it. */
export const heldToKeys = (): Result<never> =>
  failed(
    'TOPIC_AUTHORIZATION_FAILED',
    'The token is held to record keys, and the binary door looks into no record: use /v1/topics/{topic}/ws, the stream, or the JSON routes.',
  );
