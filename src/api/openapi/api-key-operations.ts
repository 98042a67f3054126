import {
  apiKeyCreateSchema,
  apiKeyListSchema,
  apiKeyRotateSchema,
  apiKeySchema,
  issuedApiKeySchema,
} from '../../contracts/api-keys.ts';
import { limits } from '../../limits.ts';
import { anyCredential, onUser } from './authorization.ts';
import { objectErrors, toCreateUser } from './management-parts.ts';
import type { Operation } from './operation.ts';
import { bodyErrors, cursorParameter, json, limitParameter } from './operation-parts.ts';

const tag = 'API keys';

export const apiKeyOperations = {
  createApiKey: {
    method: 'POST',
    path: '/v1/keys',
    authorization: toCreateUser,
    tag,
    summary: 'Create an API key',
    description:
      'It has scopes or a role, and never more rights than the credential that makes it. The whole key is in this answer and nowhere else: keep it.',
    requestBody: {
      [json]: {
        schema: apiKeyCreateSchema,
        example: { name: 'billing', scopes: ['consume:topic:orders', 'consume:group:billing'] },
      },
    },
    answers: { 201: { description: 'The key.', content: { [json]: { schema: issuedApiKeySchema } } } },
    errors: [...bodyErrors, ...objectErrors, 'UNKNOWN_RESOURCE', 'LIMIT_REACHED', 'SECURITY_DISABLED'],
  },
  listApiKeys: {
    method: 'GET',
    path: '/v1/keys',
    authorization: anyCredential('keys are listed that it may DESCRIBE'),
    tag,
    summary: 'List API keys, those that were revoked too',
    parameters: [limitParameter(limits.keysPerPage), cursorParameter],
    answers: {
      200: {
        description: 'One page, in the order of their ids; `next_cursor` is null on the last.',
        content: { [json]: { schema: apiKeyListSchema } },
      },
    },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  describeApiKey: {
    method: 'GET',
    path: '/v1/keys/{key}',
    authorization: onUser('DESCRIBE', 'key'),
    tag,
    summary: 'Describe an API key',
    answers: { 200: { description: 'The key.', content: { [json]: { schema: apiKeySchema } } } },
    errors: [...objectErrors, 'INVALID_REQUEST', 'UNKNOWN_RESOURCE', 'SECURITY_DISABLED'],
  },
  rotateApiKey: {
    method: 'POST',
    path: '/v1/keys/{key}/rotate',
    authorization: onUser('ALTER', 'key'),
    tag,
    summary: 'Give an API key a new secret',
    description:
      'Both secrets are good for `overlap_ms`, so that what uses the old one can be changed over; then the old one ends. A key has two good secrets at most.',
    requestBody: { [json]: { schema: apiKeyRotateSchema, example: { overlap_ms: 3_600_000 } } },
    answers: { 200: { description: 'The key.', content: { [json]: { schema: issuedApiKeySchema } } } },
    errors: [
      ...bodyErrors,
      ...objectErrors,
      'UNKNOWN_RESOURCE',
      'CLUSTER_AUTHORIZATION_FAILED',
      'LIMIT_REACHED',
      'SECURITY_DISABLED',
    ],
  },
  revokeApiKey: {
    method: 'DELETE',
    path: '/v1/keys/{key}',
    authorization: onUser('DELETE', 'key'),
    tag,
    summary: 'Revoke an API key, for good',
    description: 'It is refused everywhere within seconds, and within thirty always. Its row stays in the list.',
    answers: { 204: { description: 'It is revoked.' } },
    errors: [...objectErrors, 'INVALID_REQUEST', 'UNKNOWN_RESOURCE', 'SECURITY_DISABLED'],
  },
} as const satisfies Record<string, Operation>;
