import { type Failure, failed, type Result } from '../../errors/result.ts';
import { admit } from '../admission.ts';
import { isPreflight, preflightAnswer } from '../cors.ts';
import { negotiate } from '../media-types.ts';
import { labelText, metrics } from '../metrics.ts';
import type { OperationAuthorization } from '../openapi/authorization.ts';
import type { Arrival } from '../platform.ts';
import { challenge, thrownFailure } from '../problem.ts';
import { meteredAnswer } from '../quota-use.ts';
import { dataHeaders } from '../security-headers.ts';
import { countSent } from '../sent-records.ts';
import { measuredWrites, withWriteCost } from '../write-cost-header.ts';
import { v2Authorizations, v3Authorizations } from './authorizations.ts';
import { type RestVersion, toRestError } from './error-codes.ts';
import { metadataTypes } from './media-types.ts';
import { refused } from './refusal.ts';
import { emptyRestAnswer } from './rest-answer.ts';
import type { RestCall, RestHandler } from './rest-call.ts';
import type { RestOperation } from './rest-operation.ts';
import { type FoundRoute, RouteTable } from './route-table.ts';
import { v2Handlers } from './v2/handlers.ts';
import { v2Operations } from './v2/operations.ts';
import { v3Handlers } from './v3/handlers.ts';
import { v3Operations } from './v3/operations.ts';

type Route = {
  /** `v3.createTopic`: as the audit log names it. */
  readonly id: string;
  readonly operation: RestOperation;
  readonly authorization: OperationAuthorization;
  readonly handler: RestHandler;
  readonly version: RestVersion;
};

const routes = new RouteTable<Route>();
for (const id of Object.keys(v2Operations) as (keyof typeof v2Operations)[]) {
  mount(`v2.${id}`, v2Operations[id], v2Authorizations[id], v2Handlers[id], 'v2');
}
for (const id of Object.keys(v3Operations) as (keyof typeof v3Operations)[]) {
  mount(`v3.${id}`, v3Operations[id], v3Authorizations[id], v3Handlers[id], 'v3');
}

function mount(
  id: string,
  operation: RestOperation,
  authorization: OperationAuthorization,
  handler: RestHandler,
  version: RestVersion,
): void {
  routes.add(operation.method, operation.path, { id, operation, authorization, handler, version });
}

/** Confluent Server has v3 under this prefix besides, and clients of its are told to use it. */
const alternativePrefix = '/kafka/v3';

/**
 * Answers a request of the REST Proxy that the guard has passed, whatever it is. `prefix` is where the door stands: ''
 * at the root of a port of its own, `/rest-proxy` under the main door.
 */
export async function answerRestProxy(
  request: Request,
  prefix: string,
  arrival: Arrival,
  context: ExecutionContext | undefined,
): Promise<Response> {
  const { origin, pathname } = new URL(request.url);
  const below = pathname.slice(prefix.length);
  const path = below.startsWith(alternativePrefix) ? below.slice('/kafka'.length) : below;
  const version = versionOf(path);
  const found = routes.find(path);
  if (found === null) {
    return refusal(failed('ROUTE_NOT_FOUND', `There is no route ${below.slice(0, 200) || '/'}.`).error, version);
  }
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (method === 'OPTIONS') return optionsAnswer(request, allowedMethods(found));
  const route = found.targets.get(method);
  const isRefusedHead = request.method === 'HEAD' && route?.operation.hasEffect === true;
  if (route === undefined || isRefusedHead) return wrongMethod(request, found, version);
  const admitted = await admit(arrival, request, route, (name) => found.parameters[name] ?? '');
  if (!admitted.ok) {
    noteRefusal(arrival, route, path, admitted.error.code.endsWith('_AUTHORIZATION_FAILED'));
    return counted(route, refusal(admitted.error, version));
  }
  const contentType = negotiate(request.headers, route.operation.produces ?? metadataTypes[version]);
  if (!contentType.ok) return counted(route, refusal(contentType.error, version));
  const cost = measuredWrites(request, admitted.value);
  const answered = await answerRoute(route, {
    request,
    services: admitted.value,
    sent: (records, bytes) => countSent(arrival, records, bytes),
    context,
    base: `${origin}${prefix}`,
    path: found.parameters,
    contentType: contentType.value,
  });
  const answer = withWriteCost(answered, cost);
  noteRefusal(arrival, route, path, answer.status === 403);
  const { spendFetchBytes } = arrival;
  if (request.method !== 'HEAD') {
    return counted(route, spendFetchBytes === null ? answer : meteredAnswer(answer, spendFetchBytes));
  }
  await answer.body?.cancel();
  return counted(route, new Response(null, answer));
}

/** The answer to a failure, in the words of the version; `contentType` is what was negotiated, if it came to that. */
export function refusal(failure: Failure, version: RestVersion, contentType = metadataTypes[version][0]): Response {
  const { status, body } = toRestError(failure, version);
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': contentType, ...dataHeaders, ...(status === 401 ? challenge : {}) },
  });
}

export const versionOf = (path: string): RestVersion => (/^(?:\/kafka)?\/v3(?:\/|$)/.test(path) ? 'v3' : 'v2');

function noteRefusal({ platform, principal }: Arrival, { id }: Route, path: string, isRefused: boolean): void {
  if (isRefused && principal !== null) platform.refused(principal, id, path);
}

async function answerRoute({ operation, handler, version }: Route, call: RestCall): Promise<Response> {
  const isEmbedded = operation.produces !== undefined;
  const errorType = isEmbedded ? metadataTypes[version][0] : call.contentType;
  let answer: Result<Response>;
  try {
    answer = checkCluster(call) ?? (await handler(call));
  } catch (thrown) {
    const failure = thrownFailure(thrown, { method: operation.method, route: operation.path });
    return refusal(failure, version, errorType);
  }
  return answer.ok ? answer.value : refusal(answer.error, version, errorType);
}

/** Everything of v3 is in a cluster, and a door serves one. */
function checkCluster({ path, services }: RestCall) {
  const { cluster_id: asked } = path;
  if (asked === undefined || asked === services.cluster.clusterId) return null;
  const shown = JSON.stringify(asked.slice(0, 64));
  return refused(404, 'ROUTE_NOT_FOUND', `Cluster ${shown} cannot be found; GET /v3/clusters lists those there are.`);
}

function wrongMethod(request: Request, found: FoundRoute<Route>, version: RestVersion): Response {
  const allowed = allowedMethods(found).join(', ');
  const answer = refusal(
    failed('METHOD_NOT_ALLOWED', `The route takes ${allowed}, not ${request.method}.`).error,
    version,
  );
  answer.headers.set('allow', allowed);
  return answer;
}

function allowedMethods({ targets }: FoundRoute<Route>): readonly string[] {
  const withHead = [...targets].flatMap(([method, { operation }]) =>
    method === 'GET' && operation.hasEffect === undefined ? ['GET', 'HEAD'] : [method],
  );
  return withHead.concat('OPTIONS');
}

function optionsAnswer(request: Request, allowed: readonly string[]): Response {
  const origin = request.headers.get('origin');
  if (origin !== null && isPreflight(request)) return preflightAnswer(origin, allowed);
  const answer = emptyRestAnswer().value;
  answer.headers.set('allow', allowed.join(', '));
  return answer;
}

function counted({ operation: { method, path } }: Route, answer: Response): Response {
  const labels = labelText({ method, route: `/rest-proxy${path}`, status: answer.status });
  metrics.countLabelled('millrace_requests_total', labels, 1);
  return answer;
}
