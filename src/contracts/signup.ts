import { z } from 'zod';
import { limits } from '../limits.ts';

export const signupSchema = z
  .strictObject({
    name: z.string().describe('Of the organization.'),
    invitation: z
      .string()
      .max(200)
      .optional()
      .describe("The operator's, where the platform takes no others; good once."),
  })
  .meta({ id: 'Signup' });

export const invitationCreateSchema = z
  .strictObject({
    expires_in_ms: z.int().optional().describe('Good for so long; a week if absent.').meta({
      minimum: 1,
      maximum: limits.invitationLifetimeMs.max,
    }),
  })
  .meta({ id: 'InvitationCreate' });

export const invitationSchema = z
  .object({ invitation: z.string(), expires_at: z.int().describe('ms since 1970.') })
  .meta({ id: 'Invitation' });

export type InvitationJson = z.infer<typeof invitationSchema>;
