/** Tells when the object may commit next: what group commit paces itself by. */
export interface CommitPacer {
  /** Resolves once every write so far is confirmed; at once when none is pending. */
  confirmed(): Promise<void>;
  /** Resolves once the events that have already reached the object were handed to it, or a moment later. */
  gathered(): Promise<void>;
}
