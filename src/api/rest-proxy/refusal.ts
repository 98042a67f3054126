import type { ErrorCode } from '../../errors/error-codes.ts';
import type { Failed, Failure } from '../../errors/result.ts';

/** A failure for which the REST Proxy has an error code of its own, finer than what its code stands for. */
export type Refusal = Failure & { readonly restCode: number };

/** Refuses with one of the REST Proxy's codes; its first three digits are the HTTP status. */
export const refused = (restCode: number, code: ErrorCode, message: string): Failed => {
  const error: Refusal = { code, message, restCode };
  return { ok: false, error };
};
