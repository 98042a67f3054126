import { Hono } from 'hono';
import { failed } from '../errors/result.ts';
import { emptyAnswer } from './answers.ts';
import { isPreflight, preflightAnswer, withCors } from './cors.ts';
import { guardRequest, isRuntimePath } from './guard.ts';
import { handlers } from './handlers.ts';
import { labelText, metrics } from './metrics.ts';
import type { Operation } from './openapi/operation.ts';
import { operationIds, operations } from './openapi/operations.ts';
import { problemAnswer, thrownAnswer } from './problem.ts';
import { answerRestProxy } from './rest-proxy/rest-proxy.ts';
import { allowedMethods } from './route-match.ts';
import { withSecurityHeaders } from './security-headers.ts';
import type { ApiEnv, Handler, Services } from './services.ts';

/** The HTTP API as the Worker calls it: one answer for every request, whatever it is. */
export type Api = {
  fetch(request: Request, services: Services, context?: ExecutionContext): Promise<Response>;
  /** The router, with exactly one route an operation. */
  readonly router: Hono<ApiEnv>;
};

/**
 * Builds the API out of the operation table and its handlers, one route an operation. Nothing is registered as
 * middleware: Hono then runs a route's handler directly, and what every request needs (guard, headers, counting) is
 * plain code around it.
 */
export function createApp(): Api {
  const router = new Hono<ApiEnv>();
  for (const id of operationIds) mount(router, operations[id], handlers[id]);
  router.notFound((c) => unroutedAnswer(c.req.method, c.req.path));

  return {
    router,
    async fetch(request, services, context) {
      const guarded = guardRequest(request);
      if (!guarded.ok) return countedRefusal(problemAnswer(guarded.error));
      const origin = request.headers.get('origin');
      const answer = await answerGuarded(router, request, services, context, origin);
      return withCors(withSecurityHeaders(answer), origin);
    },
  };
}

async function answerGuarded(
  router: Hono<ApiEnv>,
  request: Request,
  services: Services,
  context: ExecutionContext | undefined,
  origin: string | null,
): Promise<Response> {
  if (isRestProxyUrl(request.url)) return answerRestProxy(request, restProxyPrefix, services, context);
  switch (request.method) {
    case 'OPTIONS':
      return optionsAnswer(request, origin);
    case 'HEAD': {
      const answer = await router.fetch(new Request(request, { method: 'GET' }), services, context);
      await answer.body?.cancel();
      return new Response(null, answer);
    }
    default:
      return router.fetch(request, services, context);
  }
}

/** Where the REST Proxy stands under the main door; it has a port of its own besides. */
const restProxyPrefix = '/rest-proxy';

/** Asked of every request, so it looks at the URL's text alone. */
function isRestProxyUrl(url: string): boolean {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  return url.startsWith(restProxyPrefix, start) && /^[/?#]?$/.test(url.charAt(start + restProxyPrefix.length));
}

function mount(router: Hono<ApiEnv>, operation: Operation, handler: Handler): void {
  const { method, path } = operation;
  const labelsOf = new Map<number, string>();
  router.on(method, honoPath(path), async (c) => {
    let answer: Response;
    try {
      answer = await handler(c);
    } catch (thrown) {
      answer = thrownAnswer(thrown, { method, route: path });
    }
    let labels = labelsOf.get(answer.status);
    if (labels === undefined) {
      labels = labelText({ method, route: path, status: answer.status });
      labelsOf.set(answer.status, labels);
    }
    metrics.countLabelled('millrace_requests_total', labels, 1);
    return answer;
  });
}

/** What answers where no route does: nothing there at all, or nothing by that method. */
function unroutedAnswer(method: string, path: string): Response {
  const allowed = isRuntimePath(path) ? [] : allowedMethods(path);
  const refusal =
    allowed.length === 0
      ? failed('ROUTE_NOT_FOUND', `There is no route ${path.slice(0, 200)}; /docs lists all of them.`)
      : failed('METHOD_NOT_ALLOWED', `${path.slice(0, 200)} takes ${allowed.join(', ')}, not ${method}.`);
  return countedRefusal(problemAnswer(refusal.error, allowed.length === 0 ? undefined : { allow: allowed.join(', ') }));
}

function optionsAnswer(request: Request, origin: string | null): Response {
  const path = new URL(request.url).pathname;
  const allowed = allowedMethods(path);
  if (allowed.length === 0) return unroutedAnswer('OPTIONS', path);
  if (origin !== null && isPreflight(request)) return preflightAnswer(origin, allowed);
  return emptyAnswer(204, { allow: allowed.join(', ') });
}

/** Counts a request that reached no route under one label, so that invented paths cannot fill the registry. */
function countedRefusal(answer: Response): Response {
  metrics.count('millrace_requests_total', { method: '', route: '', status: answer.status });
  return answer;
}

function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
