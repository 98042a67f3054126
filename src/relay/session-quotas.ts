import { PushThrottle } from '../authorization/push-throttle.ts';
import { type QuotaGate, type QuotaUse, retryAfterMsOf } from '../authorization/quota-gate.ts';
import type { ClientFrame } from '../contracts/websocket.ts';
import { type Failed, type Failure, failed, ok, type Result } from '../errors/result.ts';
import type { UsageMeter } from '../gateway/usage/edge-usage.ts';
import type { ReadFrame } from './client-frames.ts';
import type { RelayPorts } from './ports.ts';
import { maxWaitingFrames } from './relay-limits.ts';
import type { RelaySession } from './relay-session.ts';
import { throttleFrame } from './server-frames.ts';
import type { Subscription } from './subscription.ts';

/** What the relay does for quotas of its sessions. */
export type QuotaActions = {
  readonly end: (subscription: Subscription, failure: Failure) => void;
  /** Sends what was held back. */
  readonly wake: (readers: Iterable<Subscription>) => void;
};

/** Holds the sockets of a relay to the quotas of their principals: what they send, and what is pushed to them. */
export class SessionQuotas {
  readonly #gate: QuotaGate;
  readonly #usage: UsageMeter;
  readonly #throttle: PushThrottle<Subscription>;

  constructor(ports: Pick<RelayPorts, 'quotas' | 'usage' | 'pause' | 'keepAlive'>, actions: QuotaActions) {
    this.#gate = ports.quotas;
    this.#usage = ports.usage;
    this.#throttle = new PushThrottle<Subscription>({
      gate: ports.quotas,
      pause: ports.pause,
      keepAlive: ports.keepAlive,
      principalOf: ({ session }) => session.principal,
      topicOf: ({ topic }) => topic,
      tell: ({ session, id }, failure) => session.send(throttleFrame(id, failure, retryAfterMsOf(failure))),
      end: actions.end,
      resume: (subscription) => actions.wake([subscription]),
    });
  }

  /**
   * Whether a frame may be answered; what may not is told so. The frames of a session with quotas take their turns, so
   * that none overtakes another that waits for a lease.
   */
  async admits(session: RelaySession, read: ReadFrame): Promise<boolean> {
    if (session.waitingFrames >= maxWaitingFrames) return refuse(session, read, tooMany().error);
    session.waitingFrames += 1;
    const admitted = session.quotaTurn.then(() => this.#admit(session, read));
    session.quotaTurn = admitted.then(nothing, nothing);
    const outcome = await admitted.finally(() => {
      session.waitingFrames -= 1;
    });
    return outcome.ok || refuse(session, read, outcome.error);
  }

  /** A frame of records was sent to a subscription: it counts against quotas, and for usage. */
  pushed(subscription: Subscription, records: number, bytes: number): void {
    const { session, topic } = subscription;
    if (records > 0 && !session.isClosed) {
      this.#usage.count(session.principal, topic, { recordsOut: records, bytesOut: bytes });
    }
    this.#throttle.pushed(subscription, bytes);
  }

  async #admit(session: RelaySession, { frame, bytes }: ReadFrame): Promise<Result<null>> {
    const use = useOf(session, frame, bytes.length);
    return use === null ? ok(null) : this.#gate.admit(session.principal, use);
  }
}

const nothing = (): void => undefined;

/** Null for frames that ask for nothing: they allow, end, or renew. */
function useOf(session: RelaySession, frame: ClientFrame, bytes: number): QuotaUse | null {
  const request = { topic: null, requests: 1, produceBytes: 0, isFetch: false } as const;
  switch (frame.type) {
    case 'produce':
      return { ...request, topic: frame.topic ?? session.topic, produceBytes: bytes };
    case 'subscribe':
      return { ...request, topic: frame.topic ?? session.topic, isFetch: true };
    case 'commit':
    case 'acknowledge':
      return request;
    default:
      return null;
  }
}

function refuse(session: RelaySession, { frame }: ReadFrame, failure: Failure): false {
  const id = 'id' in frame ? frame.id : null;
  session.fail(id, failure, frame.type === 'subscribe');
  return false;
}

const tooMany = (): Failed =>
  failed('OVERLOADED', `More than ${maxWaitingFrames} frames wait for their turn; send this one again after answers.`);
