/** Tells when the object's pending writes are durable: what group commit paces itself by. */
export interface CommitPacer {
  /** Resolves once every write so far is confirmed; at once when none is pending. */
  confirmed(): Promise<void>;
}
