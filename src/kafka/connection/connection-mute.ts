import type { Clock } from '../../platform/clock.ts';

export type MutePorts = { readonly clock: Clock; readonly pause: (ms: number) => Promise<void> };

/** A connection that is not served for a while, because it has used more than its quotas allow. */
export class ConnectionMute {
  readonly #ports: MutePorts;
  #untilMs = 0;

  constructor(ports: MutePorts) {
    this.#ports = ports;
  }

  /** From now on, for so long at least. */
  begin(ms: number): void {
    if (ms > 0) this.#untilMs = Math.max(this.#untilMs, this.#ports.clock.nowMs() + ms);
  }

  /** Resolves when it may be served again: at once, for a client that kept silent as it was told. */
  async over(): Promise<void> {
    const leftMs = this.#untilMs - this.#ports.clock.nowMs();
    if (leftMs > 0) await this.#ports.pause(leftMs);
  }
}
