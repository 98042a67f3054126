/** The calls that an object is handling: what a turn wrote was asked for by one of them, or is the object's own doing. */
export class CallsOfTurn<Call> {
  /** With the event in which each ended; null while it is under way. */
  readonly #calls = new Map<Call, number | null>();

  begin(call: Call): void {
    this.#calls.set(call, null);
  }

  end(call: Call, event: number): void {
    this.#calls.set(call, event);
  }

  /** A turn is one event: a call that ended in an earlier one has no part in it. */
  during(event: number): Call[] {
    for (const [call, endedIn] of this.#calls) if (endedIn !== null && endedIn < event) this.#calls.delete(call);
    return [...this.#calls.keys()];
  }
}
