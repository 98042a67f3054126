/** Keeps a secret that must be read again: what is stored of it opens only with the platform's secret. */
export interface Sealer {
  /** `context` says what the secret belongs to; it opens nowhere else. */
  seal(secret: string, context: string): Promise<string>;
  /** Null when it was sealed by another platform, for another context, or was changed. */
  open(sealed: string, context: string): Promise<string | null>;
}
