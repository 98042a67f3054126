import { sessionSchema } from '../../contracts/session.ts';
import { anyCredential } from './authorization.ts';
import type { Operation } from './operation.ts';
import { json } from './operation-parts.ts';

export const sessionOperations = {
  describeSession: {
    method: 'GET',
    path: '/v1/session',
    authorization: anyCredential('it answers what is known of the caller alone'),
    tag: 'Platform',
    summary: 'Who am I, where, and what may I do?',
    description: 'Answered from memory: it calls no object beyond those that the credential needs.',
    answers: { 200: { description: 'The caller.', content: { [json]: { schema: sessionSchema } } } },
    errors: ['INVALID_REQUEST'],
  },
} as const satisfies Record<string, Operation>;
