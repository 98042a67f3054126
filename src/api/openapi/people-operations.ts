import {
  issuerListSchema,
  issuerPutSchema,
  issuerSchema,
  memberAlterSchema,
  memberInviteSchema,
  memberListSchema,
  memberSchema,
} from '../../contracts/people.ts';
import { anyCredential, onOrganization, onUser } from './authorization.ts';
import { objectErrors, toCreateUser } from './management-parts.ts';
import type { Operation } from './operation.ts';
import { bodyErrors, json } from './operation-parts.ts';

const tag = 'Members';

const exampleIssuer = {
  issuer: 'https://login.example.com/',
  audience: 'millrace-acme',
  keys_url: 'https://login.example.com/.well-known/jwks.json',
};

export const peopleOperations = {
  inviteMember: {
    method: 'POST',
    path: '/v1/members',
    authorization: toCreateUser,
    tag,
    summary: 'Invite a person by an e-mail address',
    description:
      'Nobody is written to: who signs in by an issuer of the organization that has checked the address is a member from then on. Nobody gives a role with rights that they do not have.',
    requestBody: { [json]: { schema: memberInviteSchema, example: { email: 'ann@example.com', role: 'developer' } } },
    answers: { 201: { description: 'The invitation.', content: { [json]: { schema: memberSchema } } } },
    errors: [...bodyErrors, ...objectErrors, 'RESOURCE_ALREADY_EXISTS', 'LIMIT_REACHED', 'SECURITY_DISABLED'],
  },
  listMembers: {
    method: 'GET',
    path: '/v1/members',
    authorization: anyCredential('members are listed that it may DESCRIBE'),
    tag,
    summary: 'List members, and who is invited',
    answers: { 200: { description: 'All, by their ids.', content: { [json]: { schema: memberListSchema } } } },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  alterMember: {
    method: 'PATCH',
    path: '/v1/members/{member}',
    authorization: onUser('ALTER', 'member'),
    tag,
    summary: 'Give a member another role',
    description: 'An organization keeps an owner: the last one is not given another role (ILLEGAL_STATE).',
    requestBody: { [json]: { schema: memberAlterSchema, example: { role: 'viewer' } } },
    answers: { 200: { description: 'The member.', content: { [json]: { schema: memberSchema } } } },
    errors: [
      ...bodyErrors,
      ...objectErrors,
      'UNKNOWN_RESOURCE',
      'CLUSTER_AUTHORIZATION_FAILED',
      'ILLEGAL_STATE',
      'SECURITY_DISABLED',
    ],
  },
  removeMember: {
    method: 'DELETE',
    path: '/v1/members/{member}',
    authorization: onUser('DELETE', 'member'),
    tag,
    summary: 'Remove a member, or take an invitation back',
    description:
      'Within seconds they may do nothing any more. API keys that they made stay: revoke those besides. The last owner of an organization is not removed (ILLEGAL_STATE).',
    answers: { 204: { description: 'They are no member.' } },
    errors: [
      ...objectErrors,
      'INVALID_REQUEST',
      'UNKNOWN_RESOURCE',
      'CLUSTER_AUTHORIZATION_FAILED',
      'ILLEGAL_STATE',
      'SECURITY_DISABLED',
    ],
  },
  putIssuer: {
    method: 'POST',
    path: '/v1/issuers',
    authorization: onOrganization('ALTER'),
    tag,
    summary: 'Let an issuer vouch for members, or change how',
    description:
      "An OpenID provider, or Cloudflare Access. For owners alone, since it can speak for every member. An issuer and audience are one organization's: another's is RESOURCE_ALREADY_EXISTS.",
    requestBody: { [json]: { schema: issuerPutSchema, example: exampleIssuer } },
    answers: { 200: { description: 'As it is now.', content: { [json]: { schema: issuerSchema } } } },
    errors: [...bodyErrors, ...objectErrors, 'RESOURCE_ALREADY_EXISTS', 'LIMIT_REACHED', 'SECURITY_DISABLED'],
  },
  listIssuers: {
    method: 'GET',
    path: '/v1/issuers',
    authorization: onOrganization('DESCRIBE'),
    tag,
    summary: 'List who vouches for members',
    answers: { 200: { description: 'All.', content: { [json]: { schema: issuerListSchema } } } },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  removeIssuer: {
    method: 'DELETE',
    path: '/v1/issuers',
    authorization: onOrganization('ALTER'),
    tag,
    summary: 'Let an issuer vouch for nobody any more',
    description: 'Who has signed in by it is nobody within seconds. For owners alone.',
    parameters: [
      { name: 'issuer', in: 'query', description: 'Of its tokens.', required: true, schema: { type: 'string' } },
      { name: 'audience', in: 'query', description: 'Of its tokens.', required: true, schema: { type: 'string' } },
    ],
    answers: { 204: { description: 'It vouches for nobody.' } },
    errors: [...objectErrors, 'INVALID_REQUEST', 'UNKNOWN_RESOURCE', 'ILLEGAL_STATE', 'SECURITY_DISABLED'],
  },
} as const satisfies Record<string, Operation>;
