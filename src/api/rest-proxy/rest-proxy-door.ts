import { withCors } from '../cors.ts';
import { guardRequest } from '../guard.ts';
import { withSecurityHeaders } from '../security-headers.ts';
import type { Services } from '../services.ts';
import { answerRestProxy, refusal, versionOf } from './rest-proxy.ts';

/** The REST Proxy at the root of a port of its own, where existing clients look for it. */
export async function fetchRestProxy(
  request: Request,
  services: Services,
  context?: ExecutionContext,
): Promise<Response> {
  const guarded = guardRequest(request);
  if (!guarded.ok) return refusal(guarded.error, versionOf(new URL(request.url).pathname));
  const answer = await answerRestProxy(request, '', services, context);
  return withCors(withSecurityHeaders(answer), request.headers.get('origin'));
}
