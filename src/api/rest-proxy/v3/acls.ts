import { type AclBinding, aclOperations, resourceTypes } from '../../../authorization/acl-binding.ts';
import type { AclFilter } from '../../../authorization/acl-filter.ts';
import { createKafkaAclSchema, createKafkaAclsSchema, type KafkaAcl } from '../../../contracts/rest-proxy-acls.ts';
import { failed, ok, type Result } from '../../../errors/result.ts';
import { aclJson, bindingOf } from '../../acl-json.ts';
import { readJson } from '../../request-body.ts';
import { dataHeaders } from '../../security-headers.ts';
import { actorOf, organizationOf, withoutCredentials } from '../../v1/organization-access.ts';
import { restAnswer } from '../rest-answer.ts';
import type { RestCall, RestHandler } from '../rest-call.ts';
import { clusterUrl, listAt } from './resource.ts';

const searchAcls: RestHandler = async (call) => {
  const filter = readFilter(call);
  if (!filter.ok) return filter;
  const { orgId, clusterId } = call.services.principal;
  const found = await organizationOf({ env: call.services }).listAcls(orgId, clusterId, filter.value);
  if (!found.ok) return found;
  const self = `${clusterUrl(call, 'acls')}${new URL(call.request.url).search}`;
  return restAnswer(
    call,
    listAt(
      'KafkaAclList',
      self,
      found.value.map((binding) => kafkaAcl(call, binding)),
    ),
  );
};

const createAcl: RestHandler = async (call) => {
  const body = await readJson(call.request, createKafkaAclSchema);
  if (!body.ok) return body;
  const binding = bindingOf(body.value);
  const created = await create(call, [binding]);
  return created.ok ? createdAnswer({ location: urlOf(call, binding) }) : created;
};

const createAcls: RestHandler = async (call) => {
  const body = await readJson(call.request, createKafkaAclsSchema);
  if (!body.ok) return body;
  const created = await create(call, body.value.data.map(bindingOf));
  return created.ok ? createdAnswer() : created;
};

const deleteAcls: RestHandler = async (call) => {
  if (filterFields.every((name) => !new URL(call.request.url).searchParams.get(name))) return meansNothing;
  const filter = readFilter(call);
  if (!filter.ok) return filter;
  const env = call.services;
  const deleted = await organizationOf({ env }).deleteAcls(env.principal.orgId, actorOf({ env }), filter.value);
  if (!deleted.ok) return deleted;
  return restAnswer(call, { data: deleted.value.map((binding) => kafkaAcl(call, binding)) });
};

/** An open platform asks nobody who they are; this is what Kafka answers where no authorizer is configured. */
const withAcls =
  (handler: RestHandler): RestHandler =>
  (call) =>
    call.services.principal.kind === 'anonymous' ? withoutCredentials : handler(call);

export const aclHandlers = {
  searchAcls: withAcls(searchAcls),
  createAcl: withAcls(createAcl),
  deleteAcls: withAcls(deleteAcls),
  createAcls: withAcls(createAcls),
} as const;

function create({ services: env }: RestCall, bindings: readonly AclBinding[]): Promise<Result<null>> {
  return organizationOf({ env }).createAcls(env.principal.orgId, actorOf({ env }), bindings);
}

/** 201 with nothing to say. */
function createdAnswer(headers: Readonly<Record<string, string>> = {}) {
  return ok(new Response(null, { status: 201, headers: { ...dataHeaders, ...headers } }));
}

const filterFields = [
  'resource_type',
  'resource_name',
  'pattern_type',
  'principal',
  'host',
  'operation',
  'permission',
] as const;

/** The original deletes every ACL for a DELETE without a query, which nobody means. */
const meansNothing = failed(
  'INVALID_REQUEST',
  `Say which ACLs are to be deleted, by at least one of ${filterFields.join(', ')}; resource_type=ANY means all.`,
);

const any = 'ANY';

/** Absent and empty mean any, and words are read in either case, as the REST Proxy does. */
function readFilter(call: RestCall): Result<AclFilter> {
  const query = new URL(call.request.url).searchParams;
  const text = (name: (typeof filterFields)[number]) => query.get(name) || null;
  const refusals: Result<never>[] = [];
  const word = <Word extends string>(name: (typeof filterFields)[number], words: readonly Word[]): Word | null => {
    const asked = text(name)?.toUpperCase() ?? any;
    const known = words.find((one) => one === asked) ?? null;
    if (known === null && asked !== any) {
      refusals.push(failed('INVALID_REQUEST', `${name} is one of ${[any, ...words].join(', ')}.`, { field: name }));
    }
    return known;
  };
  const filter: AclFilter = {
    principal: text('principal'),
    host: text('host'),
    operation: word('operation', aclOperations),
    permission: word('permission', ['ALLOW', 'DENY']),
    resourceType: word('resource_type', resourceTypes),
    resourceName: text('resource_name'),
    patternType: word('pattern_type', ['LITERAL', 'PREFIXED', 'MATCH']),
  };
  return refusals[0] ?? ok(filter);
}

function kafkaAcl(call: RestCall, binding: AclBinding): KafkaAcl {
  const { clusterId } = call.services.cluster;
  const metadata = { self: urlOf(call, binding), resource_name: null };
  return { kind: 'KafkaAcl', metadata, cluster_id: clusterId, ...aclJson(binding) };
}

/** An ACL has no name: it is the search that finds it alone. */
function urlOf(call: RestCall, binding: AclBinding): string {
  return `${clusterUrl(call, 'acls')}?${new URLSearchParams(aclJson(binding))}`;
}
