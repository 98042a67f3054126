import { isLoopbackOrigin } from './guard.ts';
import type { Arrival } from './platform.ts';
import { dataHeaders } from './security-headers.ts';

/** Request headers a page may send. */
const allowedRequestHeaders =
  'accept, authorization, content-type, idempotency-key, last-event-id, millrace-cluster, prefer';

/** Answer headers a page may read besides the ones every page may. */
export const exposedHeaders = [
  'location',
  'retry-after',
  'allow',
  'www-authenticate',
  'millrace-budget',
  'millrace-cost',
  'millrace-next-offset',
  'millrace-high-watermark',
  'millrace-log-start-offset',
] as const;

/** How long a browser remembers a preflight: Chromium's own upper bound. */
const preflightMaxAgeS = 7200;

/** True for the question a browser asks before it sends a page's request. */
export function isPreflight(request: Request): boolean {
  return (
    request.method === 'OPTIONS' &&
    request.headers.has('origin') &&
    request.headers.has('access-control-request-method')
  );
}

/**
 * Answers a preflight without calling any object. In open mode the guard has passed the origin. In closed mode any page
 * is told that it may ask, since the question comes without a credential: what it cannot do is ask with a credential it
 * has not got, or read an answer when its origin is none of the organization's.
 */
export function preflightAnswer(origin: string, allowedMethods: readonly string[]): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...dataHeaders,
      'access-control-allow-origin': origin,
      'access-control-allow-methods': allowedMethods.join(', '),
      'access-control-allow-headers': allowedRequestHeaders,
      'access-control-max-age': String(preflightMaxAgeS),
      vary: 'Origin',
    },
  });
}

/** Lets the page that asked read the answer: its exact origin is echoed, never a wildcard, and never credentials. */
export function withCors(response: Response, arrival: Arrival, origin: string | null): Response {
  if (origin === null || response.status === 101 || response.headers.has('access-control-allow-origin'))
    return response;
  if (!mayRead(arrival, origin)) return response;
  const headers = new Headers(response.headers);
  headers.set('access-control-allow-origin', origin);
  headers.set('access-control-expose-headers', exposedHeaders.join(', '));
  headers.append('vary', 'Origin');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/** Before it is known who asks, an answer has nothing in it that is not everyone's, such as that a token has expired. */
function mayRead({ platform, principal }: Arrival, origin: string): boolean {
  if (platform.mode === 'open') return isLoopbackOrigin(origin);
  return principal === null || principal.origins.includes(origin);
}
