/** What a token says of itself: its second part, as text that nothing was taken from. */
export function claimsOf(token: string): string {
  const [, body = ''] = token.split('.');
  const binary = atob(body.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return JSON.stringify(JSON.parse(new TextDecoder().decode(bytes)), null, 2);
}
