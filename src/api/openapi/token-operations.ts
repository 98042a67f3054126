import {
  issuedSigningSecretSchema,
  signingSecretCreateSchema,
  signingSecretListSchema,
  tokenCreateSchema,
  tokenSchema,
} from '../../contracts/browser-tokens.ts';
import { anyCredential, onUser } from './authorization.ts';
import { objectErrors, toCreateUser } from './management-parts.ts';
import type { Operation } from './operation.ts';
import { bodyErrors, json } from './operation-parts.ts';

const tag = 'Browser tokens';

export const tokenOperations = {
  createToken: {
    method: 'POST',
    path: '/v1/tokens',
    authorization: anyCredential('it has to be an API key, whose rights the token narrows', 'CLUSTER'),
    tag,
    summary: 'Mint a browser token: short-lived, narrowed to topics, operations and record keys',
    description:
      'A token may do what both its capabilities and the rights of its key allow. It ends with its key, and after fifteen minutes at the latest.',
    requestBody: {
      [json]: {
        schema: tokenCreateSchema,
        example: { cap: [{ topic: 'orders', ops: ['read'], key_prefix: 'user-42/' }], ttl_ms: 600_000 },
      },
    },
    answers: { 201: { description: 'The token.', content: { [json]: { schema: tokenSchema } } } },
    errors: [...bodyErrors, 'SECURITY_DISABLED'],
  },
  createSigningSecret: {
    method: 'POST',
    path: '/v1/signing-secrets',
    authorization: toCreateUser,
    tag,
    summary: 'Create a secret with which your own programs sign browser tokens',
    description:
      'Tokens are then made without a request: a JWT signed with HS256, `kid` the id of the secret. They narrow one key, whose rights the credential that asks must have.',
    requestBody: { [json]: { schema: signingSecretCreateSchema, example: { name: 'backend', key_id: 'mrk_...' } } },
    answers: { 201: { description: 'The secret.', content: { [json]: { schema: issuedSigningSecretSchema } } } },
    errors: [...bodyErrors, ...objectErrors, 'UNKNOWN_RESOURCE', 'LIMIT_REACHED', 'SECURITY_DISABLED'],
  },
  listSigningSecrets: {
    method: 'GET',
    path: '/v1/signing-secrets',
    authorization: anyCredential('those are listed whose key it may DESCRIBE'),
    tag,
    summary: 'List signing secrets, those that were revoked too',
    answers: { 200: { description: 'All of them.', content: { [json]: { schema: signingSecretListSchema } } } },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  revokeSigningSecret: {
    method: 'DELETE',
    path: '/v1/signing-secrets/{signing_secret}',
    authorization: onUser('DELETE', 'signing_secret'),
    tag,
    summary: 'Revoke a signing secret, and with it all tokens that were signed with it',
    answers: { 204: { description: 'It is revoked.' } },
    errors: [...objectErrors, 'INVALID_REQUEST', 'UNKNOWN_RESOURCE', 'SECURITY_DISABLED'],
  },
} as const satisfies Record<string, Operation>;
