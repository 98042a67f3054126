import { checkAccess } from '../authorization/access-check.ts';
import { nobody, type Principal } from '../authorization/principal.ts';
import type { QuotaUse } from '../authorization/quota-gate.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import type { OperationAuthorization } from './openapi/authorization.ts';
import type { Arrival } from './platform.ts';
import { answeringPushed, quotaUseOf, topicOf } from './quota-use.ts';
import type { Services } from './services.ts';

/**
 * Lets a request into an operation: finds out who asks, checks that they may, and gives the handler the services of
 * their cluster. `parameter` gives the decoded parameters of the path.
 */
export async function admit(
  arrival: Arrival,
  request: Request,
  { id, authorization }: AdmittedOperation,
  parameter: (name: string) => string,
): Promise<Result<Services>> {
  const { platform } = arrival;
  const host = platform.mode === 'open' ? undefined : platform.hostOf(request);
  if (authorization.kind === 'public') return ok(platform.services(host === undefined ? nobody : { ...nobody, host }));
  const resolved = await platform.credentials.resolve(request, host);
  if (!resolved.ok) return resolved;
  const principal = host === undefined ? resolved.value : { ...resolved.value, host };
  arrival.principal = principal;
  const origin = checkSocketOrigin(arrival, request, principal);
  if (!origin.ok) return origin;
  const checked = checkAuthorization(principal, authorization, parameter);
  if (!checked.ok) return checked;
  if (principal.quotas !== undefined) {
    const counted = await countUse(arrival, principal, id, quotaUseOf(id, authorization, request, parameter));
    if (!counted.ok) return counted;
  }
  platform.usage.count(principal, topicOf(authorization, parameter), { requests: 1 });
  return ok(platform.services(principal));
}

/** An operation of any HTTP door; the REST Proxy's ids begin with their version. */
export type AdmittedOperation = { readonly id: string; readonly authorization: OperationAuthorization };

async function countUse(
  arrival: Arrival,
  principal: Principal,
  id: string,
  use: QuotaUse | null,
): Promise<Result<null>> {
  if (use === null) return ok(null);
  const { quotas } = arrival.platform;
  const { topic, isFetch } = use;
  if (isFetch && !answeringPushed.has(id))
    arrival.spendFetchBytes = (bytes) => quotas.spendFetchBytes(principal, topic, bytes);
  return quotas.admit(principal, use);
}

function checkAuthorization(
  principal: Principal,
  authorization: Exclude<OperationAuthorization, { kind: 'public' }>,
  parameter: (name: string) => string,
): Result<null> {
  switch (authorization.kind) {
    case 'credential':
      return ok(null);
    case 'operator':
      if (principal.kind === 'operator' || principal.kind === 'anonymous') return ok(null);
      return failed('CLUSTER_AUTHORIZATION_FAILED', 'This is for the operator of the platform alone.');
    case 'access': {
      const { operation, resourceType, resource } = authorization;
      const resourceName = 'name' in resource ? resource.name : parameter(resource.parameter);
      return checkAccess(principal, { operation, resourceType, resourceName });
    }
  }
}

/**
 * A browser asks nobody before it opens a WebSocket, so the door itself turns away pages of unknown origins. Pages of the
 * platform itself, which are the dashboard's, are none of them.
 */
function checkSocketOrigin({ platform }: Arrival, request: Request, principal: Principal): Result<null> {
  if (platform.mode === 'open' || !request.headers.has('upgrade')) return ok(null);
  const origin = request.headers.get('origin');
  if (origin === null || origin === new URL(request.url).origin || principal.origins.includes(origin)) return ok(null);
  return failed(
    'ORIGIN_REFUSED',
    `Pages of ${origin.slice(0, 200)} may not open sockets: it is none of the organization's origins.`,
    { header: 'Origin' },
  );
}
