import { budgetAlterSchema, budgetSchema } from '../../contracts/budget.ts';
import { usageSchema } from '../../contracts/usage.ts';
import { limits } from '../../limits.ts';
import { onOrganization } from './authorization.ts';
import { objectErrors } from './management-parts.ts';
import type { Operation } from './operation.ts';
import { bodyErrors, cursorParameter, json, limitParameter } from './operation-parts.ts';

const dayParameter = (name: string, description: string) =>
  ({ name, in: 'query', description, schema: { type: 'string', format: 'date' } }) as const;

export const usageOperations = {
  readUsage: {
    method: 'GET',
    path: '/v1/usage',
    authorization: onOrganization('DESCRIBE'),
    tag: 'Organizations',
    summary: 'Read what the organization used, and what it cost',
    description:
      'By topic, by key or by day (UTC), of all clusters or of one. What partitions counted arrives within a minute.',
    parameters: [
      dayParameter('from', 'The first day; the first of the month by default.'),
      dayParameter('to', 'The last day; today by default.'),
      {
        name: 'by',
        in: 'query',
        description: 'What a row is.',
        schema: { type: 'string', enum: ['topic', 'key', 'day'], default: 'day' },
      },
      { name: 'cluster', in: 'query', description: 'Only this cluster, by its id.', schema: { type: 'string' } },
      limitParameter(limits.usageRowsPerPage),
      cursorParameter,
    ],
    answers: {
      200: {
        description: 'A page, in the order of the names; `next_cursor` is null on the last.',
        content: { [json]: { schema: usageSchema } },
      },
    },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  readUsageMetrics: {
    method: 'GET',
    path: '/v1/usage/metrics',
    authorization: onOrganization('DESCRIBE'),
    tag: 'Organizations',
    summary: 'The usage of the month by topic, as Prometheus reads it',
    description: 'Counters since the first of the month (UTC), of all clusters.',
    answers: { 200: { description: 'Text format 0.0.4.', content: { 'text/plain': { schema: { type: 'string' } } } } },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  describeBudget: {
    method: 'GET',
    path: '/v1/budget',
    authorization: onOrganization('DESCRIBE'),
    tag: 'Organizations',
    summary: 'Read the budget of the organization, and what was used of it',
    answers: {
      200: {
        description: 'The budget and the month under way; null bounds nothing.',
        content: { [json]: { schema: budgetSchema } },
      },
    },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  alterBudget: {
    method: 'PATCH',
    path: '/v1/budget',
    authorization: onOrganization('ALTER'),
    tag: 'Organizations',
    summary: 'Set what the organization may use in a month',
    description:
      'In dollars, in bytes of records, or both. When it is used up, records are neither written nor read (429, BUDGET_EXCEEDED) until it is raised, which holds within seconds, or the month (UTC) is over. Everything else goes on, and what is stored stays.',
    requestBody: { [json]: { schema: budgetAlterSchema, example: { monthly_dollars: 50, warn_percent: 80 } } },
    answers: { 200: { description: 'The budget as it is now.', content: { [json]: { schema: budgetSchema } } } },
    errors: [...bodyErrors, ...objectErrors, 'SECURITY_DISABLED'],
  },
} as const satisfies Record<string, Operation>;
