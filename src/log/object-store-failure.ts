import { type Failed, failed } from '../errors/result.ts';

/** The failure of work that needs the object store, when that cannot be reached or answers with an error. */
export function storeFailure(what: string, cause: unknown): Failed {
  return failed(
    'KAFKA_STORAGE_ERROR',
    `The object store could not ${what}: ${cause instanceof Error ? cause.message : String(cause)}. Retry later.`,
  );
}
