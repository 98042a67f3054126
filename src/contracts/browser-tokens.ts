import { z } from 'zod';
import { maxKeyPrefixLength, maxTokenCapabilities, tokenOperations } from '../authorization/token-capabilities.ts';
import { limits } from '../limits.ts';

const capability = z
  .strictObject({
    topic: z.string().optional(),
    prefix: z.string().optional().describe('Instead of topic: all topics whose names begin with it.'),
    ops: z.array(z.enum(tokenOperations)).min(1),
    key_prefix: z
      .string()
      .max(maxKeyPrefixLength)
      .optional()
      .describe('Only records whose key, as UTF-8, begins with it.'),
  })
  .meta({ id: 'TokenCapability' });

export const tokenCreateSchema = z
  .strictObject({
    cap: z.array(capability).min(1).max(maxTokenCapabilities),
    ttl_ms: z
      .int()
      .min(1_000)
      .max(limits.browserTokenLifetimeMs.value)
      .optional()
      .describe('Good for so long; fifteen minutes if absent.'),
    sub: z.string().max(255).optional().describe('Whom it is for, for your own use.'),
  })
  .meta({ id: 'TokenCreate' });

export const tokenSchema = z
  .object({ token: z.string().describe('A JWT, to be sent as Bearer.'), expires_at: z.int() })
  .meta({ id: 'Token' });

export const signingSecretCreateSchema = z
  .strictObject({ name: z.string(), key_id: z.string().describe('The key whose rights its tokens narrow.') })
  .meta({ id: 'SigningSecretCreate' });

export const signingSecretSchema = z
  .object({
    signing_secret_id: z.string().describe('The kid of its tokens.'),
    key_id: z.string(),
    name: z.string(),
    created_by: z.string(),
    created_at: z.int(),
    revoked_at: z.int().nullable(),
  })
  .meta({ id: 'SigningSecret' });

export const issuedSigningSecretSchema = signingSecretSchema
  .extend({ secret: z.string().describe('What tokens are signed with, HS256. It is shown this once.') })
  .meta({ id: 'IssuedSigningSecret' });

export const signingSecretListSchema = z
  .object({ signing_secrets: z.array(signingSecretSchema) })
  .meta({ id: 'SigningSecretList' });

export type TokenCapability = z.infer<typeof capability>;
export type TokenJson = z.infer<typeof tokenSchema>;
export type SigningSecretJson = z.infer<typeof signingSecretSchema>;
export type IssuedSigningSecretJson = z.infer<typeof issuedSigningSecretSchema>;
export type SigningSecretListJson = z.infer<typeof signingSecretListSchema>;
