import { organizationFoundedSchema } from '../../contracts/organizations.ts';
import { invitationCreateSchema, invitationSchema, signupSchema } from '../../contracts/signup.ts';
import { operatorOnly, publicly } from './authorization.ts';
import { objectErrors } from './management-parts.ts';
import type { Operation } from './operation.ts';
import { bodyErrors, json } from './operation-parts.ts';

const tag = 'Organizations';

export const signupOperations = {
  signUp: {
    method: 'POST',
    path: '/v1/signup',
    authorization: publicly,
    tag,
    summary: 'Found an organization of your own, where the platform takes sign-ups',
    description:
      'Needs no credential; with sign-up by invitation, a code of the operator. Answers the key of the owner, which is shown this once. With an invitation an unanswered call may be repeated.',
    requestBody: { [json]: { schema: signupSchema, example: { name: 'Acme', invitation: 'mri_...' } } },
    answers: {
      201: {
        description: "The organization and its owner's key.",
        content: { [json]: { schema: organizationFoundedSchema } },
      },
    },
    errors: [...bodyErrors, ...objectErrors, 'SIGNUP_REFUSED', 'THROTTLING_QUOTA_EXCEEDED', 'RESOURCE_ALREADY_EXISTS'],
  },
  createInvitation: {
    method: 'POST',
    path: '/v1/invitations',
    authorization: operatorOnly,
    tag,
    summary: 'Make an invitation with which one organization may be founded',
    requestBody: { [json]: { schema: invitationCreateSchema, example: { expires_in_ms: 86_400_000 } } },
    answers: {
      201: { description: 'The invitation, good once.', content: { [json]: { schema: invitationSchema } } },
    },
    errors: [...bodyErrors, 'SECURITY_DISABLED'],
  },
} as const satisfies Record<string, Operation>;
