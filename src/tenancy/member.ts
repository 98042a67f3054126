import type { Role } from '../authorization/roles.ts';
import { failed, ok, type Result } from '../errors/result.ts';

/** A person of an organization: invited by an e-mail address, and a member once somebody has signed in with it. */
export type Member = {
  readonly memberId: string;
  /** In lower case. */
  readonly email: string;
  readonly role: Role;
  readonly invitedBy: string;
  readonly invitedAtMs: number;
  /** Who vouched for the person at the first sign-in, and the issuer's own id for them; null until then. */
  readonly issuer: string | null;
  readonly subject: string | null;
  readonly joinedAtMs: number | null;
  /** Within an hour or so. */
  readonly lastSeenAtMs: number | null;
};

/** A person whom an issuer vouches for, as an edge found out from a verified token. */
export type VerifiedIdentity = {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  /** Null when the issuer has not checked it. */
  readonly email: string | null;
};

/** Uses of the same member are noted this often at most. */
export const lastSeenGrainMs = 60 * 60 * 1000;

/** RFC 5321's longest address; what stands before and behind the sign is the mail server's business. */
const emailText = /^(?=.{3,254}$)[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u;

/** The address in the form in which it is compared. */
export function readEmail(text: string): Result<string> {
  if (emailText.test(text)) return ok(text.toLowerCase());
  return failed('INVALID_REQUEST', 'email is an address such as ann@example.com.', { field: 'email' });
}
