import {
  clusterCreateSchema,
  clusterSchema,
  organizationAlterSchema,
  organizationCreateSchema,
  organizationFoundedSchema,
  organizationListSchema,
  organizationSchema,
} from '../../contracts/organizations.ts';
import { limits } from '../../limits.ts';
import { onOrganization, operatorOnly } from './authorization.ts';
import { objectErrors } from './management-parts.ts';
import type { Operation } from './operation.ts';
import { bodyErrors, cursorParameter, json, limitParameter } from './operation-parts.ts';

const tag = 'Organizations';

export const organizationOperations = {
  bootstrap: {
    method: 'POST',
    path: '/v1/bootstrap',
    authorization: operatorOnly,
    tag,
    summary: 'Found the first organization of a platform',
    description:
      'Once: the organization `local` with the cluster `local`, where an open platform keeps its data. Answers the key of its owner, which is shown this once.',
    answers: {
      201: {
        description: "The organization and its owner's key.",
        content: { [json]: { schema: organizationFoundedSchema } },
      },
    },
    errors: [...objectErrors, 'INVALID_REQUEST', 'RESOURCE_ALREADY_EXISTS', 'SECURITY_DISABLED'],
  },
  createOrganization: {
    method: 'POST',
    path: '/v1/organizations',
    authorization: operatorOnly,
    tag,
    summary: 'Create an organization with a first cluster',
    description: 'Answers the key of its owner, which is shown this once.',
    requestBody: { [json]: { schema: organizationCreateSchema, example: { name: 'Acme' } } },
    answers: {
      201: {
        description: "The organization and its owner's key.",
        content: { [json]: { schema: organizationFoundedSchema } },
      },
    },
    errors: [...bodyErrors, ...objectErrors, 'RESOURCE_ALREADY_EXISTS', 'SECURITY_DISABLED'],
  },
  listOrganizations: {
    method: 'GET',
    path: '/v1/organizations',
    authorization: operatorOnly,
    tag,
    summary: 'List the organizations of the platform',
    parameters: [limitParameter(limits.keysPerPage), cursorParameter],
    answers: {
      200: {
        description: 'One page, in the order of their ids; `next_cursor` is null on the last.',
        content: { [json]: { schema: organizationListSchema } },
      },
    },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  describeOrganization: {
    method: 'GET',
    path: '/v1/organization',
    authorization: onOrganization('DESCRIBE'),
    tag,
    summary: 'Describe the organization of the credential',
    answers: { 200: { description: 'It and its clusters.', content: { [json]: { schema: organizationSchema } } } },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  alterOrganization: {
    method: 'PATCH',
    path: '/v1/organization',
    authorization: onOrganization('ALTER'),
    tag,
    summary: 'Change the name of the organization, or the origins whose pages may use its credentials',
    requestBody: {
      [json]: { schema: organizationAlterSchema, example: { cors_origins: ['https://app.example.com'] } },
    },
    answers: { 200: { description: 'As it is now.', content: { [json]: { schema: organizationSchema } } } },
    errors: [...bodyErrors, ...objectErrors, 'SECURITY_DISABLED'],
  },
  createCluster: {
    method: 'POST',
    path: '/v1/clusters',
    authorization: onOrganization('CREATE'),
    tag,
    summary: 'Create a cluster: a name space of its own for topics, groups and keys',
    requestBody: { [json]: { schema: clusterCreateSchema, example: { name: 'staging' } } },
    answers: { 201: { description: 'The cluster.', content: { [json]: { schema: clusterSchema } } } },
    errors: [...bodyErrors, ...objectErrors, 'LIMIT_REACHED', 'ILLEGAL_STATE', 'SECURITY_DISABLED'],
  },
  deleteCluster: {
    method: 'DELETE',
    path: '/v1/clusters/{cluster}',
    authorization: onOrganization('DELETE'),
    tag,
    summary: 'Delete a cluster with everything in it, for good',
    description:
      'For owners. At once its keys and tokens open nothing, its sockets end, and nothing new is made in it. Its topics, groups, transactional ids and objects are deleted then, which `remains` of the organization follows; it is not listed any more when nothing is left. Not with a credential of the cluster itself (ILLEGAL_STATE).',
    answers: { 202: { description: 'Its deletion has begun.' } },
    errors: [...objectErrors, 'INVALID_REQUEST', 'UNKNOWN_RESOURCE', 'ILLEGAL_STATE', 'SECURITY_DISABLED'],
  },
  deleteOrganization: {
    method: 'DELETE',
    path: '/v1/organization',
    authorization: onOrganization('DELETE'),
    tag,
    summary: 'Delete the organization of the credential with everything it has, for good',
    description:
      'For owners. At once all its keys, tokens and members open nothing; then its clusters are deleted, and when nothing is left of them everything that is kept of the organization itself, its audit log too: export what has to be kept before.',
    parameters: [
      {
        name: 'confirm',
        in: 'query',
        description: 'The id of the organization.',
        required: true,
        schema: { type: 'string' },
      },
    ],
    answers: { 202: { description: 'Its deletion has begun.' } },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
} as const satisfies Record<string, Operation>;
