import { usageSchema } from '../../contracts/usage.ts';
import { limits } from '../../limits.ts';
import { onOrganization } from './authorization.ts';
import { objectErrors } from './management-parts.ts';
import type { Operation } from './operation.ts';
import { cursorParameter, json, limitParameter } from './operation-parts.ts';

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
} as const satisfies Record<string, Operation>;
