/** The hash functions that SASL SCRAM comes with, as WebCrypto names them. */
export type HashName = 'SHA-256' | 'SHA-512';

/** Hashes and message authentication codes of short texts. */
export interface KeyedHash {
  digest(hash: HashName, bytes: Uint8Array): Uint8Array;
  /** HMAC (RFC 2104). */
  sign(hash: HashName, key: Uint8Array, bytes: Uint8Array): Uint8Array;
}
