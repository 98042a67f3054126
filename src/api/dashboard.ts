import { failed } from '../errors/result.ts';
import { problemAnswer } from './problem.ts';
import { dataHeaders } from './security-headers.ts';

/** Where the dashboard stands; every address of a view of it begins so. */
export const dashboardPrefix = '/dashboard';

/** The files of the built dashboard, as the platform's own static assets serve them by path. */
export type DashboardFiles = (path: string) => Promise<Response>;

/**
 * Scripts, styles and calls of this origin alone: a record that is shown can run nothing, and nothing loads from
 * elsewhere. A WebSocket to the own origin needs a name of its own in browsers that do not count it as 'self'.
 */
function contentSecurityPolicy(host: string): string {
  const own = `'self' ws://${host} wss://${host}`;
  return `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; worker-src 'self'; connect-src ${own}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

/** Names of the build's own files carry a hash of what is in them. */
const hashedFile = /^\/assets\//;
/** Addresses of views have two parts or more, an organization's id first, and names of topics may end as files do. */
const buildFile = /^\/(?:assets\/[^/]+|[^/]+\.[a-z]+)$/;

/** True for `/dashboard`, what is under it, and either with a query. */
export function isDashboardPath(path: string): boolean {
  return path.startsWith(dashboardPrefix) && /^[/?#]?$/.test(path.charAt(dashboardPrefix.length));
}

/** Answers a page, which is the same file for every view's address, or a file of the build. */
export async function answerDashboard(request: Request, files: DashboardFiles | null): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return problemAnswer(failed('METHOD_NOT_ALLOWED', 'The dashboard takes GET and HEAD.').error, {
      allow: 'GET, HEAD',
    });
  }
  const { pathname, host } = new URL(request.url);
  if (files === null) {
    return problemAnswer(
      failed('ROUTE_NOT_FOUND', 'This platform runs without its dashboard; "npm run build" makes it.').error,
    );
  }
  const path = pathname.slice(dashboardPrefix.length);
  const isFile = buildFile.test(path);
  const found = await files(isFile ? path : '/');
  if (!found.ok && isFile) {
    await found.body?.cancel();
    return problemAnswer(failed('ROUTE_NOT_FOUND', `The dashboard has no file ${path.slice(0, 200)}.`).error);
  }
  const headers = new Headers({
    ...dataHeaders,
    'content-type': found.headers.get('content-type') ?? 'application/octet-stream',
    'cache-control': hashedFile.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': contentSecurityPolicy(host),
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  });
  return new Response(request.method === 'HEAD' ? null : found.body, { status: found.status, headers });
}
