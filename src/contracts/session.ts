import { z } from 'zod';

/**
 * What a caller may do anywhere in its cluster or organization. Rights to single topics or groups are not among them, but
 * for `records.write`, which is there for whoever may write to some topic.
 */
export const sessionRights = [
  'topics.create',
  'topics.alter',
  'topics.delete',
  'records.read',
  'records.write',
  'groups.read',
  'groups.delete',
  'cluster.describe',
  'cluster.alter',
  'alerts.alter',
  'users.describe',
  'users.alter',
  'organization.describe',
  'organization.alter',
] as const;

export type SessionRight = (typeof sessionRights)[number];

export const sessionSchema = z
  .object({
    mode: z.enum(['open', 'closed']).describe('An open platform asks nobody who they are.'),
    organization_id: z.string(),
    cluster_id: z.string(),
    principal: z.string().describe('As ACLs and the audit log name it.'),
    kind: z.enum(['anonymous', 'key', 'member', 'browser_token', 'operator']),
    expires_at: z.int().nullable().describe('When the credential ends, in ms since 1970.'),
    rights: z
      .array(z.enum(sessionRights))
      .describe('What the caller may do with every topic, group, key or member; what is missing may hold for some.'),
  })
  .meta({ id: 'Session' });

export type SessionJson = z.infer<typeof sessionSchema>;

export const socketTicketSchema = z
  .object({
    ticket: z.string().describe('Opens one socket, as the subprotocol `millrace.bearer.<ticket>`.'),
    expires_at: z.int().describe('Until when, in ms since 1970.'),
  })
  .meta({ id: 'SocketTicket' });

export type SocketTicketJson = z.infer<typeof socketTicketSchema>;
