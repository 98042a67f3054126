import { failed, ok, type Result } from '../errors/result.ts';
import { isDashboardPath } from './dashboard.ts';

/**
 * The open mode has no credentials, and any web page the developer visits can make their browser speak to loopback.
 * So every door asks here first: the request must be addressed to loopback (which defeats DNS rebinding) and come
 * from a loopback page or from no page at all.
 */
export type GuardedRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
};

const loopbackAuthority = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;
const loopbackOrigin = /^https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

/**
 * Pages a link on another site may open: documentation, and the dashboard, whose page is the same for every address.
 * The other site cannot read them.
 */
const openablePaths: ReadonlySet<string> = new Set(['/', '/docs', '/docs/errors']);

/** True for `http://localhost:3000` and the like: an origin that may call, and that CORS answers name. */
export function isLoopbackOrigin(origin: string): boolean {
  return loopbackOrigin.test(origin);
}

/** Refuses what another site's page could have sent. */
export function guardRequest(request: GuardedRequest): Result<null> {
  const authority = authorityOf(request.url);
  const host = request.headers.get('host') ?? authority;
  if (!loopbackAuthority.test(host)) return refused('Host', host);
  if (!loopbackAuthority.test(authority)) return refused('Host', authority);

  const origin = request.headers.get('origin');
  if (origin !== null) return isLoopbackOrigin(origin) ? ok(null) : refused('Origin', origin);

  if (request.headers.get('sec-fetch-site') === 'cross-site' && !isPageNavigation(request)) {
    return refused('Sec-Fetch-Site', 'cross-site');
  }
  return ok(null);
}

/** The emulator's own endpoints stand under this prefix; nothing of them is part of the platform. */
export function isRuntimePath(path: string): boolean {
  return path === '/cdn-cgi' || path.startsWith('/cdn-cgi/');
}

function isPageNavigation(request: GuardedRequest): boolean {
  if (request.method !== 'GET') return false;
  if (request.headers.get('sec-fetch-mode') !== 'navigate') return false;
  if (request.headers.get('sec-fetch-dest') !== 'document') return false;
  const { pathname } = new URL(request.url);
  return openablePaths.has(pathname) || isDashboardPath(pathname);
}

function authorityOf(url: string): string {
  const start = url.indexOf('://') + 3;
  const end = url.indexOf('/', start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}

function refused(header: string, value: string): Result<null> {
  return failed(
    'ORIGIN_REFUSED',
    `${header} "${value.slice(0, 200)}" may not speak to this platform: it runs without credentials, so it answers only requests to 127.0.0.1, localhost or [::1], from pages served there or from programs.`,
    { header },
  );
}
