import { ok } from '../../errors/result.ts';
import { withBudget } from '../budget-header.ts';
import { withCors } from '../cors.ts';
import { guardRequest } from '../guard.ts';
import { arrivalAt, type Platform } from '../platform.ts';
import { withSecurityHeaders } from '../security-headers.ts';
import { answerRestProxy, refusal, versionOf } from './rest-proxy.ts';

/** The REST Proxy at the root of a port of its own, where existing clients look for it. */
export async function fetchRestProxy(
  request: Request,
  platform: Platform,
  context?: ExecutionContext,
): Promise<Response> {
  const guarded = platform.mode === 'open' ? guardRequest(request) : ok(null);
  if (!guarded.ok) return refusal(guarded.error, versionOf(new URL(request.url).pathname));
  const arrival = arrivalAt(platform, request);
  const answer = await answerRestProxy(request, '', arrival, context);
  return withCors(withBudget(withSecurityHeaders(answer), arrival), arrival, request.headers.get('origin'));
}
