import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';

/** The longest host name with its scheme and port. */
const maxOriginLength = 270;

/**
 * Checks the origins whose pages may use an organization's credentials: exactly as a browser sends them. No wildcard: a
 * page that may act for somebody is named.
 */
export function checkOrigins(origins: readonly string[]): Result<readonly string[]> {
  const max = limits.corsOriginsPerOrganization.value;
  if (origins.length > max) return refused(`an organization has at most ${max} of them`);
  const bad = origins.find((origin) => !isOrigin(origin));
  if (bad === undefined) return ok([...new Set(origins)]);
  return refused(`${JSON.stringify(bad.slice(0, 100))} is none: write https://example.com, without a path or a slash`);
}

/** `http:` is for pages on this machine alone: elsewhere anybody on the way could put words into the page. */
function isOrigin(text: string): boolean {
  if (text.length > maxOriginLength || text.includes('*') || !URL.canParse(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  const isLoopback = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  return origin === text && (protocol === 'https:' || (protocol === 'http:' && isLoopback));
}

function refused(rule: string): Result<never> {
  return failed('INVALID_REQUEST', `The CORS origins cannot be these: ${rule}.`, { field: 'cors_origins' });
}
