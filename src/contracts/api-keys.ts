import { z } from 'zod';
import { maxKeyScopes } from '../authorization/key-scopes.ts';
import { roles } from '../authorization/roles.ts';

const role = z.enum(roles);

/** Scopes travel as people write them; `verb:resource:name`, see docs/organizations.md. */
const scopes = z
  .array(z.string().max(400))
  .max(maxKeyScopes)
  .describe(
    'verb:resource:name, such as consume:topic:orders or produce:topic:orders-* (all that begin with orders-).',
  );

export const apiKeyCreateSchema = z
  .strictObject({
    name: z.string().describe('What it is for, for people.'),
    scopes: scopes.optional(),
    role: role.optional().describe('Instead of scopes: what a member of this role may do.'),
    cluster_id: z.string().optional().describe('The cluster it is for; that of the credential if absent.'),
    expires_in_ms: z.int().min(1).optional().describe('Good for so long; until it is revoked if absent.'),
  })
  .meta({ id: 'ApiKeyCreate' });

export const apiKeySchema = z
  .object({
    key_id: z.string(),
    cluster_id: z.string(),
    name: z.string(),
    role: role.nullable(),
    scopes: z.array(z.string()),
    status: z.enum(['active', 'expired', 'revoked']),
    created_by: z.string(),
    created_at: z.int(),
    expires_at: z.int().nullable(),
    last_used_at: z.int().nullable().describe('Within an hour or so.'),
    secrets: z
      .array(z.object({ last4: z.string(), created_at: z.int(), expires_at: z.int().nullable() }))
      .describe('Those that are good now, by their last four letters, the oldest first.'),
  })
  .meta({ id: 'ApiKey' });

export const issuedApiKeySchema = apiKeySchema
  .extend({ api_key: z.string().describe('The whole key. It is shown this once and stored nowhere.') })
  .meta({ id: 'IssuedApiKey' });

export const apiKeyListSchema = z
  .object({ keys: z.array(apiKeySchema), next_cursor: z.string().nullable() })
  .meta({ id: 'ApiKeyList' });

export const apiKeyRotateSchema = z
  .strictObject({
    overlap_ms: z
      .int()
      .min(0)
      .optional()
      .describe('For so long the secret in use stays good beside the new one; a day if absent. 0 ends all at once.'),
  })
  .meta({ id: 'ApiKeyRotate' });

export type ApiKeyJson = z.infer<typeof apiKeySchema>;
export type IssuedApiKeyJson = z.infer<typeof issuedApiKeySchema>;
export type ApiKeyListJson = z.infer<typeof apiKeyListSchema>;
export type ApiKeyCreateJson = z.infer<typeof apiKeyCreateSchema>;
