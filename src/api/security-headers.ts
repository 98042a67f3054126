/**
 * The headers every answer carries. They are given to the Response when it is made, because changing headers
 * afterwards costs more than all the routing of a request.
 */
export const dataHeaders = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const;

/** Pages are static HTML with one stylesheet of our own: nothing else may load, run, embed them or be embedded. */
export const pageHeaders = {
  ...dataHeaders,
  'content-security-policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** Adds what an answer made elsewhere (a pass-through, a stream) lacks; answers made here have it already. */
export function withSecurityHeaders(response: Response): Response {
  // An accepted WebSocket must travel as the object it is.
  if (response.status === 101 || response.headers.has('x-content-type-options')) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(dataHeaders)) if (!headers.has(name)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
