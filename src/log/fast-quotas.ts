import { PushThrottle } from '../authorization/push-throttle.ts';
import { type QuotaGate, type QuotaUse, retryAfterMsOf } from '../authorization/quota-gate.ts';
import { type Failed, type Failure, failed, ok, type Result } from '../errors/result.ts';
import { clientFrame, encodeErrorFrame, encodeThrottleFrame, noCorrelation } from './fast-door-frames.ts';
import type { FastSession } from './fast-session.ts';

/** Frames of one socket that wait while its organization is asked for a lease; more are refused. */
const waitingBytesMax = 16 * 1024 * 1024;

export type FastQuotaPorts = {
  readonly gate: QuotaGate;
  readonly topic: string;
  readonly pause: (ms: number) => Promise<void>;
  readonly send: (session: FastSession, frame: Uint8Array<ArrayBuffer>) => void;
  /** Ends the subscription. */
  readonly end: (session: FastSession, failure: Failure) => void;
  /** Pushes what was held back. */
  readonly resume: (session: FastSession) => void;
};

/** Holds the sockets of a partition's binary door to the quotas of their principals. */
export class FastQuotas {
  readonly #ports: FastQuotaPorts;
  readonly #throttle: PushThrottle<FastSession>;

  constructor(ports: FastQuotaPorts) {
    const { gate, pause, topic, end, resume, send } = ports;
    this.#ports = ports;
    this.#throttle = new PushThrottle<FastSession>({
      gate,
      pause,
      // The pause is a timer, and the object stays for it.
      keepAlive: () => {},
      principalOf: ({ principal }) => principal,
      topicOf: () => topic,
      tell: (session, failure) => send(session, encodeThrottleFrame(retryAfterMsOf(failure), failure)),
      end,
      resume,
    });
  }

  /**
   * Calls `handle` when the frame may be answered, and else tells why not. Frames of a socket take their turns, so that
   * none overtakes another that waits for a lease.
   */
  admit(session: FastSession, frame: Uint8Array, handle: () => void): void {
    if (session.waitingBytes + frame.length > waitingBytesMax) {
      this.#refuse(session, frame, tooMuch().error);
      return;
    }
    session.quotaTurn = this.#takeTurn(session.quotaTurn, session, frame, handle);
  }

  /** A frame of records was sent. */
  pushed(session: FastSession, bytes: number): void {
    this.#throttle.pushed(session, bytes);
  }

  async #takeTurn(before: Promise<void>, session: FastSession, frame: Uint8Array, handle: () => void): Promise<void> {
    session.waitingBytes += frame.length;
    // A bug in one frame must not stop the frames after it.
    await before.catch(() => undefined);
    const admitted = await this.#count(session, frame);
    session.waitingBytes -= frame.length;
    if (session.isClosed) return;
    if (admitted.ok) handle();
    else this.#refuse(session, frame, admitted.error);
  }

  async #count(session: FastSession, frame: Uint8Array): Promise<Result<null>> {
    const use = useOf(this.#ports.topic, frame);
    return use === null ? ok(null) : this.#ports.gate.admit(session.principal, use);
  }

  #refuse(session: FastSession, frame: Uint8Array, failure: Failure): void {
    const isProduction = productions.has(frame[0]) && frame.length >= 5;
    const correlationId = isProduction ? new DataView(frame.buffer, frame.byteOffset).getUint32(1) : noCorrelation;
    this.#ports.send(session, encodeErrorFrame(correlationId, failure));
  }
}

const productions: ReadonlySet<number | undefined> = new Set([clientFrame.produceBatches, clientFrame.produceRecords]);

/** Null for frames that ask for nothing. */
function useOf(topic: string, frame: Uint8Array): QuotaUse | null {
  if (productions.has(frame[0])) return { topic, requests: 1, produceBytes: frame.length, isFetch: false };
  return frame[0] === clientFrame.subscribe ? { topic, requests: 1, produceBytes: 0, isFetch: true } : null;
}

const tooMuch = (): Failed =>
  failed('OVERLOADED', 'Too many frames of this socket wait for their turn; send this one again after answers.');
