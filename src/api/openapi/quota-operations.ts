import { operatorQuotaSchema, quotaAlterSchema, quotaListSchema, quotaOverrideSchema } from '../../contracts/quotas.ts';
import { onOrganization, operatorOnly } from './authorization.ts';
import { objectErrors } from './management-parts.ts';
import type { Operation } from './operation.ts';
import { bodyErrors, json } from './operation-parts.ts';

const tag = 'Organizations';

export const quotaOperations = {
  listQuotas: {
    method: 'GET',
    path: '/v1/quotas',
    authorization: onOrganization('DESCRIBE'),
    tag,
    summary: 'List the quotas of the organization, its keys, and the topics of the cluster',
    answers: {
      200: { description: 'What is bounded; null bounds nothing.', content: { [json]: { schema: quotaListSchema } } },
    },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  alterQuotas: {
    method: 'PATCH',
    path: '/v1/quotas',
    authorization: onOrganization('ALTER'),
    tag,
    summary: 'Set quotas of the organization, of keys and of topics',
    description:
      'Replaces all quotas of each entity that is named; the others stay. They hold everywhere within seconds. A request beyond its quota is answered with 429 and Retry-After.',
    requestBody: {
      [json]: {
        schema: quotaAlterSchema,
        example: { quotas: [{ entity_type: 'topic', entity_name: 'orders', produce_bytes_per_second: 1_000_000 }] },
      },
    },
    answers: { 200: { description: 'All quotas as they are now.', content: { [json]: { schema: quotaListSchema } } } },
    errors: [...bodyErrors, ...objectErrors, 'LIMIT_REACHED', 'SECURITY_DISABLED'],
  },
  describeOrganizationQuotas: {
    method: 'GET',
    path: '/v1/organizations/{organization}/quotas',
    authorization: operatorOnly,
    tag,
    summary: 'Describe what bounds an organization',
    answers: {
      200: {
        description: 'By the word of the operator, and by its own.',
        content: { [json]: { schema: operatorQuotaSchema } },
      },
    },
    errors: [...objectErrors, 'INVALID_REQUEST', 'UNKNOWN_RESOURCE', 'SECURITY_DISABLED'],
  },
  overrideOrganizationQuotas: {
    method: 'PATCH',
    path: '/v1/organizations/{organization}/quotas',
    authorization: operatorOnly,
    tag,
    summary: 'Say what bounds one organization in the place of what bounds all',
    description:
      'Replaces all that was said of it before: null lifts a bound, and what is not named is as for all organizations. The organization can set itself less and not more. It holds within seconds, and is in its audit log.',
    requestBody: {
      [json]: {
        schema: quotaOverrideSchema,
        example: { requests_per_second: 5_000, caps: { topics: null, storage_bytes: 1_000_000_000_000 } },
      },
    },
    answers: {
      200: {
        description: 'What bounds it from now on.',
        content: { [json]: { schema: operatorQuotaSchema } },
      },
    },
    errors: [...bodyErrors, ...objectErrors, 'UNKNOWN_RESOURCE', 'SECURITY_DISABLED'],
  },
} as const satisfies Record<string, Operation>;
