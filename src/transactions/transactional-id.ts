import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';

/** They would garble logs and terminals, and no one types them on purpose. */
const controlCharacters = /\p{Cc}/u;

/** Checks a transactional id as a client chose it; INVALID_REQUEST says which rule was broken. */
export function validateTransactionalId(transactionalId: string): Result<string> {
  const broken = brokenRule(transactionalId);
  return broken === null
    ? ok(transactionalId)
    : failed('INVALID_REQUEST', `The transactional id is not allowed: ${broken}.`);
}

function brokenRule(transactionalId: string): string | null {
  const max = limits.transactionalIdCharacters.value;
  if (transactionalId === '') return 'it is empty';
  if (transactionalId.length > max) return `it has ${transactionalId.length} characters, ${max} are the most`;
  if (controlCharacters.test(transactionalId)) return 'it has control characters';
  return transactionalId.isWellFormed() ? null : 'it is no Unicode text';
}

/** Checks how long a transaction may take; INVALID_TRANSACTION_TIMEOUT. */
export function validateTimeout(timeoutMs: number): Result<number> {
  const { max } = limits.transactionTimeoutMs;
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= max) return ok(timeoutMs);
  return failed(
    'INVALID_TRANSACTION_TIMEOUT',
    `A transaction may take from 1 to ${max} ms, not ${timeoutMs}; a longer one would hold up every committed reader.`,
    { limit: max },
  );
}
