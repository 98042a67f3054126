type Waiter = { readonly memberEpoch: number; readonly resolve: (hasNews: boolean) => void };

/**
 * Calls that wait for a change of their member's assignment: one a member, since a member makes one call at a time. A
 * later one ends the one before it.
 */
export class NewsWaiters {
  readonly #pause: (ms: number) => Promise<void>;
  readonly #waiters = new Map<string, Waiter>();

  constructor(pause: (ms: number) => Promise<void>) {
    this.#pause = pause;
  }

  /** Resolves with true when {@link NewsWaiters.wake} finds news, with false after `waitMs`. */
  async wait(memberId: string, memberEpoch: number, waitMs: number): Promise<boolean> {
    this.#waiters.get(memberId)?.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter = { memberEpoch, resolve };
    this.#waiters.set(memberId, waiter);
    const hasNews = await Promise.race([promise, this.#pause(waitMs).then(() => false)]);
    if (this.#waiters.get(memberId) === waiter) this.#waiters.delete(memberId);
    return hasNews;
  }

  /** Ends the waits of all members for whom there is news since the epoch they know. */
  wake(hasNews: (memberId: string, memberEpoch: number) => boolean): void {
    for (const [memberId, waiter] of this.#waiters) if (hasNews(memberId, waiter.memberEpoch)) waiter.resolve(true);
  }
}
