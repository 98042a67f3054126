import { isLoopbackOrigin } from './guard.ts';
import { dataHeaders } from './security-headers.ts';

/** Request headers a page may send. */
const allowedRequestHeaders = 'accept, content-type, idempotency-key, last-event-id, millrace-cluster';

/** Answer headers a page may read besides the ones every page may. */
export const exposedHeaders = [
  'location',
  'retry-after',
  'allow',
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

/** Answers a preflight without calling any object. The guard has passed the origin. */
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
export function withCors(response: Response, origin: string | null): Response {
  if (origin === null || response.status === 101 || response.headers.has('access-control-allow-origin'))
    return response;
  if (!isLoopbackOrigin(origin)) return response;
  const headers = new Headers(response.headers);
  headers.set('access-control-allow-origin', origin);
  headers.set('access-control-expose-headers', exposedHeaders.join(', '));
  headers.append('vary', 'Origin');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
