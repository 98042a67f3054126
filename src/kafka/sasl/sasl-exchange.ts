import type { Principal } from '../../authorization/principal.ts';
import { type Failed, failed, type Result } from '../../errors/result.ts';

/** What one message of a client came to: what is sent back, and who the client is once that is known. */
export type SaslStep = { readonly reply: Uint8Array; readonly principal: Principal | null };

/** One conversation in a mechanism (RFC 4422). A failure ends it. */
export interface SaslExchange {
  next(message: Uint8Array): Promise<Result<SaslStep>>;
}

/** The end of a conversation in which the client proved who it is and waits for no more words. */
export const provenBy = (principal: Principal): SaslStep => ({ reply: new Uint8Array(0), principal });

/** The text of a message; what is no ASCII matches no credential that the platform issues. */
export function textOf(message: Uint8Array): string {
  return Array.from(message, (byte) => String.fromCharCode(byte)).join('');
}

/** A message that is none of its mechanism's. */
export function malformed(rule: string): Failed {
  return failed('SASL_AUTHENTICATION_FAILED', rule);
}

/**
 * Says why nobody is let in, in the words of a Kafka client's settings. A cluster that is none is one reason; a failure
 * that says nothing of the credential (the organization could not be asked) stays what it is.
 */
export function refusedAs(failure: Failed, advice: string): Failed {
  const { code, message } = failure.error;
  if (code === 'UNKNOWN_RESOURCE') return failed('SASL_AUTHENTICATION_FAILED', `Authentication failed: ${message}`);
  if (code !== 'SASL_AUTHENTICATION_FAILED') return failure;
  return failed('SASL_AUTHENTICATION_FAILED', `Authentication failed: ${advice}`);
}
