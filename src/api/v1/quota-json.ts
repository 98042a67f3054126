import type {
  CapsJson,
  OperatorQuotasJson,
  OrganizationQuotasJson,
  QuotaJson,
  QuotaListJson,
  QuotaOverrideJson,
} from '../../contracts/quotas.ts';
import { type CapKind, capKinds } from '../../limits/caps.ts';
import type { OperatorQuotas, QuotaOverrides } from '../../limits/operator-rates.ts';
import type { EntityQuotas, QuotaDescription } from '../../tenancy/quota-settings.ts';

/** The API's name of a cap. */
const nameOf = (kind: CapKind): string => kind.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const kindsByName: ReadonlyMap<string, CapKind> = new Map(capKinds.map((kind) => [nameOf(kind), kind]));

/** Caps under the API's names; `Value` may be null, where that says that nothing is bounded. */
function capsJson<Value>(caps: { readonly [Kind in CapKind]?: Value }): { [name: string]: Value } {
  const named = capKinds.flatMap((kind): [string, Value][] => {
    const cap = caps[kind];
    return cap === undefined ? [] : [[nameOf(kind), cap]];
  });
  return Object.fromEntries(named);
}

function capsOfJson<Value>(json: { readonly [name: string]: Value | undefined }): { [Kind in CapKind]?: Value } {
  const caps: { [Kind in CapKind]?: Value } = {};
  for (const [name, cap] of Object.entries(json)) {
    const kind = kindsByName.get(name);
    if (kind !== undefined && cap !== undefined) caps[kind] = cap;
  }
  return caps;
}

/** A topic's name means nothing outside of its cluster, so those of others are not listed. */
export function quotaListJson(description: QuotaDescription, clusterId: string): QuotaListJson {
  const { settings, operator, storedBytes } = description;
  const shown = settings.filter((entity) => entity.type !== 'topic' || entity.clusterId === clusterId);
  return { quotas: shown.map(quotaJson), operator: operatorJson(operator), stored_bytes: storedBytes };
}

/** What an operator is shown of an organization: topics are none of theirs. */
export function organizationQuotasJson(orgId: string, description: QuotaDescription): OrganizationQuotasJson {
  const { settings, operator, overrides, storedBytes } = description;
  return {
    organization_id: orgId,
    override: overrideJson(overrides),
    operator: operatorJson(operator),
    quotas: settings.filter(({ type }) => type !== 'topic').map(quotaJson),
    stored_bytes: storedBytes,
  };
}

function quotaJson({ type, name, requests, produceBytes, fetchBytes, caps }: EntityQuotas): QuotaJson {
  return {
    entity_type: type,
    entity_name: name,
    requests_per_second: requests,
    produce_bytes_per_second: produceBytes,
    fetch_bytes_per_second: fetchBytes,
    ...(caps === undefined ? {} : { caps: capsJson(caps) satisfies CapsJson }),
  };
}

function operatorJson({ rates, caps }: OperatorQuotas): OperatorQuotasJson {
  return {
    requests_per_second: rates.requests ?? null,
    produce_bytes_per_second: rates.produceBytes ?? null,
    fetch_bytes_per_second: rates.fetchBytes ?? null,
    caps: capsJson(caps),
  };
}

function overrideJson({ rates, caps }: QuotaOverrides): QuotaOverrideJson {
  const { requests, produceBytes, fetchBytes } = rates;
  return {
    ...(requests === undefined ? {} : { requests_per_second: requests }),
    ...(produceBytes === undefined ? {} : { produce_bytes_per_second: produceBytes }),
    ...(fetchBytes === undefined ? {} : { fetch_bytes_per_second: fetchBytes }),
    ...(Object.keys(caps).length === 0 ? {} : { caps: capsJson(caps) }),
  };
}

export function overridesOf(json: QuotaOverrideJson): QuotaOverrides {
  const named = {
    requests: json.requests_per_second,
    produceBytes: json.produce_bytes_per_second,
    fetchBytes: json.fetch_bytes_per_second,
  };
  const rates = Object.fromEntries(Object.entries(named).filter(([, rate]) => rate !== undefined));
  return { rates, caps: capsOfJson(json.caps ?? {}) };
}

/** A quota as it is set; a topic's is of the cluster. */
export function entityQuotasOf(quota: QuotaJson, clusterId: string): EntityQuotas {
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
