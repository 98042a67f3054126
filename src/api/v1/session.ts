import {
  anyResource,
  clusterResource,
  organizationResource,
  type ResourceType,
} from '../../authorization/acl-binding.ts';
import { type Access, mayAccess } from '../../authorization/authorize.ts';
import { type SessionJson, type SessionRight, sessionRights } from '../../contracts/session.ts';
import { jsonAnswer } from '../answers.ts';
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
  if (!query.ok) return problemAnswer(query.error);
  const { principal } = c.env;
  return jsonAnswer({
    mode: principal.kind === 'anonymous' ? 'open' : 'closed',
    organization_id: principal.orgId,
    cluster_id: principal.clusterId,
    principal: principal.id,
    kind: principal.kind,
    expires_at: principal.expiresAtMs,
    rights: sessionRights.filter((right) => mayAccess(principal, accessOf[right])),
  } satisfies SessionJson);
};

export const sessionHandlers = { describeSession } as const satisfies Record<string, Handler>;
