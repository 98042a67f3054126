/** Proves that a text was written by this platform. Synchronous, so that a check can stand between a read and a write. */
export interface Signer {
  /** The signature of a text, in characters that are safe in JSON and URLs. */
  sign(text: string): string;
  /** Whether `signature` is the one of `text`, in a time that does not depend on where they differ. */
  verify(text: string, signature: string): boolean;
}
