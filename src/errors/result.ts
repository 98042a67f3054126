import type { ErrorCode } from './error-codes.ts';

/**
 * What a failure carries besides its code: facts a program can act on (the valid offset range, the bad line, ...). Every
 * door shows it as it is, so its fields are in the doors' snake_case.
 */
export type FailureDetail = { readonly [field: string]: string | number | boolean | null };

/**
 * An expected failure, as a value. It crosses Durable Object RPC unchanged, where the own properties of a thrown
 * error would be lost.
 */
export type Failure = {
  readonly code: ErrorCode;
  /** One sentence for a person: what was wrong, where, and what to do. */
  readonly message: string;
  readonly detail?: FailureDetail;
};

export type Ok<T> = { readonly ok: true; readonly value: T };
export type Failed = { readonly ok: false; readonly error: Failure };
export type Result<T> = Ok<T> | Failed;

export const ok = <T>(value: T): Ok<T> => ({ ok: true, value });

export const failed = (code: ErrorCode, message: string, detail?: FailureDetail): Failed => ({
  ok: false,
  error: detail === undefined ? { code, message } : { code, message, detail },
});

/**
 * Carries a {@link Failure} through code that has no Result to return (stream callbacks, the client). Never thrown
 * across RPC.
 */
export class FailureError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'FailureError';
    this.failure = failure;
  }
}
