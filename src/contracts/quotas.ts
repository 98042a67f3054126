import { z } from 'zod';
import { type CapKind, capMaxima } from '../limits/caps.ts';
import { limits } from '../limits.ts';

const perSecond = z.number().min(1).max(1e12).nullable();

const rates = {
  requests_per_second: perSecond.default(null),
  produce_bytes_per_second: perSecond.default(null).describe('Of bodies of records, as they are sent.'),
  fetch_bytes_per_second: perSecond.default(null).describe('Of answers with records, as they are sent.'),
};

const cap = (kind: CapKind) => z.int().min(0).max(capMaxima[kind]).optional();

const capsSchema = z
  .strictObject({
    topics: cap('topics'),
    partitions: cap('partitions'),
    groups: cap('groups'),
    transactional_ids: cap('transactionalIds'),
    keys: cap('keys'),
    members: cap('members'),
    acls: cap('acls'),
    connections: cap('connections'),
  })
  .meta({
    id: 'Caps',
    description:
      'The most there may be: of keys, members and connections in the organization, of others in each cluster.',
  });

export const quotaSchema = z
  .strictObject({
    entity_type: z.enum(['organization', 'key', 'topic']),
    entity_name: z.string().max(300).default('').describe("A key's id or a topic's name; empty for the organization."),
    ...rates,
    caps: capsSchema
      .optional()
      .describe('Of the organization, and connections of a key; what is not named is bounded by the platform.'),
  })
  .meta({ id: 'Quota' });

export const quotaListSchema = z.object({ quotas: z.array(quotaSchema) }).meta({ id: 'QuotaList' });

export const quotaAlterSchema = z
  .strictObject({ quotas: z.array(quotaSchema).min(1).max(limits.quotasPerOrganization.value) })
  .meta({ id: 'QuotaAlter' });

export type CapsJson = z.infer<typeof capsSchema>;
export type QuotaJson = z.infer<typeof quotaSchema>;
export type QuotaListJson = z.infer<typeof quotaListSchema>;
