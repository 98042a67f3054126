import { quotaAlterSchema, quotaOverrideSchema } from '../../contracts/quotas.ts';
import { type Failure, failed, type Result } from '../../errors/result.ts';
import type { QuotaDescription } from '../../tenancy/quota-settings.ts';
import { jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { ApiContext, Handler } from '../services.ts';
import { actorOf, organizationOf, withCredentials } from './organization-access.ts';
import { entityQuotasOf, organizationQuotasJson, overridesOf, quotaListJson } from './quota-json.ts';

const listQuotas: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const { orgId, clusterId } = c.env.principal;
  const listed = await organizationOf(c).describeQuotas(orgId);
  return listed.ok ? jsonAnswer(quotaListJson(listed.value, clusterId)) : problemAnswer(listed.error);
};

const alterQuotas: Handler = async (c) => {
  const body = await readJson(c.req.raw, quotaAlterSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { orgId, clusterId } = c.env.principal;
  const changes = body.value.quotas.map((quota) => entityQuotasOf(quota, clusterId));
  const altered = await organizationOf(c).alterQuotas(orgId, actorOf(c), changes);
  return altered.ok ? jsonAnswer(quotaListJson(altered.value, clusterId)) : problemAnswer(altered.error);
};

const describeOrganizationQuotas: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const orgId = namedOrganization(c);
  return organizationAnswer(orgId, await c.env.tenancy.organization(orgId).describeQuotas(orgId));
};

const overrideOrganizationQuotas: Handler = async (c) => {
  const body = await readJson(c.req.raw, quotaOverrideSchema);
  if (!body.ok) return problemAnswer(body.error);
  const orgId = namedOrganization(c);
  const overridden = await c.env.tenancy.organization(orgId).overrideQuotas(orgId, actorOf(c), overridesOf(body.value));
  return organizationAnswer(orgId, overridden);
};

export const quotaHandlers = withCredentials({
  listQuotas,
  alterQuotas,
  describeOrganizationQuotas,
  overrideOrganizationQuotas,
});

const namedOrganization = (c: ApiContext): string => c.req.param('organization') ?? '';

/** The operator names any organization, so also those that do not exist. */
function organizationAnswer(orgId: string, described: Result<QuotaDescription>): Response {
  if (described.ok) return jsonAnswer(organizationQuotasJson(orgId, described.value));
  const { error } = described;
  return problemAnswer(error.code === 'WRONG_OBJECT' ? unknownOrganization(orgId) : error);
}

function unknownOrganization(orgId: string): Failure {
  const shown = JSON.stringify(orgId.slice(0, 100));
  return failed('UNKNOWN_RESOURCE', `There is no organization ${shown}; millrace orgs list shows those that there are.`)
    .error;
}
