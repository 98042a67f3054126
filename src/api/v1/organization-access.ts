import { failed } from '../../errors/result.ts';
import type { Actor, OrganizationRpc } from '../../tenancy/organization-rpc.ts';
import { problemAnswer } from '../problem.ts';
import type { ApiContext, Handler } from '../services.ts';

/** What only a platform with credentials has, asked of an open one. */
export const withoutCredentials = failed(
  'SECURITY_DISABLED',
  'This platform runs open: it has no organizations, keys or ACLs. Start it with --auth to have them.',
);

/** Handlers of what only a platform with credentials has; an open one says so. */
export function withCredentials<const Handlers extends Record<string, Handler>>(handlers: Handlers): Handlers {
  const guarded = Object.entries(handlers).map(([id, handler]): [string, Handler] => [
    id,
    (c) => (c.env.principal.kind === 'anonymous' ? problemAnswer(withoutCredentials.error) : handler(c)),
  ]);
  return Object.fromEntries(guarded) as Handlers;
}

/** The organization of the credential; no other can be named. */
export function organizationOf(c: Pick<ApiContext, 'env'>): OrganizationRpc {
  return c.env.tenancy.organization(c.env.principal.orgId);
}

/** On whose behalf a change is made. */
export function actorOf(c: Pick<ApiContext, 'env'>): Actor {
  const { principal } = c.env;
  return { principal, host: principal.host ?? null };
}
