import type { Principal } from '../authorization/principal.ts';
import { decodePrincipal, encodePrincipal } from '../authorization/principal-text.ts';
import { assert } from '../errors/assert.ts';
import { openPrincipal } from '../gateway/open-credentials.ts';

/** How open mode's principal, which needs no words, is kept. */
const openText = '';

/** A session's principal as its attachment keeps it; how long it may be was seen to when the socket was opened. */
export function principalText(principal: Principal): string {
  if (principal.kind === 'anonymous') return openText;
  const text = encodePrincipal(principal);
  assert(text.ok, 'a principal that a socket was opened for can be kept with it');
  return text.value;
}

/** Reads {@link principalText} back. */
export function principalOfText(text: string): Principal {
  return text === openText ? openPrincipal : decodePrincipal(text);
}
