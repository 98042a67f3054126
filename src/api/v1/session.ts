import {
  anyResource,
  clusterResource,
  organizationResource,
  type ResourceType,
} from '../../authorization/acl-binding.ts';
import { type Access, mayAccess } from '../../authorization/authorize.ts';
import type { Principal } from '../../authorization/principal.ts';
import { type SessionJson, type SessionRight, type SocketTicketJson, sessionRights } from '../../contracts/session.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import { emptyAnswer, jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import type { Handler } from '../services.ts';

const accessOf: Readonly<Record<SessionRight, Access>> = {
  'topics.create': anywhere('CREATE', 'TOPIC'),
  'topics.alter': anywhere('ALTER', 'TOPIC'),
  'topics.delete': anywhere('DELETE', 'TOPIC'),
  'records.read': anywhere('READ', 'TOPIC'),
  // Who may write to some topic may be an idempotent producer (KIP-679), so this asks for any topic at all.
  'records.write': anywhere('IDEMPOTENT_WRITE', 'CLUSTER', clusterResource),
  'groups.read': anywhere('READ', 'GROUP'),
  'groups.delete': anywhere('DELETE', 'GROUP'),
  'cluster.describe': anywhere('DESCRIBE', 'CLUSTER', clusterResource),
  'alerts.alter': anywhere('ALTER_CONFIGS', 'CLUSTER', clusterResource),
  'cluster.alter': anywhere('ALTER', 'CLUSTER', clusterResource),
  'users.describe': anywhere('DESCRIBE', 'USER'),
  'users.alter': anywhere('ALTER', 'USER'),
  'organization.describe': anywhere('DESCRIBE', 'ORGANIZATION', organizationResource),
  'organization.alter': anywhere('ALTER', 'ORGANIZATION', organizationResource),
};

function anywhere(operation: Access['operation'], resourceType: ResourceType, resourceName = anyResource): Access {
  return { operation, resourceType, resourceName };
}

const describeSession: Handler = (c) => {
  const query = readQuery(c.req.url, {});
  return query.ok ? jsonAnswer(sessionJson(c.env.principal)) : problemAnswer(query.error);
};

/** The operator has no cluster to look at, and on an open platform there is nobody to sign in. */
function checkMaySignIn({ kind }: Principal): Result<null> {
  if (kind === 'anonymous') return failed('SECURITY_DISABLED', 'This platform is open: nobody signs in.');
  if (kind !== 'operator') return ok(null);
  return failed('CLUSTER_AUTHORIZATION_FAILED', 'The operator has no cluster to be signed in to: take a key of one.');
}

const createSession: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const { principal, tenancy } = c.env;
  const may = checkMaySignIn(principal);
  if (!may.ok) return problemAnswer(may.error);
  const started = await tenancy.sessions.start(c.req.raw, principal.clusterId);
  if (!started.ok) return problemAnswer(started.error);
  const { setCookie, expiresAtMs } = started.value;
  const endsAtMs = Math.min(expiresAtMs, principal.expiresAtMs ?? expiresAtMs);
  const described = sessionJson({ ...principal, expiresAtMs: endsAtMs });
  return jsonAnswer(described, 201, { 'set-cookie': setCookie });
};

const endSession: Handler = (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const { principal, tenancy } = c.env;
  const may = checkMaySignIn(principal);
  if (!may.ok) return problemAnswer(may.error);
  return emptyAnswer(204, { 'set-cookie': tenancy.sessions.end(c.req.url, principal.clusterId) });
};

const createSocketTicket: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const { principal, tenancy } = c.env;
  const may = checkMaySignIn(principal);
  if (!may.ok) return problemAnswer(may.error);
  const made = await tenancy.sessions.ticket(c.req.raw);
  if (!made.ok) return problemAnswer(made.error);
  const { ticket, expiresAtMs } = made.value;
  return jsonAnswer({ ticket, expires_at: expiresAtMs } satisfies SocketTicketJson, 201);
};

function sessionJson(principal: Principal): SessionJson {
  return {
    mode: principal.kind === 'anonymous' ? 'open' : 'closed',
    organization_id: principal.orgId,
    cluster_id: principal.clusterId,
    principal: principal.id,
    kind: principal.kind,
    expires_at: principal.expiresAtMs,
    rights: sessionRights.filter((right) => mayAccess(principal, accessOf[right])),
  };
}

export const sessionHandlers = {
  describeSession,
  createSession,
  endSession,
  createSocketTicket,
} as const satisfies Record<string, Handler>;
