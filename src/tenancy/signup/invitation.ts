import { failed, ok, type Result } from '../../errors/result.ts';
import type { Signer } from '../../platform/signer.ts';
import { type RandomBytes, randomBase62 } from '../base62.ts';

/** `expiresAtMs` in ms since 1970. */
export type Invitation = { readonly id: string; readonly expiresAtMs: number };

/** Letters of an id: nobody meets one by trying, and no two are the same. */
const idLetters = 16;

const form = /^mri_([0-9A-Za-z]{16})_([0-9a-z]{1,10})_([\w-]{20,100})$/;

/**
 * The text of a new invitation. It proves by itself that this platform issued it and when it ends, so that none is stored
 * before it is used, and an invented one is refused without any object being asked.
 */
export function issueInvitation(expiresAtMs: number, randomBytes: RandomBytes, signer: Signer): string {
  const body = `mri_${randomBase62(idLetters, randomBytes)}_${expiresAtMs.toString(36)}`;
  return `${body}_${signer.sign(signedTextOf(body))}`;
}

/** Reads an invitation; SIGNUP_REFUSED for one that this platform never issued, or that is over. */
export function readInvitation(text: string, signer: Signer, nowMs: number): Result<Invitation> {
  const [, id, expires, signature] = form.exec(text) ?? [];
  if (id === undefined || expires === undefined || signature === undefined) return unknownInvitation();
  if (!signer.verify(signedTextOf(`mri_${id}_${expires}`), signature)) return unknownInvitation();
  const expiresAtMs = Number.parseInt(expires, 36);
  if (expiresAtMs <= nowMs) {
    return failed('SIGNUP_REFUSED', 'The invitation is over; ask the operator of the platform for another.');
  }
  return ok({ id, expiresAtMs });
}

const unknownInvitation = () =>
  failed('SIGNUP_REFUSED', 'The invitation is none that this platform has issued; copy all of it.');

/** No other text that the platform signs begins so. */
const signedTextOf = (body: string): string => `invitation:${body}`;
