import { checkAccess } from '../../authorization/access-check.ts';
import { type AclBinding, aclOperations, clusterResource, resourceTypes } from '../../authorization/acl-binding.ts';
import type { AclFilter } from '../../authorization/acl-filter.ts';
import { authorize } from '../../authorization/authorize.ts';
import type { Principal } from '../../authorization/principal.ts';
import { type AclExplainedJson, type AclListJson, aclCreateSchema, aclExplainSchema } from '../../contracts/acls.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import { aclJson, bindingOf } from '../acl-json.ts';
import { emptyAnswer, jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { oneOf, readQuery, text } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { ApiContext, Handler } from '../services.ts';
import { actorOf, organizationOf, withCredentials } from './organization-access.ts';

const createAcls: Handler = async (c) => {
  const body = await readJson(c.req.raw, aclCreateSchema);
  if (!body.ok) return problemAnswer(body.error);
  const created = await organizationOf(c).createAcls(c.env.principal.orgId, actorOf(c), body.value.acls.map(bindingOf));
  return created.ok ? emptyAnswer(204) : problemAnswer(created.error);
};

const listAcls: Handler = async (c) => {
  const filter = readFilter(c.req.url);
  if (!filter.ok) return problemAnswer(filter.error);
  const { orgId, clusterId } = c.env.principal;
  const listed = await organizationOf(c).listAcls(orgId, clusterId, filter.value);
  return listed.ok ? aclsAnswer(listed.value) : problemAnswer(listed.error);
};

const deleteAcls: Handler = async (c) => {
  const filter = readFilter(c.req.url);
  if (!filter.ok) return problemAnswer(filter.error);
  if (Object.values(filter.value).every((value) => value === null)) return problemAnswer(emptyFilter.error);
  const deleted = await organizationOf(c).deleteAcls(c.env.principal.orgId, actorOf(c), filter.value);
  return deleted.ok ? aclsAnswer(deleted.value) : problemAnswer(deleted.error);
};

const emptyFilter = failed(
  'INVALID_REQUEST',
  'Say which ACLs are to be deleted: give at least one of principal, host, operation, permission, resource_type, resource_name and pattern_type.',
);

const explainAcl: Handler = async (c) => {
  const body = await readJson(c.req.raw, aclExplainSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { principal: asked, operation, resource_type, resource_name, host } = body.value;
  const principal = asked === undefined ? ok(c.env.principal) : await principalOf(c, asked);
  if (!principal.ok) return problemAnswer(principal.error);
  const from = host ?? principal.value.host;
  const { allowed, reason, rule } = authorize(
    { ...principal.value, host: from },
    { operation, resourceType: resource_type, resourceName: resource_name },
  );
  return jsonAnswer({
    principal: principal.value.id,
    allowed,
    reason,
    rule: rule === null ? null : aclJson(rule),
  } satisfies AclExplainedJson);
};

async function principalOf(c: ApiContext, principalId: string): Promise<Result<Principal>> {
  const { principal } = c.env;
  const access = { operation: 'DESCRIBE', resourceType: 'CLUSTER', resourceName: clusterResource } as const;
  const checked = checkAccess(principal, access);
  if (!checked.ok) return checked;
  return organizationOf(c).principalOf(principal.orgId, principal.clusterId, principalId);
}

const filterText = text({ min: 1, max: 400, absent: undefined });

const filterQuery = {
  principal: filterText,
  host: filterText,
  operation: oneOf(aclOperations, undefined),
  permission: oneOf(['ALLOW', 'DENY'], undefined),
  resource_type: oneOf(resourceTypes, undefined),
  resource_name: filterText,
  pattern_type: oneOf(['LITERAL', 'PREFIXED'], undefined),
};

function readFilter(url: string): Result<AclFilter> {
  const query = readQuery(url, filterQuery);
  if (!query.ok) return query;
  const { principal, host, operation, permission, resource_type, resource_name, pattern_type } = query.value;
  return ok({
    principal: principal ?? null,
    host: host ?? null,
    operation: operation ?? null,
    permission: permission ?? null,
    resourceType: resource_type ?? null,
    resourceName: resource_name ?? null,
    patternType: pattern_type ?? null,
  });
}

function aclsAnswer(bindings: readonly AclBinding[]): Response {
  return jsonAnswer({ acls: bindings.map(aclJson) } satisfies AclListJson);
}

export const aclHandlers = withCredentials({ createAcls, listAcls, deleteAcls, explainAcl });
