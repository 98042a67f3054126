import { type CapsJson, type QuotaJson, type QuotaListJson, quotaAlterSchema } from '../../contracts/quotas.ts';
import type { Caps } from '../../limits/caps.ts';
import type { EntityQuotas, QuotaSettings } from '../../tenancy/quota-settings.ts';
import { jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { Handler } from '../services.ts';
import { actorOf, organizationOf, withCredentials } from './organization-access.ts';

const listQuotas: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const { orgId, clusterId } = c.env.principal;
  const listed = await organizationOf(c).describeQuotas(orgId);
  return listed.ok ? jsonAnswer(listJson(listed.value, clusterId)) : problemAnswer(listed.error);
};

const alterQuotas: Handler = async (c) => {
  const body = await readJson(c.req.raw, quotaAlterSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { orgId, clusterId } = c.env.principal;
  const changes = body.value.quotas.map((quota) => entityOf(quota, clusterId));
  const altered = await organizationOf(c).alterQuotas(orgId, actorOf(c), changes);
  return altered.ok ? jsonAnswer(listJson(altered.value, clusterId)) : problemAnswer(altered.error);
};

export const quotaHandlers = withCredentials({ listQuotas, alterQuotas });

/** A topic's name means nothing outside of its cluster, so those of others are not listed. */
function listJson(settings: QuotaSettings, clusterId: string): QuotaListJson {
  return {
    quotas: settings
      .filter((entity) => entity.type !== 'topic' || entity.clusterId === clusterId)
      .map(({ type, name, requests, produceBytes, fetchBytes, caps }) => ({
        entity_type: type,
        entity_name: name,
        requests_per_second: requests,
        produce_bytes_per_second: produceBytes,
        fetch_bytes_per_second: fetchBytes,
        ...(caps === undefined ? {} : { caps: capsJson(caps) }),
      })),
  };
}

function entityOf(quota: QuotaJson, clusterId: string): EntityQuotas {
  return {
    type: quota.entity_type,
    clusterId: quota.entity_type === 'topic' ? clusterId : null,
    name: quota.entity_name,
    requests: quota.requests_per_second,
    produceBytes: quota.produce_bytes_per_second,
    fetchBytes: quota.fetch_bytes_per_second,
    ...(quota.caps === undefined ? {} : { caps: capsOfJson(quota.caps) }),
  };
}

function capsJson({ transactionalIds, ...caps }: Caps): CapsJson {
  return transactionalIds === undefined ? caps : { ...caps, transactional_ids: transactionalIds };
}

function capsOfJson({ transactional_ids: transactionalIds, ...caps }: CapsJson): Caps {
  const given = Object.entries({ ...caps, transactionalIds }).filter(([, cap]) => cap !== undefined);
  return Object.fromEntries(given) as Caps;
}
