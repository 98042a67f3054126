import { auditListSchema } from '../../contracts/audit.ts';
import { limits } from '../../limits.ts';
import { onOrganization } from './authorization.ts';
import { objectErrors } from './management-parts.ts';
import type { Operation } from './operation.ts';
import { cursorParameter, json, limitParameter } from './operation-parts.ts';

const filterParameter = (name: string, description: string) =>
  ({ name, in: 'query', description, schema: { type: 'string' } }) as const;

export const auditOperations = {
  listAudit: {
    method: 'GET',
    path: '/v1/audit',
    authorization: onOrganization('DESCRIBE'),
    tag: 'Organizations',
    summary: 'Read the audit log of the organization',
    description:
      'Every act of the control plane and every refused access, as a hash chain. A page of a filtered list may be empty and still have a next one.',
    parameters: [
      {
        name: 'order',
        in: 'query',
        description: 'From which end.',
        schema: { type: 'string', enum: ['newest', 'oldest'], default: 'newest' },
      },
      filterParameter('principal', 'Only entries of this principal.'),
      filterParameter('action', 'Only entries of this action.'),
      {
        name: 'outcome',
        in: 'query',
        description: 'Only entries with this outcome.',
        schema: { type: 'string', enum: ['done', 'attempted', 'refused'] },
      },
      limitParameter(limits.auditEntriesPerPage),
      cursorParameter,
      {
        name: 'after',
        in: 'query',
        description:
          'With order=oldest: only entries of a higher sequence, as a reader of a log goes on from its offset.',
        schema: { type: 'integer', minimum: 0 },
      },
      {
        name: 'wait_ms',
        in: 'query',
        description: 'With order=oldest: waits so long for entries when there are none yet.',
        schema: { type: 'integer', minimum: 0, maximum: limits.readWaitMs.max, default: limits.readWaitMs.value },
      },
    ],
    answers: {
      200: {
        description: 'One page; `next_cursor` is null on the last.',
        content: { [json]: { schema: auditListSchema } },
      },
    },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
} as const satisfies Record<string, Operation>;
