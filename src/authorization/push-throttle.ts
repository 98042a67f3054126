import type { Failure } from '../errors/result.ts';
import type { Principal } from './principal.ts';
import { type QuotaGate, retryAfterMsOf } from './quota-gate.ts';

/** Whom records are pushed to: a subscription. */
export type PushedReader = {
  /** True while what it was sent is not paid for: nothing is sent. */
  isThrottled: boolean;
  /** True while it is being paid for. */
  isPaying: boolean;
  /** True once nothing more is to be sent, whatever happens. */
  readonly isOver: boolean;
};

export type PushThrottlePorts<Reader extends PushedReader> = {
  readonly gate: QuotaGate;
  readonly pause: (ms: number) => Promise<void>;
  readonly keepAlive: (work: Promise<void>) => void;
  readonly principalOf: (reader: Reader) => Principal;
  readonly topicOf: (reader: Reader) => string;
  /** Says once that, and why, nothing comes for a while. */
  readonly tell: (reader: Reader, failure: Failure) => void;
  /** It is not a matter of waiting. */
  readonly end: (reader: Reader, failure: Failure) => void;
  /** Sends what was held back. */
  readonly resume: (reader: Reader) => void;
};

/** No refusal is believed for longer: a quota may have been raised. */
const maxPauseMs = 30_000;

/**
 * Holds what is pushed to quotas of fetched bytes. Bytes are counted as they leave, without asking anyone; whoever has
 * more than is left gets nothing until that is paid for, and nothing is dropped: it comes afterwards.
 */
export class PushThrottle<Reader extends PushedReader> {
  readonly #ports: PushThrottlePorts<Reader>;

  constructor(ports: PushThrottlePorts<Reader>) {
    this.#ports = ports;
  }

  /** So many bytes were sent. */
  pushed(reader: Reader, bytes: number): void {
    const { gate, principalOf, topicOf, keepAlive } = this.#ports;
    const principal = principalOf(reader);
    if (principal.quotas === undefined) return;
    gate.spendFetchBytes(principal, topicOf(reader), bytes);
    if (reader.isPaying) return;
    reader.isPaying = true;
    keepAlive(this.#pay(reader));
  }

  async #pay(reader: Reader): Promise<void> {
    const { gate, principalOf, topicOf, pause, tell, end, resume } = this.#ports;
    while (!reader.isOver) {
      const use = { topic: topicOf(reader), requests: 0, produceBytes: 0, isFetch: true } as const;
      const paid = await gate.admit(principalOf(reader), use);
      if (paid.ok || reader.isOver) break;
      if (paid.error.code !== 'THROTTLING_QUOTA_EXCEEDED') {
        end(reader, paid.error);
        break;
      }
      if (!reader.isThrottled) tell(reader, paid.error);
      reader.isThrottled = true;
      await pause(Math.min(retryAfterMsOf(paid.error), maxPauseMs));
    }
    const wasThrottled = reader.isThrottled;
    reader.isThrottled = false;
    reader.isPaying = false;
    if (wasThrottled && !reader.isOver) resume(reader);
  }
}
