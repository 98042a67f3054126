import { type QuotaUse, retryAfterMsOf } from '../authorization/quota-gate.ts';
import { ok, type Result } from '../errors/result.ts';
import { recordsIn } from '../log/batch-walk.ts';
import type { ConnectionMute } from './connection/connection-mute.ts';
import type { KafkaServices } from './kafka-services.ts';

/** A request that would be refused waits for so long at most before it is: a third of what clients wait for an answer. */
const holdMaxMs = 10_000;

/** No answer asks for a longer silence: a quota may have been raised, and clients give up what is silent. */
const throttleMaxMs = 30_000;

type Ports = Pick<KafkaServices, 'principal' | 'quotas' | 'usage' | 'clock' | 'pause'>;

/**
 * One request against the quotas of its principal. As in Kafka, clients are slowed down rather than refused: what was
 * used beyond a quota is said in the answer as `throttle_time_ms` (KIP-219), and the connection is not served for that
 * long. Where others have used up what this one needs, it waits, and only then it is refused.
 */
export class RequestQuotas {
  readonly #services: Ports;
  readonly #mute: ConnectionMute;
  /** What it is about, besides the connection's own organization and key. */
  readonly #topics = new Set<string | null>([null]);
  #refusedMs = 0;

  constructor(services: Ports, mute: ConnectionMute) {
    this.#services = services;
    this.#mute = mute;
  }

  get #isBounded(): boolean {
    return this.#services.principal.quotas !== undefined;
  }

  /** Counts the request itself, once the connection may be served; it is never refused, only late. */
  async begin(): Promise<void> {
    if (!this.#isBounded) return;
    await this.#mute.over();
    await this.#hold({ topic: null, requests: 1, produceBytes: 0, isFetch: false });
  }

  /** Counts bytes to append to a topic. THROTTLING_QUOTA_EXCEEDED, and nothing may be done, after a wait. */
  async produce(topic: string, produceBytes: number): Promise<Result<null>> {
    if (!this.#isBounded) return ok(null);
    this.#topics.add(topic);
    return this.#hold({ topic, requests: 0, produceBytes, isFetch: false });
  }

  /** Whether records of these topics may be read now; the client is to come again later when not. */
  async fetch(topics: Iterable<string>): Promise<Result<null>> {
    if (!this.#isBounded) return ok(null);
    for (const topic of topics) {
      this.#topics.add(topic);
      const use = { topic, requests: 0, produceBytes: 0, isFetch: true } as const;
      const admitted = await this.#services.quotas.admit(this.#services.principal, use);
      if (admitted.ok) continue;
      this.#refusedMs = retryAfterMsOf(admitted.error);
      return admitted;
    }
    return ok(null);
  }

  /** Counts batches that an answer has, for quotas and for usage. */
  sent(topic: string, batches: Uint8Array): void {
    const { usage, principal } = this.#services;
    const bytes = batches.length;
    const recordsOut = recordsIn(batches);
    if (recordsOut > 0) usage.count(principal, topic, { recordsOut, bytesOut: bytes });
    if (this.#isBounded) this.#services.quotas.spendFetchBytes(this.#services.principal, topic, bytes);
  }

  /** How long the client is to be silent, and will not be served; 0 when it owes nothing. */
  async throttleMs(): Promise<number> {
    if (!this.#isBounded) return 0;
    const { quotas, principal } = this.#services;
    const owed = await Promise.all([...this.#topics].map((topic) => quotas.owedMs(principal, topic)));
    const throttleMs = Math.ceil(Math.min(Math.max(this.#refusedMs, ...owed), throttleMaxMs));
    this.#mute.begin(throttleMs);
    return throttleMs;
  }

  async #hold(use: QuotaUse): Promise<Result<null>> {
    const { quotas, principal, clock, pause } = this.#services;
    const untilMs = clock.nowMs() + holdMaxMs;
    for (;;) {
      const admitted = await quotas.admit(principal, use);
      if (admitted.ok || admitted.error.code !== 'THROTTLING_QUOTA_EXCEEDED') return admitted;
      const leftMs = untilMs - clock.nowMs();
      if (leftMs <= 0) return admitted;
      await pause(Math.min(leftMs, retryAfterMsOf(admitted.error)));
    }
  }
}
