import { z } from 'zod';
import { roles } from '../authorization/roles.ts';

const role = z.enum(roles).describe('What they may do; see docs/organizations.md.');

export const memberInviteSchema = z
  .strictObject({
    email: z.string().describe('Who signs in with this address, as an issuer of the organization has checked it.'),
    role,
  })
  .meta({ id: 'MemberInvite' });

export const memberAlterSchema = z.strictObject({ role }).meta({ id: 'MemberAlter' });

export const memberSchema = z
  .object({
    member_id: z.string(),
    email: z.string(),
    role,
    status: z.enum(['invited', 'joined']),
    invited_by: z.string(),
    invited_at: z.int(),
    issuer: z.string().nullable().describe('Who vouched for them at the first sign-in.'),
    joined_at: z.int().nullable(),
    last_seen_at: z.int().nullable().describe('Within an hour or so.'),
  })
  .meta({ id: 'Member' });

export const memberListSchema = z.object({ members: z.array(memberSchema) }).meta({ id: 'MemberList' });

const algorithms = z
  .array(z.enum(['RS256', 'ES256', 'EdDSA']))
  .describe('How its tokens may be signed; all other ways are refused.');

export const issuerPutSchema = z
  .strictObject({
    issuer: z.string().describe('What `iss` of its tokens is, character for character.'),
    audience: z.string().describe("What `aud` of its tokens has to name: the organization's own at this issuer."),
    keys_url: z.string().describe('Where its public keys are (RFC 7517).'),
    algorithms: algorithms.optional().describe('RS256 if absent.'),
    checks_emails: z
      .boolean()
      .optional()
      .describe('True for one that checks every address and does not say `email_verified`, as Cloudflare Access.'),
  })
  .meta({ id: 'IssuerPut' });

export const issuerSchema = z
  .object({
    issuer: z.string(),
    audience: z.string(),
    keys_url: z.string(),
    algorithms,
    checks_emails: z.boolean(),
  })
  .meta({ id: 'Issuer' });

export const issuerListSchema = z.object({ issuers: z.array(issuerSchema) }).meta({ id: 'IssuerList' });

export type MemberJson = z.infer<typeof memberSchema>;
export type MemberListJson = z.infer<typeof memberListSchema>;
export type IssuerPutJson = z.infer<typeof issuerPutSchema>;
export type IssuerJson = z.infer<typeof issuerSchema>;
export type IssuerListJson = z.infer<typeof issuerListSchema>;
