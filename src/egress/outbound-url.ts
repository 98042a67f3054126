import { failed, ok, type Result } from '../errors/result.ts';

/** Longer than any address of an issuer or a webhook; browsers and servers refuse longer ones too. */
const maxUrlLength = 2_048;

/** Names that resolve inside a network, or not at all (RFC 6761, RFC 6762, RFC 7686, RFC 8375, ICANN's name collisions). */
const closedSuffixes = [
  ...['localhost', 'localdomain', 'local', 'internal', 'intranet', 'private', 'lan', 'home', 'corp', 'mail', 'svc'],
  ...['default', 'cluster', 'consul', 'test', 'invalid', 'onion', 'alt', 'arpa'],
];

/** What a name is made of once it is in its normal form; punycode is such a name too. */
const nameText = /^(?=.{4,253}$)([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+[a-z]([a-z\d-]{0,61}[a-z\d])$/;

/**
 * Reads a URL that the platform is asked to call on somebody's behalf. It must be https on port 443, of a public name:
 * an address in any notation is refused, as is a name that means something inside a network, or the platform itself
 * (`ownHosts`, with all below them). What a name resolves to is checked where it is called.
 */
export function readOutboundUrl(text: string, ownHosts: readonly string[]): Result<URL> {
  if (text.length > maxUrlLength) return refused(`has at most ${maxUrlLength} characters`);
  // The parser drops some of these and turns others into slashes, so that people and machines would read differently.
  if (!/^[!-~]+$/.test(text) || text.includes('\\')) return refused('is written in visible ASCII, without a backslash');
  if (!/^https:\/\/[^/]/i.test(text) || !URL.canParse(text)) return refused('is https://, a name and a path');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || text.split('/')[2]?.includes('@')) return refused('names no user');
  if (url.port !== '') return refused('has no port of its own: it is called on 443');
  if (url.hash !== '' || text.includes('#')) return refused('has no fragment');
  const host = url.hostname;
  if (!nameText.test(host)) return refused('has a full domain name, and no address in its place');
  const isOf = (parent: string) => host === parent || host.endsWith(`.${parent}`);
  if (closedSuffixes.some(isOf)) return refused('has a public name, not one that is known inside a network only');
  if (ownHosts.some(isOf)) return refused('is not of this platform');
  return ok(url);
}

/** Whether a URL is plain http of the machine itself, on whatever port. */
export function isLoopbackUrl(text: string): boolean {
  if (text.length > maxUrlLength || !/^http:\/\/[!-~]+$/.test(text) || !URL.canParse(text)) return false;
  const { hostname, username, password } = new URL(text);
  return username === '' && password === '' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

function refused(rule: string): Result<URL> {
  return failed('INVALID_REQUEST', `An address that the platform calls ${rule}.`);
}
