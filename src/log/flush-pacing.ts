/** So many flushes of a single request in a row raise the question whether more would come if the flush waited. */
const patienceMin = 16;

/** After attempts that gathered nothing the question is asked more and more rarely, down to once in so many flushes. */
const patienceMax = 1_024;

/** Every so many flushes that came together as expected, one waits its full time, to learn whether more come now. */
const probeInterval = 16;

/**
 * Decides when a flush waits for company. Requests gather by themselves while a commit takes long; where a commit is
 * confirmed at once, a pipelining socket would get a commit a frame. So after a run of lonely flushes one waits a
 * moment, and as long as that gathers several requests the next ones wait too, no longer than until as many are there
 * as came together before. A client that sends one request at a time is delayed once in a while at most.
 */
export class FlushPacing {
  #isGathering = false;
  #lonelyFlushes = 0;
  #patience = patienceMin;
  #expectedRequests = Number.POSITIVE_INFINITY;
  #flushesSinceProbe = 0;

  get isGathering(): boolean {
    return this.#isGathering;
  }

  /** While gathering: with so many requests a flush need not wait longer. */
  get expectedRequests(): number {
    return this.#flushesSinceProbe >= probeInterval ? Number.POSITIVE_INFINITY : this.#expectedRequests;
  }

  onFlush(requests: number): void {
    if (this.#isGathering) this.#onGatheredFlush(requests);
    else this.#onPlainFlush(requests);
  }

  #onPlainFlush(requests: number): void {
    this.#lonelyFlushes = requests > 1 ? 0 : this.#lonelyFlushes + 1;
    if (this.#lonelyFlushes < this.#patience) return;
    this.#isGathering = true;
    this.#expectedRequests = Number.POSITIVE_INFINITY;
    this.#flushesSinceProbe = 0;
  }

  #onGatheredFlush(requests: number): void {
    if (requests <= 1) {
      this.#isGathering = false;
      this.#lonelyFlushes = 0;
      this.#patience = Math.min(this.#patience * 2, patienceMax);
      return;
    }
    this.#patience = patienceMin;
    this.#flushesSinceProbe = this.#flushesSinceProbe >= probeInterval ? 0 : this.#flushesSinceProbe + 1;
    this.#expectedRequests = requests;
  }
}
