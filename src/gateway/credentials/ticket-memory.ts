/** More used tickets than this are not remembered at once: an isolate opens far fewer sockets in half a minute. */
const ticketsMax = 10_000;

/**
 * Which tickets opened their socket already, as one isolate knows it; each is forgotten when it would open nothing any
 * more. Full, it lets no ticket through: one that might have been used is not taken for a new one.
 */
export class TicketMemory {
  readonly #usableUntilMs = new Map<string, number>();

  /** True the first time that a ticket is used. */
  use(id: string, usableUntilMs: number, nowMs: number): boolean {
    for (const [used, untilMs] of this.#usableUntilMs) {
      // In the order of their use, which is that of their ends but for a few seconds.
      if (untilMs > nowMs) break;
      this.#usableUntilMs.delete(used);
    }
    if (this.#usableUntilMs.has(id) || this.#usableUntilMs.size >= ticketsMax) return false;
    this.#usableUntilMs.set(id, usableUntilMs);
    return true;
  }
}
