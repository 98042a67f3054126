import { type Context, Hono } from 'hono';
import { failed, ok } from '../errors/result.ts';
import { admit } from './admission.ts';
import { emptyAnswer } from './answers.ts';
import { withBudget } from './budget-header.ts';
import { isPreflight, preflightAnswer, withCors } from './cors.ts';
import { answerDashboard, isDashboardPath } from './dashboard.ts';
import { guardRequest, isRuntimePath } from './guard.ts';
import { handlers } from './handlers.ts';
import { labelText, metrics } from './metrics.ts';
import type { Operation } from './openapi/operation.ts';
import { operationIds, operations } from './openapi/operations.ts';
import { type Arrival, arrivalAt, type Platform } from './platform.ts';
import { bearerChallenge, problemAnswer, thrownAnswer } from './problem.ts';
import { meteredAnswer } from './quota-use.ts';
import { answerRestProxy } from './rest-proxy/rest-proxy.ts';
import { allowedMethods } from './route-match.ts';
import { withSecurityHeaders } from './security-headers.ts';
import { countSent } from './sent-records.ts';
import type { ApiContext, ApiEnv, Handler, Services } from './services.ts';
import { measuredWrites, withWriteCost } from './write-cost-header.ts';

/** The HTTP API as the Worker calls it: one answer for every request, whatever it is. */
export type Api = {
  fetch(request: Request, platform: Platform, context?: ExecutionContext): Promise<Response>;
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
  for (const id of operationIds) mount(router, id, operations[id], handlers[id]);
  router.notFound((c) => unroutedAnswer(c.req.method, c.req.path));

  return {
    router,
    async fetch(request, platform, context) {
      const guarded = platform.mode === 'open' ? guardRequest(request) : passed;
      if (!guarded.ok) return countedRefusal(problemAnswer(guarded.error));
      if (isDashboardPath(pathOf(request.url))) return answerDashboard(request, platform.dashboardFiles);
      const arrival = arrivalAt(platform, request);
      const answer = await answerGuarded(router, request, arrival, context);
      const shown = withoutPrompt(withBudget(withSecurityHeaders(answer), arrival), request);
      return withCors(shown, arrival, request.headers.get('origin'));
    },
  };
}

/** Closed mode takes requests from anywhere: what they may do is decided by their credential. */
const passed = ok(null);

/** Where an answer to a page offers Basic, a browser asks its user for a password by itself: pages ask in their own way. */
function withoutPrompt(answer: Response, request: Request): Response {
  if (answer.status !== 401 || !request.headers.has('sec-fetch-mode')) return answer;
  const headers = new Headers(answer.headers);
  headers.set('www-authenticate', bearerChallenge);
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers });
}

async function answerGuarded(
  router: Hono<ApiEnv>,
  request: Request,
  arrival: Arrival,
  context: ExecutionContext | undefined,
): Promise<Response> {
  if (isRestProxyUrl(request.url)) return answerRestProxy(request, restProxyPrefix, arrival, context);
  switch (request.method) {
    case 'OPTIONS':
      return optionsAnswer(request);
    case 'HEAD': {
      const answer = await router.fetch(new Request(request, { method: 'GET' }), arrival, context);
      await answer.body?.cancel();
      return new Response(null, answer);
    }
    default:
      return router.fetch(request, arrival, context);
  }
}

/** Where the REST Proxy stands under the main door; it has a port of its own besides. */
const restProxyPrefix = '/rest-proxy';

/** The path with what follows it. Asked of every request, so it looks at the URL's text alone. */
function pathOf(url: string): string {
  return url.slice(url.indexOf('/', url.indexOf('://') + 3));
}

/** Asked of every request, so it looks at the URL's text alone. */
function isRestProxyUrl(url: string): boolean {
  const path = pathOf(url);
  return path.startsWith(restProxyPrefix) && /^[/?#]?$/.test(path.charAt(restProxyPrefix.length));
}

function mount(router: Hono<ApiEnv>, id: string, operation: Operation, handler: Handler): void {
  const { method, path, authorization } = operation;
  const handsOut = handedOutBy[id];
  const labelsOf = new Map<number, string>();
  router.on(method, honoPath(path), async (c) => {
    let answer: Response;
    try {
      const admitted = await admit(c.env, c.req.raw, { id, authorization }, (name) => c.req.param(name) ?? '');
      if (admitted.ok) {
        const cost = measuredWrites(c.req.raw, admitted.value);
        answer = withWriteCost(await handler(contextOf(c, admitted.value)), cost);
      } else {
        answer = problemAnswer(admitted.error);
      }
    } catch (thrown) {
      answer = thrownAnswer(thrown, { method, route: path });
    }
    if (answer.status === 403) noteRefusal(c.env, id, c.req.path);
    if (handsOut !== undefined && answer.ok) noteHandedOut(c.env, handsOut);
    let labels = labelsOf.get(answer.status);
    if (labels === undefined) {
      labels = labelText({ method, route: path, status: answer.status });
      labelsOf.set(answer.status, labels);
    }
    metrics.countLabelled('millrace_requests_total', labels, 1);
    const { spendFetchBytes } = c.env;
    return spendFetchBytes === null ? answer : meteredAnswer(answer, spendFetchBytes);
  });
}

/** Who is not known has no organization to be written down in. */
function noteRefusal({ platform, principal }: Arrival, action: string, path: string): void {
  if (principal !== null) platform.refused(principal, action, path);
}

/** What browsers are given, or give back, by the operation that does it, as the audit log names it. */
const handedOutBy: Readonly<Record<string, string>> = {
  createToken: 'tokens.create',
  createSession: 'sessions.create',
  endSession: 'sessions.end',
};

function noteHandedOut({ platform, principal }: Arrival, action: string): void {
  if (principal !== null) platform.handedOut(principal, action, principal.keyId ?? principal.id);
}

function contextOf(c: Context<ApiEnv>, env: Services): ApiContext {
  return {
    req: c.req,
    env,
    chargeAnswer(bytes) {
      c.env.spendFetchBytes?.(bytes);
      c.env.spendFetchBytes = null;
    },
    sent: (records, bytes) => countSent(c.env, records, bytes),
    get executionCtx() {
      return c.executionCtx;
    },
  };
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

function optionsAnswer(request: Request): Response {
  const origin = request.headers.get('origin');
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
