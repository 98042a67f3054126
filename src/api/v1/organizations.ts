import {
  type ClusterDescriptionJson,
  clusterCreateSchema,
  type OrganizationFoundedJson,
  type OrganizationJson,
  type OrganizationListJson,
  organizationAlterSchema,
  organizationCreateSchema,
} from '../../contracts/organizations.ts';
import { failed } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import type {
  Actor,
  ClusterDescription,
  FoundRequest,
  OrganizationDescription,
} from '../../tenancy/organization-rpc.ts';
import { localCluster } from '../../topics/local-cluster.ts';
import { emptyAnswer, jsonAnswer } from '../answers.ts';
import { encodeCursor, pageCursor } from '../page-cursor.ts';
import { problemAnswer } from '../problem.ts';
import { integer, readQuery, text } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { ApiContext, Handler } from '../services.ts';
import { issuedKeyJson } from './api-key-json.ts';
import { actorOf, organizationOf, withCredentials } from './organization-access.ts';

const bootstrap: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const { orgId, clusterId } = localCluster;
  return foundOrganization(c, actorOf(c), { orgId, name: 'local', cluster: { clusterId, name: 'local' } });
};

const createOrganization: Handler = async (c) => {
  const body = await readJson(c.req.raw, organizationCreateSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { newId } = c.env.tenancy;
  return foundOrganization(c, actorOf(c), {
    orgId: newId(),
    name: body.value.name,
    cluster: { clusterId: newId(), name: 'main' },
  });
};

/** Founds an organization for whoever was found to be allowed to. */
export async function foundOrganization(c: ApiContext, actor: Actor, request: FoundRequest): Promise<Response> {
  const founded = await c.env.tenancy.organization(request.orgId).found(actor, request);
  if (!founded.ok) return problemAnswer(founded.error);
  const { organization, ownerKey } = founded.value;
  const answer = { organization: organizationJson(organization), owner_key: issuedKeyJson(ownerKey) };
  return jsonAnswer(answer satisfies OrganizationFoundedJson, 201);
}

const listQuery = {
  limit: integer({ min: 1, max: limits.keysPerPage.max, absent: limits.keysPerPage.value }),
  cursor: pageCursor,
};

const listOrganizations: Handler = async (c) => {
  const query = readQuery(c.req.url, listQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { limit, cursor: after } = query.value;
  const listed = await c.env.tenancy.directory.list({ after, limit });
  if (!listed.ok) return problemAnswer(listed.error);
  const { organizations, next } = listed.value;
  return jsonAnswer({
    organizations: organizations.map(({ orgId, name, state, createdAtMs, clusterIds }) => ({
      organization_id: orgId,
      name,
      state,
      created_at: createdAtMs,
      cluster_ids: [...clusterIds],
    })),
    next_cursor: next === null ? null : encodeCursor(next),
  } satisfies OrganizationListJson);
};

const describeOrganization: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const described = await organizationOf(c).describe(c.env.principal.orgId);
  return described.ok ? jsonAnswer(organizationJson(described.value)) : problemAnswer(described.error);
};

const alterOrganization: Handler = async (c) => {
  const body = await readJson(c.req.raw, organizationAlterSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { name, cors_origins: origins } = body.value;
  const altered = await organizationOf(c).alter(c.env.principal.orgId, actorOf(c), { name, origins });
  return altered.ok ? jsonAnswer(organizationJson(altered.value)) : problemAnswer(altered.error);
};

const createCluster: Handler = async (c) => {
  const body = await readJson(c.req.raw, clusterCreateSchema);
  if (!body.ok) return problemAnswer(body.error);
  const created = await organizationOf(c).createCluster(c.env.principal.orgId, actorOf(c), body.value.name);
  return created.ok ? jsonAnswer(clusterJson(created.value), 201) : problemAnswer(created.error);
};

const deleteCluster: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const clusterId = c.req.param('cluster') ?? '';
  const begun = await organizationOf(c).deleteCluster(c.env.principal.orgId, actorOf(c), clusterId);
  return begun.ok ? emptyAnswer(202) : problemAnswer(begun.error);
};

const deleteOrganization: Handler = async (c) => {
  const query = readQuery(c.req.url, { confirm: text({ min: 0, max: 100, absent: '' }) });
  if (!query.ok) return problemAnswer(query.error);
  const { orgId } = c.env.principal;
  if (query.value.confirm !== orgId) return problemAnswer(unconfirmed.error);
  const begun = await organizationOf(c).deleteOrganization(orgId, actorOf(c));
  return begun.ok ? emptyAnswer(202) : problemAnswer(begun.error);
};

const unconfirmed = failed(
  'INVALID_REQUEST',
  'Everything the organization has is deleted, for good: say that it is meant, with confirm=<its organization_id>.',
  { parameter: 'confirm' },
);

function organizationJson(organization: OrganizationDescription): OrganizationJson {
  return {
    organization_id: organization.orgId,
    name: organization.name,
    state: organization.state,
    created_at: organization.createdAtMs,
    cors_origins: [...organization.origins],
    clusters: organization.clusters.map(clusterJson),
  };
}

function clusterJson(cluster: ClusterDescription): ClusterDescriptionJson {
  const { clusterId, name, state, createdAtMs, remains } = cluster;
  return {
    cluster_id: clusterId,
    name,
    state,
    created_at: createdAtMs,
    remains:
      remains === null
        ? null
        : { topics: remains.topics, groups: remains.groups, transactional_ids: remains.transactionalIds },
  };
}

export const organizationHandlers = withCredentials({
  bootstrap,
  createOrganization,
  listOrganizations,
  describeOrganization,
  alterOrganization,
  createCluster,
  deleteCluster,
  deleteOrganization,
});
